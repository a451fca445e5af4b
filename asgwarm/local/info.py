"""Where a running region is and how to reach it, and the error of this package.

Rule: the file that carries the secret is 0600 inside a 0700 folder, and is written
whole or not at all.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "region.json"
USER = "ec2-user"


class RegionError(Exception):
    """The emulated region could not do what was asked; `hint` is a command to type."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionInfo:
    """A running region: what any AWS client needs to talk to it."""

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str
    pid: int
    state_dir: Path


def make_private(folder: Path) -> None:
    """Create *folder* for this user only.

    Raises:
        RegionError: It exists and belongs to somebody else, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        if owner == os.getuid():
            folder.chmod(0o700)
    except OSError as error:
        raise RegionError(f"cannot use {folder} for the region: {error}") from error
    if owner != os.getuid():
        raise RegionError(f"{folder} belongs to another user")


def write_private(path: Path, text: str) -> None:
    """Write *text* to a 0600 file in one step: a reader sees all of it or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def save(info: RegionInfo) -> None:
    """Publish *info* in its own state folder."""
    fields = asdict(info) | {"state_dir": str(info.state_dir)}
    write_private(info.state_dir / FILE_NAME, json.dumps(fields, indent=1) + "\n")


def load(state_dir: Path) -> RegionInfo | None:
    """What a region published in *state_dir*, whether it still runs or not."""
    try:
        fields = json.loads((state_dir / FILE_NAME).read_text())
        return RegionInfo(**fields | {"state_dir": state_dir})
    except (FileNotFoundError, ValueError, TypeError):
        return None
