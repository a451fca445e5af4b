"""The emulated region, as the command line and the Python API see it.

Rule: this is the only place in the product that knows the emulated region;
everything else meets an AWS endpoint.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError, RegionDown, WaitTimeout

if TYPE_CHECKING:
    from asgwarm.clients import AwsSettings
    from asgwarm.local.info import RegionInfo

DEFAULT_REGION = "us-east-1"
NETWORK = "127.0.0.0/8"  # where its instances are
_NEEDED = ("ministack", "hypercorn")


@value
class RegionState:
    """What a running region says of itself."""

    uptime_s: int
    groups: int  # Auto Scaling groups
    instances: Mapping[str, int]  # how many in each EC2 state
    not_enforced: tuple[tuple[str, str], ...]  # service, and what of it


def folder(state_dir: Path) -> Path:
    """Where the user's own region keeps its state."""
    return state_dir / "local"


def settings(state_dir: Path) -> "AwsSettings":
    """Settings that reach the running region.

    Raises:
        RegionDown: It is not running.
    """
    return settings_of(running(state_dir))


def running(state_dir: Path) -> "RegionInfo":
    """The running region.

    Raises:
        RegionDown: It is not running.
    """
    from asgwarm.local import process

    # To ask it takes signing, which takes longer to load than a claim takes.
    info = process.alive(folder(state_dir))
    if info is None:
        raise RegionDown("the local region is not running", hint="asgwarm local start")
    return info


def start(state_folder: Path, *, region: str | None = None) -> "RegionInfo":
    """Start a region in *state_folder*, or find it running.

    Raises:
        ConfigError: What it is made of is not installed.
        WaitTimeout: It did not answer in time.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the local region needs {' and '.join(missing)}",
            hint="pip install 'asgwarm[local]'",
        )
    from asgwarm.local import process
    from asgwarm.local.info import RegionError

    try:
        return process.start(state_folder, region=region or DEFAULT_REGION)
    except RegionError as error:
        raise WaitTimeout(error.message, hint=error.hint) from error


def state(info: "RegionInfo") -> RegionState:
    """What the region *info* holds, and what it does not enforce.

    Raises:
        RegionDown: It ended meanwhile.
    """
    from asgwarm.local.control import Control
    from asgwarm.local.info import RegionError

    try:
        said = Control(info).status()
    except RegionError as error:
        raise RegionDown(error.message, hint="asgwarm local start") from error
    return RegionState(
        uptime_s=int(said["uptime_s"]),
        groups=int(said["groups"]),
        instances=said["instances"],
        not_enforced=tuple((g["where"], g["what"]) for g in said["not_enforced"]),
    )


def stop(state_folder: Path) -> bool:
    """Stop the region; returns whether one was running."""
    from asgwarm.local import process

    return process.stop(state_folder)


def reset(state_folder: Path) -> None:
    """Stop the region and remove its state."""
    from asgwarm.local import process

    process.reset(state_folder)


def settings_of(info: "RegionInfo") -> "AwsSettings":
    """Settings that reach the region *info*."""
    from asgwarm.clients import AwsSettings

    return AwsSettings(
        region=info.region,
        endpoint_url=info.endpoint_url,
        access_key_id=info.access_key_id,
        secret_access_key=info.secret_access_key,
    )
