"""The instance metadata service, version 2, of every instance at one address.

Each instance has a secret path of its own below /imds/: who does not know it, another
user of the machine for one, gets 404. Within it the rules are AWS's: a token is asked
for with PUT and carried by every GET.

Source: EC2 User Guide, "Instance metadata categories" and "Use IMDSv2".
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asgwarm.local.answers import Answer, json_answer, text_answer
from asgwarm.local.keyring import ACCOUNT_ID, Credential
from asgwarm.local.signature import Request

PREFIX = "/imds/"
MAX_TOKEN_TTL_S = 21_600  # six hours; EC2 User Guide
CREDENTIAL_LIFE_S = 21_600

_TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
_TOKEN_HEADER = "x-aws-ec2-metadata-token"  # noqa: S105  # the header's name


@dataclass(slots=True, kw_only=True)
class Metadata:
    """What an instance can learn about itself.

    `target` gives the lifecycle state it is on its way to, None when it has none;
    `active_keys` the public keys that are good for an OS user now.
    """

    instance_id: str
    zone: str
    image_id: str
    instance_type: str
    address: str
    role: str | None
    credential: Credential
    target: Callable[[], str | None]
    active_keys: Callable[[str], list[str]]
    tokens: dict[str, float] = field(default_factory=dict)  # token -> end, monotonic

    @property
    def region(self) -> str:
        """The region of the instance's zone."""
        return self.zone.rstrip("abcdefghijklmnopqrstuvwxyz")


class Imds:
    """The metadata of all instances, by their secret path."""

    def __init__(self) -> None:
        self._by_path: dict[str, Metadata] = {}

    def publish(self, metadata: Metadata) -> str:
        """Offer *metadata*; the path that leads there, which is the secret."""
        name = secrets.token_urlsafe(24)
        self._by_path[name] = metadata
        return PREFIX + name

    def withdraw(self, path: str) -> None:
        """Offer it no more."""
        self._by_path.pop(path.removeprefix(PREFIX), None)

    async def handle(self, request: Request) -> Answer:
        """Answer one metadata request."""
        name, _, rest = request.raw_path.removeprefix(PREFIX).partition("/")
        metadata = self._by_path.get(name)
        if metadata is None:
            return text_answer("not found\n", status=404)
        if request.method == "PUT" and rest == "latest/api/token":
            return _new_token(metadata, request.headers.get(_TTL_HEADER, ""))
        ends_at = metadata.tokens.get(request.headers.get(_TOKEN_HEADER, ""), 0.0)
        if ends_at <= time.monotonic():
            return text_answer("unauthorized\n", status=401)
        if request.method != "GET" or not rest.startswith("latest/"):
            return text_answer("not found\n", status=404)
        return _look_up(metadata, rest.removeprefix("latest/").rstrip("/"))


def _new_token(metadata: Metadata, ttl: str) -> Answer:
    if not ttl.isdigit() or not 1 <= int(ttl) <= MAX_TOKEN_TTL_S:
        return text_answer("bad request\n", status=400)
    token = secrets.token_urlsafe(32)
    now = time.monotonic()
    live = {name: end for name, end in metadata.tokens.items() if end > now}
    metadata.tokens = live | {token: now + int(ttl)}
    answer = text_answer(token)
    answer.headers[_TTL_HEADER] = ttl
    return answer


def _look_up(metadata: Metadata, path: str) -> Answer:
    if path == "dynamic/instance-identity/document":
        return json_answer(_identity(metadata))
    category = path.removeprefix("meta-data").lstrip("/")
    if category == "autoscaling/target-lifecycle-state":
        value = metadata.target()
    elif category.startswith("managed-ssh-keys/active-keys/"):
        value = "\n".join(metadata.active_keys(category.rpartition("/")[2]))
    elif category == f"iam/security-credentials/{metadata.role}":
        return json_answer(_role_credentials(metadata.credential))
    else:
        value = _plain(metadata).get(category)
    return text_answer(value) if value else text_answer("not found\n", status=404)


def _plain(metadata: Metadata) -> dict[str, str | None]:
    return {
        "instance-id": metadata.instance_id,
        "ami-id": metadata.image_id,
        "instance-type": metadata.instance_type,
        "local-ipv4": metadata.address,
        "public-ipv4": metadata.address,
        "placement/availability-zone": metadata.zone,
        "placement/region": metadata.region,
        "services/domain": "amazonaws.com",
        "iam/security-credentials": metadata.role,
    }


def _identity(metadata: Metadata) -> dict[str, str]:
    return {
        "accountId": ACCOUNT_ID,
        "availabilityZone": metadata.zone,
        "imageId": metadata.image_id,
        "instanceId": metadata.instance_id,
        "instanceType": metadata.instance_type,
        "privateIp": metadata.address,
        "region": metadata.region,
        "version": "2017-09-30",
    }


def _role_credentials(credential: Credential) -> dict[str, str]:
    now = time.time()
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "LastUpdated": _iso(now),
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "Token": credential.session_token or "",
        "Expiration": _iso(now + CREDENTIAL_LIFE_S),
    }


def _iso(when: float) -> str:
    return datetime.fromtimestamp(when, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
