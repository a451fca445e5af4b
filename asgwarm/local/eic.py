"""EC2 Instance Connect: public keys that are good for 60 seconds.

SendSSHPublicKey puts a key under an instance and an OS user; the instance's SSH server
asks here at the moment somebody authenticates. Everything else that the service has
answers an AWS error that says that it is not emulated.

Source: EC2 Instance Connect API reference, SendSSHPublicKey; the guest accepts RSA and
ED25519 keys only.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from asgwarm.local.answers import Answer, json_answer
from asgwarm.local.problem import AwsProblem, not_emulated
from asgwarm.local.signature import Request

KEY_TTL_S = 60  # SendSSHPublicKey: "The key remains for 60 seconds."
JSON_1_1 = "application/x-amz-json-1.1"

_INSTANCE_ID = re.compile(r"i-[a-f0-9]+")
_OS_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_@.-]{0,30}[A-Za-z0-9$_-]?")
_KEY_TYPES = ("ssh-rsa", "ssh-ed25519")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedKey:
    """A public key, "TYPE BASE64" without a comment, and when it dies."""

    key: str
    expires_at: float  # region time


class KeyStore:
    """The keys that were pushed, by instance and OS user."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._keys: dict[tuple[str, str], list[PushedKey]] = defaultdict(list)

    def push(self, instance_id: str, os_user: str, key: str) -> None:
        """Accept *key* for the next 60 seconds of region time."""
        fresh = PushedKey(key=key, expires_at=self._now() + KEY_TTL_S)
        live = [one for one in self._live(instance_id, os_user) if one.key != key]
        self._keys[instance_id, os_user] = [*live, fresh]

    def active(self, instance_id: str, os_user: str) -> list[str]:
        """The keys that are good now."""
        return [one.key for one in self._live(instance_id, os_user)]

    def _live(self, instance_id: str, os_user: str) -> list[PushedKey]:
        now = self._now()
        keys = self._keys.get((instance_id, os_user), [])
        return [one for one in keys if one.expires_at > now]

    def forget(self, instance_id: str) -> None:
        """Drop every key of an instance that has ended."""
        for place in [place for place in self._keys if place[0] == instance_id]:
            del self._keys[place]


class InstanceConnect:
    """The service's one emulated action.

    Args:
        state_of: The EC2 state and zone of an instance, None when there is none.
    """

    def __init__(
        self,
        keys: KeyStore,
        state_of: Callable[[str], tuple[str, str] | None],
    ) -> None:
        self._keys = keys
        self._state_of = state_of

    async def handle(self, request: Request) -> Answer:
        """Answer one API call."""
        action = request.headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            if action != "SendSSHPublicKey":
                raise not_emulated(f"{action} of EC2 Instance Connect")
            self._send_ssh_public_key(_parameters(request.body))
        except AwsProblem as problem:
            return json_answer(
                {"__type": problem.code, "Message": problem.message},
                status=problem.status,
                content_type=JSON_1_1,
            )
        return json_answer(
            {"RequestId": str(uuid4()), "Success": True}, content_type=JSON_1_1
        )

    def _send_ssh_public_key(self, parameters: dict[str, Any]) -> None:
        instance_id = _text(parameters, "InstanceId")
        os_user = _text(parameters, "InstanceOSUser")
        key = _checked_key(_text(parameters, "SSHPublicKey"))
        if not _INSTANCE_ID.fullmatch(instance_id):
            raise _bad("InstanceId is not an instance id")
        if not _OS_USER.fullmatch(os_user):
            raise _bad("InstanceOSUser is not a user name of 1 to 32 characters")
        found = self._state_of(instance_id)
        if found is None:
            raise AwsProblem(
                "EC2InstanceNotFoundException", "The specified instance was not found."
            )
        state, zone = found
        if parameters.get("AvailabilityZone", zone) != zone:
            raise _bad(f"the instance is not in {parameters['AvailabilityZone']}")
        if state != "running":
            raise AwsProblem(
                "EC2InstanceStateInvalidException",
                f"The instance is in an invalid state: {state}.",
            )
        self._keys.push(instance_id, os_user, key)


def _parameters(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsProblem("SerializationException", "not JSON") from error
    if not isinstance(document, dict):
        raise AwsProblem("SerializationException", "not a JSON object")
    return document


def _text(parameters: dict[str, Any], name: str) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not value:
        raise _bad(f"{name} is missing")
    return value


def _checked_key(text: str) -> str:
    import asyncssh

    try:
        key = asyncssh.import_public_key(text)
    except asyncssh.KeyImportError as error:
        raise _bad("SSHPublicKey is not a public key") from error
    kind = key.get_algorithm()
    if kind not in _KEY_TYPES or not 80 <= len(text) <= 4096:
        raise _bad("SSHPublicKey must be an RSA or ED25519 key")
    return canonical(key.export_public_key().decode())


def canonical(key: str) -> str:
    """An OpenSSH public key line without its comment: "TYPE BASE64"."""
    return " ".join(key.split()[:2])


def _bad(message: str) -> AwsProblem:
    return AwsProblem("InvalidArgsException", message)
