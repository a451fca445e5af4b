"""What a session forwards, as `-L`, `-R` and `-D` say it. Pure.

The grammar is that of ssh(1): `[bind:]port:host:hostport`, and `[bind:]port` for `-D`.

Rule: what listens is reached from its own computer only, unless the bind address says
otherwise: `*`, or an empty one before a colon, is every address.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

EVERYWHERE = ""
LARGEST_PORT = 65_535

_NAME = r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]"
_LISTENS = rf"(?:(?P<bind>{_NAME}|\*|):)?(?P<port>\d{{1,5}})"
_GOES_TO = rf"(?P<host>{_NAME}):(?P<hostport>\d{{1,5}})"


class Kind(StrEnum):
    """Which end listens, and where what comes there goes; as the option is called."""

    LOCAL = "-L"  # here; to one place that the instance reaches
    REMOTE = "-R"  # on the instance; to one place that is reached from here
    SOCKS = "-D"  # here; to wherever a SOCKS client says, from the instance


# sshd takes `localhost` for loopback, whatever it is called there.
_LOOPBACK = {Kind.LOCAL: "127.0.0.1", Kind.REMOTE: "localhost", Kind.SOCKS: "127.0.0.1"}
_EXAMPLE = {
    Kind.LOCAL: "8080:localhost:80",
    Kind.REMOTE: "8080:localhost:3000",
    Kind.SOCKS: "1080",
}


@value
class Forward:
    """One forward.

    Attributes:
        bind: The address that listens; `EVERYWHERE` is every one.
        port: The port that listens; 0 is any that is free.
        host: Where connections go; empty where a SOCKS client says it.
    """

    kind: Kind
    bind: str
    port: int
    host: str = ""
    hostport: int = 0

    @property
    def listens_here(self) -> bool:
        """Whether it is this computer that listens."""
        return self.kind is not Kind.REMOTE

    @property
    def listens_at(self) -> str:
        """Address and port that listen."""
        return _place(self.bind or "*", self.port)

    @property
    def goes_to(self) -> str:
        """Where connections go; empty where a SOCKS client says it."""
        return _place(self.host, self.hostport) if self.host else ""

    def __str__(self) -> str:
        return f"{self.kind} {':'.join(filter(None, (self.listens_at, self.goes_to)))}"


def forward(kind: Kind, spec: str) -> Forward:
    """Return the forward that an option's value means.

    Raises:
        ConfigError: It is not of the option's form, or a port is none.
    """
    form = _LISTENS if kind is Kind.SOCKS else f"{_LISTENS}:{_GOES_TO}"
    match = re.fullmatch(form, spec, re.ASCII)
    if match is None:
        raise _wrong(kind, spec, "is not of its form")
    parts = match.groupdict()
    port, hostport = int(parts["port"]), int(parts.get("hostport") or 1)
    if port > LARGEST_PORT or not 0 < hostport <= LARGEST_PORT:
        raise _wrong(kind, spec, "names no port")
    if kind is Kind.SOCKS:
        return Forward(kind=kind, bind=_bind(kind, parts["bind"]), port=port)
    return Forward(
        kind=kind,
        bind=_bind(kind, parts["bind"]),
        port=port,
        host=parts["host"].strip("[]"),
        hostport=hostport,
    )


def forwards(
    local: Sequence[str], remote: Sequence[str], socks: Sequence[str]
) -> tuple[Forward, ...]:
    """Return all forwards of a command line. Raises as `forward`."""
    typed = {Kind.LOCAL: local, Kind.REMOTE: remote, Kind.SOCKS: socks}
    return tuple(forward(kind, spec) for kind, specs in typed.items() for spec in specs)


def _bind(kind: Kind, typed: str | None) -> str:
    if typed is None or typed == "localhost":
        return _LOOPBACK[kind]
    return EVERYWHERE if typed in ("", "*") else typed.strip("[]")


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _wrong(kind: Kind, spec: str, why: str) -> ConfigError:
    return ConfigError(
        f"{kind} {spec!r} {why}", hint=f"asgwarm get {kind} {_EXAMPLE[kind]}"
    )
