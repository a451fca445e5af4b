"""The user's own journal of leases: what this user holds, as this computer knows it.

Rule 1: one file per lease, written before anything else can fail, so that a lease
is found again after a crash; the registry stays the authority on who holds what.
Rule 2: a file is replaced as a whole, belongs to the user alone and holds no secret.
Rule 3: a file that cannot be understood is reported and skipped; it never stands in
the way of the others.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Literal, get_args

from asgwarm.domain.names import LEASE_PATTERN
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError
from asgwarm.leasing.private import replace_private

Outcome = Literal["held", "unknown", "spare"]


@value
class Entry:
    """One lease of this user."""

    lease_id: str
    name: str  # empty when the lease was given none
    pool: str
    region: str
    endpoint: str | None  # of another AWS endpoint than the public one
    instance_id: str  # empty while the outcome is unknown
    created_at: int  # Unix seconds, by this computer's clock
    # "unknown": the claim was sent and its answer was lost; "spare": nobody uses it yet
    outcome: Outcome


class Journal:
    """The journal in *folder*, made when the first lease is written.

    Args:
        report: Gets one sentence for each file that cannot be understood.
    """

    def __init__(self, folder: Path, *, report: Callable[[str], None]) -> None:
        self.folder = folder
        self._report = report

    def add(self, entry: Entry) -> None:
        """Write *entry*, in the place of an earlier one of the same lease.

        Raises:
            ConfigError: The folder cannot be written.
        """
        path = self._path(entry.lease_id)
        text = json.dumps(asdict(entry), indent=1) + "\n"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(path, text)
        except OSError as error:
            raise ConfigError(
                f"the journal of leases cannot be written: {error}",
                hint=f"ls -ld {self.folder}",
            ) from error

    def remove(self, lease_id: str) -> None:
        """Forget a lease; one that is not there is fine, and so is no journal."""
        path = self._path(lease_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._report(f"{path} cannot be removed: {error.strerror}")

    def all(self) -> list[Entry]:
        """Every lease that is written down, oldest first."""
        found = [self._read(path) for path in sorted(self.folder.glob("*.json"))]
        entries = [entry for entry in found if entry is not None]
        return sorted(entries, key=lambda entry: (entry.created_at, entry.lease_id))

    def find(self, lease_or_name: str) -> list[Entry]:
        """Leases of that id or name: none, one, or several pools' of one name."""
        return [e for e in self.all() if lease_or_name in (e.lease_id, e.name)]

    def _path(self, lease_id: str) -> Path:
        if not re.fullmatch(LEASE_PATTERN, lease_id):
            raise ConfigError(f"{lease_id!r} is no lease id", hint="asgwarm ls")
        return self.folder / f"{lease_id}.json"

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = _entry(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None  # released by another process meanwhile
        except (OSError, ValueError) as error:
            self._report(f"skipped {path}: {error}")
            return None
        if path.stem != entry.lease_id:
            self._report(f"skipped {path}: it is about lease {entry.lease_id}")
            return None
        return entry


def _entry(written: object) -> Entry:
    if not isinstance(written, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind for the caller
    values: dict[str, object] = {}
    for field in fields(Entry):
        value = written.get(field.name)
        kind: type = int if field.name == "created_at" else str
        if type(value) is not kind and not (field.name == "endpoint" and value is None):
            raise ValueError(f"{field.name} is {value!r}")
        values[field.name] = value
    if values["outcome"] not in get_args(Outcome):
        raise ValueError(f"outcome is {values['outcome']!r}")
    return Entry(**values)  # type: ignore[arg-type]  # types checked above
