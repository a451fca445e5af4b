"""Where a session goes, checked before a byte is sent there.

Rule: a row of the registry is data from outside. What could confuse a resolver, a
terminal or an SSH server is refused here, and nobody below checks again.
"""

import base64
import binascii
import ipaddress
import re
from dataclasses import replace

from asgwarm.domain.record import MalformedRecord, Record
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

_INSTANCE_ID = r"i-[0-9a-f]{1,32}"
_OS_USER = r"[a-zA-Z_][a-zA-Z0-9_.-]{0,31}"
_DNS_LABEL = r"(?!-)[a-zA-Z0-9-]{1,63}(?<!-)"
_ED25519_BLOB = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"


@value
class Target:
    """One instance's SSH server, and the only host key that it may show.

    Raises:
        MalformedRecord: A field is not of its form; the message names it.
    """

    instance_id: str
    address: str  # an IP address or a DNS name
    port: int = 22
    os_user: str
    host_key: str  # "ssh-ed25519 AAAA…", no comment
    endpoint: str = ""  # what leads there, as in `domain.endpoint`; empty for TCP

    def __post_init__(self) -> None:
        checks = {
            "instance_id": bool(re.fullmatch(_INSTANCE_ID, self.instance_id)),
            "address": _is_address(self.address),
            "port": 0 < self.port < 65536,
            "os_user": bool(re.fullmatch(_OS_USER, self.os_user)),
            "host_key": _is_host_key(self.host_key),
            "endpoint": not self.endpoint or _is_endpoint(self.endpoint),
        }
        for field, is_good in checks.items():
            if not is_good:
                raise MalformedRecord(f"{field} is {getattr(self, field)!r}")

    @classmethod
    def from_record(cls, record: Record) -> "Target":
        """Return the way into the instance of *record*.

        Raises:
            MalformedRecord: The record says nothing usable about it.
        """
        return cls(
            instance_id=record.instance_id,
            address=record.address,
            port=record.port,
            os_user=record.os_user,
            host_key=record.host_key,
            endpoint=record.endpoint,
        )

    def for_user(self, os_user: str) -> "Target":
        """Return the way in of another user of the same instance.

        Raises:
            ConfigError: There can be no such user.
        """
        try:
            return replace(self, os_user=os_user)
        except MalformedRecord as error:
            raise ConfigError(
                f"{os_user!r} is no user of an instance",
                hint="ssh ec2-user@web.asgwarm",
            ) from error

    @property
    def is_private(self) -> bool:
        """Whether only its own network, and who is joined to it, has the address."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return False
        return address.is_private and not address.is_loopback

    def __str__(self) -> str:
        return f"{self.instance_id} at {self.address} port {self.port}"


def _is_endpoint(text: str) -> bool:
    from asgwarm.domain.endpoint import endpoint_from  # for the few who have one

    try:
        endpoint_from(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    if "%" in text:  # a zone of this computer's, which no instance knows
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= 253 and _is_dns_name(text)
    return True


def _is_dns_name(text: str) -> bool:
    labels = text.split(".")
    # An all-digit last label would be read as an IPv4 address of another form.
    return not labels[-1].isdigit() and all(
        re.fullmatch(_DNS_LABEL, label) for label in labels
    )


def _is_host_key(line: str) -> bool:
    match = re.fullmatch(r"ssh-ed25519 ([A-Za-z0-9+/]{68})", line)
    if match is None:
        return False
    try:
        blob = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        return False
    return blob.startswith(_ED25519_BLOB)
