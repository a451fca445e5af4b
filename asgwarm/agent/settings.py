"""Whose AWS a request means, and AWS clients that requests of one kind share.

Rule 1: requests with the same settings and the same environment, as far as AWS's
libraries read it, share clients: connections, credentials, signing keys.
Rule 2: boto3 reads the environment of its process. Where another one is meant, either
it is understood in full and boto3 is told everything, or the agent is not to be asked.
"""

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from asgwarm.clients import Clients
from asgwarm.lean.situation import understand

if TYPE_CHECKING:
    from botocore.config import Config

    from asgwarm.clients import AwsSettings

MOST_OTHERS = 16  # clients for other environments; those made first are dropped first
_OWNER = {"LOGNAME", "USER", "LNAME", "USERNAME"}
_FILES = {"HOME", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
_FILES |= {"SSL_CERT_FILE", "SSL_CERT_DIR"}

Environment = frozenset[tuple[str, str]]


def relevant(env: Mapping[str, str]) -> Environment:
    """Return what AWS's libraries and a lease's owner take from an environment."""
    return frozenset(
        (name, value)
        for name, value in env.items()
        if name in _OWNER | _FILES
        or name.startswith(("AWS_", "BOTO"))
        or name.lower().endswith("_proxy")
    )


class SharedClients:
    """Clients of a process with the environment *own*, for any number of threads."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own
        self._made: dict[AwsSettings, Clients] = {}
        self._others: dict[tuple[AwsSettings, Environment], Clients] = {}
        self._making = Lock()

    def is_own(self, env: Mapping[str, str]) -> bool:
        """Whether an environment means the same as the process's own."""
        return relevant(env) == relevant(self._own)

    def understands(self, settings: "AwsSettings", env: Mapping[str, str]) -> bool:
        """Whether another environment says all that there is to know."""
        same_owner = all(env.get(name) == self._own.get(name) for name in _OWNER)
        return same_owner and understand(settings, env) is not None

    def of(self, settings: "AwsSettings", env: Mapping[str, str]) -> Clients:
        """Return the clients for *settings* in an environment that is served."""
        with self._making:
            if self.is_own(env):
                if settings not in self._made:
                    self._made[settings] = Clients(settings, env)
                return self._made[settings]
            key = (settings, relevant(env))
            if key not in self._others:
                self._others[key] = ToldClients(settings, env)
            if len(self._others) > MOST_OTHERS:
                del self._others[next(iter(self._others))]
            return self._others[key]


class ToldClients(Clients):
    """Clients for an environment that is not the process's, and is understood."""

    def _build(self, service: str, config: "Config") -> Any:
        """Return boto3's client, which has nothing left to find out by itself."""
        import botocore.session
        from botocore.config import Config

        understood = self._situation
        if understood is None:
            raise LookupError("it was understood when the request came")
        endpoint, keys = understood.endpoints[service], understood.keys
        no_profile: Any = {"profile": (None, None, None, None)}
        return botocore.session.Session(session_vars=no_profile).create_client(
            service,
            region_name=understood.region,
            endpoint_url=f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}",
            verify=endpoint.ca_file or True,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token or None,
            config=config.merge(Config(proxies={})),
        )
