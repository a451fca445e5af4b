"""The key of one session: made in memory, pushed once, forgotten at the end.

Rule: the private half is never written, printed, copied or pickled.
"""

import base64
import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    import asyncssh

ALGORITHM = "ssh-ed25519"


class SessionKey:
    """An ephemeral ed25519 key pair; it shows itself by its fingerprint only."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> "SessionKey":
        """Return a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @cached_property
    def blob(self) -> bytes:
        """The public half as SSH has it on the wire."""
        return _wire(self._key.public_key().public_bytes_raw())

    @cached_property
    def public_line(self) -> str:
        """The public half as `ssh-ed25519 AAAA…`, without a comment."""
        return f"{ALGORITHM} {base64.b64encode(self.blob).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Return a signature as SSH has it on the wire."""
        return _wire(self._key.sign(data))

    @cached_property
    def fingerprint(self) -> str:
        """The public half as `SHA256:…`, the form that sshd logs."""
        return fingerprint(self.public_line)

    @cached_property
    def private(self) -> "asyncssh.SSHKey":
        """The pair as asyncssh takes it.

        What that needs is imported here: a key is made before, and sooner without.
        """
        import asyncssh
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return asyncssh.import_private_key(
            self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        )

    def __repr__(self) -> str:
        return f"<SessionKey {self.fingerprint}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session key stays in the process that made it")


def fingerprint(public_line: str) -> str:
    """The `SHA256:…` fingerprint of a line `ssh-ed25519 AAAA…`.

    Source: `ssh-keygen -l`: unpadded base64 of the SHA-256 of the key blob.
    """
    blob = base64.b64decode(public_line.split()[1], validate=True)
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


def _wire(raw: bytes) -> bytes:
    """A key or signature of RFC 8709: two strings, each after its length."""
    parts = (ALGORITHM.encode(), raw)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
