"""The emulated region, to people, to shells and to programs.

Rule: its secret is shown by `local env` alone, which exists to hand it over.
"""

import shlex
from typing import TYPE_CHECKING

from asgwarm.cli.views.words import span
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from asgwarm.local.info import RegionInfo
    from asgwarm.local_region import RegionState

# What would win over the keys, or send a client elsewhere, if it stayed set.
_IN_THE_WAY = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)

Document = dict[str, object]


def line(info: "RegionInfo") -> str:
    """Where the region answers."""
    return f"the local region answers at {info.endpoint_url} (pid {info.pid})"


def text(info: "RegionInfo", state: "RegionState") -> str:
    """All of `local status`."""
    counts = ", ".join(f"{count} {name}" for name, count in state.instances.items())
    lines = [
        line(info),
        f"region     {info.region}, up for {span(state.uptime_s)}",
        f"state      {info.state_dir}",
        f"groups     {state.groups}",
        f"instances  {counts or 'none'}",
        "",
        "accepted, and not enforced:",
        *(printable(f"  {where:<21} {what}") for where, what in state.not_enforced),
    ]
    return "\n".join(lines) + "\n"


def document(info: "RegionInfo", state: "RegionState | None" = None) -> Document:
    """`asgwarm.region/v1`."""
    known: Document = {
        "schema": "asgwarm.region/v1",
        "running": True,
        "endpoint_url": info.endpoint_url,
        "region": info.region,
        "pid": info.pid,
        "state_dir": str(info.state_dir),
    }
    if state is not None:
        known |= {
            "uptime_ms": state.uptime_s * 1000,
            "groups": state.groups,
            "instances": dict(state.instances),
            "not_enforced": [
                {"service": where, "what": what} for where, what in state.not_enforced
            ],
        }
    return known


def none() -> Document:
    """`asgwarm.region/v1` of a region that does not run."""
    return {"schema": "asgwarm.region/v1", "running": False}


def shell_lines(info: "RegionInfo") -> str:
    """Lines for `eval` in a POSIX shell."""
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in _settings(info).items()
    ]
    lines.append(f"unset {' '.join(_IN_THE_WAY)}")
    return "\n".join(lines) + "\n"


def environment_document(info: "RegionInfo") -> Document:
    """`asgwarm.environment/v1`: what to set and what to unset."""
    return {
        "schema": "asgwarm.environment/v1",
        "set": _settings(info),
        "unset": list(_IN_THE_WAY),
    }


def _settings(info: "RegionInfo") -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": info.endpoint_url,
        "AWS_REGION": info.region,
        "AWS_DEFAULT_REGION": info.region,
        "AWS_ACCESS_KEY_ID": info.access_key_id,
        "AWS_SECRET_ACCESS_KEY": info.secret_access_key,
    }
