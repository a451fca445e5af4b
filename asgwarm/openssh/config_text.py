"""What OpenSSH's client is told about `*.asgwarm`, as text.

Rule 1: the program, region and folders are written out: ssh is started from editors
and by git, in other folders and environments than a shell's.
Rule 2: a host or user name with a quote in it never reaches a shell; OpenSSH before
9.6 would hand it on.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from asgwarm.domain.value import value
from asgwarm.openssh.door import KNOWN
from asgwarm.openssh.naming import DOMAIN

_HEAD = (
    "# Made by `asgwarm ssh-config`, which makes it anew: changes are lost.\n"
    f"""Match originalhost "*{DOMAIN},!*'*" user "*,!*'*" """
).rstrip()


@value
class Written:
    """What is written down.

    Attributes:
        program: The words that start asgwarm.
        options: Those of `asgwarm ssh-proxy` that are the same for every host.
        user: Whom ssh logs in as where nobody says otherwise.
        place: Where ssh finds keys; see `door`.
    """

    program: Sequence[str]
    options: Sequence[str]
    user: str
    place: Path


def text(written: Written) -> str:
    """Return the configuration, for an Include."""
    settings = {
        "User": written.user,
        "ProxyCommand": _proxy_command(written),
        "IdentityAgent": _path(written.place, "%n"),
        "IdentityFile": "none",
        "IdentitiesOnly": "no",
        "AddKeysToAgent": "no",
        "ForwardAgent": "no",
        "PreferredAuthentications": "publickey",
        "HostKeyAlgorithms": "ssh-ed25519",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": _path(written.place, "%n" + KNOWN),
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "CanonicalizeHostname": "no",
        "ConnectTimeout": "120",  # a claim may have to wait for an instance
    }
    lines = [f"    {name} {said}" for name, said in settings.items()]
    return "\n".join([_HEAD, *lines]) + "\n"


def _proxy_command(written: Written) -> str:
    words = [*written.program, "ssh-proxy", *written.options]
    fixed = " ".join(shlex.quote(word) for word in words).replace("%", "%%")
    return f"{fixed} --host='%n' --user='%r'"


def _path(place: Path, name: str) -> str:
    escaped = str(place).replace("%", "%%")
    return f'"{escaped}/{name}"'
