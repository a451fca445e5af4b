"""Every access key that the region accepts, and whose it is.

Three kinds: the user's own key; one key for all Lambda workers, whose id is the
account's number, as the base hands it to them; one key for each instance, given out
by its metadata service. Keys that IAM or STS of the base issued are looked up there.

Rule: every secret is random, made when the region starts or the instance boots.
"""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

ACCOUNT_ID = "000000000000"

_ID_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An access key with its secret, and the name under which its calls are noted."""

    access_key_id: str
    secret_access_key: str
    owner: str
    session_token: str | None = None


def new_credential(owner: str, *, temporary: bool = False) -> Credential:
    """A random key: `AKIA…` for the user, `ASIA…` with a session token otherwise."""
    prefix = "ASIA" if temporary else "AKIA"
    return Credential(
        access_key_id=prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(16)),
        secret_access_key=secrets.token_urlsafe(30),
        owner=owner,
        session_token=secrets.token_urlsafe(48) if temporary else None,
    )


class Keyring:
    """The keys that are good now.

    Args:
        issued: Looks a key up that the base's own IAM or STS gave out.
    """

    def __init__(self, issued: Callable[[str], Credential | None]) -> None:
        self._issued = issued
        self._keys: dict[str, Credential] = {}

    def add(self, credential: Credential) -> Credential:
        """Accept *credential* from now on."""
        self._keys[credential.access_key_id] = credential
        return credential

    def drop(self, access_key_id: str) -> None:
        """Accept that key no more."""
        self._keys.pop(access_key_id, None)

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of that id, or None when nobody has it."""
        return self._keys.get(access_key_id) or self._issued(access_key_id)
