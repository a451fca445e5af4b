"""Names of a pool's parts and the grammar of what people type.

Rule: a name is checked here before it reaches any call; the template repeats the
pool pattern for those who deploy without the command line.
"""

import re

from asgwarm.errors import ConfigError

POOL_PATTERN = r"^[a-z][a-z0-9-]{1,30}$"
LEASE_PATTERN = r"^([a-z][a-z0-9-]{1,30})\.([a-zA-Z0-9_-]{1,64})$"
NAME_PATTERN = r"^[a-zA-Z][a-zA-Z0-9_-]{0,62}$"
TOKEN_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"  # noqa: S105  # guards nothing

_UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def check_pool(name: str) -> str:
    """Return *name* if it may name a pool.

    Raises:
        ConfigError: It may not; the message says which form is right.
    """
    if not re.fullmatch(POOL_PATTERN, name):
        raise ConfigError(
            f"{name!r} is no pool name: 2 to 31 of a-z, 0-9 and -, first a letter",
            hint="asgwarm status default",
        )
    return name


def stack_name(pool: str) -> str:
    """Name of the pool's CloudFormation stack."""
    return f"asgwarm-{pool}"


def pool_of_lease(lease_id: str) -> str:
    """Return the pool that a lease id carries.

    Raises:
        ConfigError: It is no lease id.
    """
    match = re.fullmatch(LEASE_PATTERN, lease_id)
    if match is None:
        raise ConfigError(f"{lease_id!r} is no lease id", hint="asgwarm ls")
    return match[1]


def check_name(name: str) -> str:
    """Return *name* if it may name a lease; an empty one is none.

    Raises:
        ConfigError: It may not.
    """
    if name and not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(
            f"{name!r} cannot name a lease: 1 to 63 of A-Z, a-z, 0-9, _ and -, "
            "first a letter",
            hint="asgwarm get --name web",
        )
    return name


def check_token(token: str) -> str:
    """Return *token* if a lease id can carry it; an empty one is none.

    Raises:
        ConfigError: It cannot.
    """
    if token and not re.fullmatch(TOKEN_PATTERN, token):
        raise ConfigError(
            f"{token!r} is no token: 1 to 64 of A-Z, a-z, 0-9, _ and -",
            hint="asgwarm get --token build-123",
        )
    return token


def duration_s(text: str) -> int:
    """Seconds of a duration such as `90`, `90s`, `15m`, `2h` or `7d`.

    Raises:
        ConfigError: It is not of that form.
    """
    match = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    if match is None:
        raise ConfigError(
            f"{text!r} is no duration",
            hint="write 90, 90s, 15m, 2h or 7d",
        )
    return int(match[1]) * _UNIT_S[match[2]]
