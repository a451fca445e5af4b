"""The session key."""

import copy
import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey, fingerprint


def secret_of(key: SessionKey) -> bytes:
    """The 32 private bytes, as asyncssh exports them."""
    return key.private.export_private_key("pkcs8-der")[-32:]


def test_every_key_is_another():
    """Two sessions never share a key."""
    assert SessionKey.generate().public_line != SessionKey.generate().public_line


def test_public_line_and_fingerprint_agree_with_asyncssh():
    """Both are what the other end's implementation computes."""
    key = SessionKey.generate()

    public = asyncssh.import_public_key(key.public_line)

    assert public == key.private.convert_to_public()
    assert public.get_fingerprint() == key.fingerprint
    assert key.public_line.count(" ") == 1


def test_fingerprint_is_what_ssh_keygen_prints():
    """A person can compare it with `ssh-keygen -l`."""
    # GitHub's published ed25519 host key and its published fingerprint.
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

    assert (
        fingerprint(f"ssh-ed25519 {blob}")
        == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    )


def test_the_private_half_is_never_shown():
    """Neither text form nor traceback carries it."""
    key = SessionKey.generate()
    secret = secret_of(key)

    shown = "".join(traceback.format_exception(ValueError(key))) + f"{key}"

    assert repr(key) == f"<SessionKey {key.fingerprint}>"
    assert secret.hex() not in shown
    assert repr(secret) not in shown


@pytest.mark.parametrize("spread", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_key_cannot_be_pickled_or_copied(spread):
    """A key stays in the process that made it."""
    with pytest.raises(TypeError, match="stays in the process"):
        spread(SessionKey.generate())


def test_a_key_is_no_json():
    """Nor does it slip into a document."""
    with pytest.raises(TypeError):
        json.dumps({"key": SessionKey.generate()})


def test_making_a_key_does_not_import_asyncssh():
    """A key can be made while asyncssh still loads."""
    program = (
        "import sys; from asgwarm.connect.keys import SessionKey;"
        "SessionKey.generate().fingerprint;"
        "sys.exit('asyncssh' in sys.modules)"
    )

    done = subprocess.run(  # this interpreter, our own text
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        check=False,
    )

    assert done.returncode == 0
