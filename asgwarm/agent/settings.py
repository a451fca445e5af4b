"""Whose AWS a request means, and AWS clients that requests of one kind share.

Rule 1: requests with the same settings and the same environment, as far as AWS's
libraries read it, share clients: connections, credentials, signing keys.
Rule 2: boto3 reads the environment of its process. Where another one is meant the
agent is not the one to ask.
"""

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

from asgwarm.clients import Clients

if TYPE_CHECKING:
    from asgwarm.clients import AwsSettings

_MEANT = {
    *("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"),  # also whose a lease is
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
}

Environment = frozenset[tuple[str, str]]


def relevant(env: Mapping[str, str]) -> Environment:
    """Return what AWS's libraries and a lease's owner take from an environment."""
    return frozenset(
        (name, value)
        for name, value in env.items()
        if name in _MEANT
        or name.startswith(("AWS_", "BOTO"))
        or name.lower().endswith("_proxy")
    )


class SharedClients:
    """Clients of a process with the environment *own*, for any number of threads."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = relevant(own)
        self._made: dict[AwsSettings, Clients] = {}
        self._making = Lock()

    def serves(self, env: Mapping[str, str]) -> bool:
        """Whether an environment means the same as the process's own."""
        return relevant(env) == self._own

    def of(self, settings: "AwsSettings", env: Mapping[str, str]) -> Clients:
        """Return the clients for *settings* in an environment that is served."""
        with self._making:
            if settings not in self._made:
                self._made[settings] = Clients(settings, env)
            return self._made[settings]
