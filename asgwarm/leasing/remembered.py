"""What was ready a moment ago, remembered so that the next claim need not ask first.

Rule 1: it is a hint. The claim's own condition decides, and whatever is connected to
afterwards, address and host key, comes from the claim's answer.
Rule 2: it is good for FRESH_S seconds, and each of its instances is tried once by
whoever takes the list. What cannot be understood is as if it were not there.
Rule 3: only a pool that serves, and that lets everybody have as many leases as they
like, is remembered: what else there is to check has to be read. Of a pool with several
shards that is worth while without a list: who knows their number need not begin at the
first one, as everybody does who does not.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from asgwarm.domain.meta import Meta
from asgwarm.domain.reading import read
from asgwarm.domain.record import Record
from asgwarm.domain.value import value
from asgwarm.leasing.private import replace_private

FRESH_S = 60
VERSION = 2


@value
class Remembered:
    """A page of the ready index without the instances that were tried."""

    meta: Meta
    records: list[Record]
    read_at: int  # Unix seconds, by this computer's clock


class ReadyLists:
    """The lists in *folder*, one for each pool of one place.

    Args:
        place: What else tells two pools of one name apart: region, endpoint, profile.
    """

    def __init__(self, folder: Path, place: Sequence[str | None]) -> None:
        self._folder = folder
        self._place = list(place)

    def take(self, pool: str, now: int) -> Remembered | None:
        """Return what is known to be ready, and forget it; None when nothing is."""
        path = self._path(pool)
        try:
            text = path.read_text(encoding="utf-8")
            path.unlink()
            found = _remembered(json.loads(text), self._place)
        except (OSError, ValueError, RecursionError):
            return None
        is_fresh = found and 0 <= now - found.read_at <= FRESH_S
        return found if is_fresh else None

    def put(self, pool: str, meta: Meta, records: Sequence[Record], now: int) -> None:
        """Remember what is left; a folder that cannot be written is no harm."""
        is_worth_it = records or meta.shards > 1
        if not is_worth_it or meta.draining or meta.owner_cap:
            return
        document = {
            "version": VERSION,
            "place": self._place,
            "read_at": now,
            "meta": asdict(meta),
            "records": [asdict(record) for record in records],
        }
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(self._path(pool), json.dumps(document))
        except OSError:
            return

    def _path(self, pool: str) -> Path:
        return self._folder / f"{pool}.json"


def _remembered(document: object, place: list[str | None]) -> Remembered | None:
    """Decode a document; None when it is about another place.

    Raises:
        ValueError: It makes no sense.
    """
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("not a list of this version")
    if document.get("place") != place:
        return None
    meta, rows, read_at = (document.get(k) for k in ("meta", "records", "read_at"))
    if not (isinstance(meta, dict) and isinstance(rows, list)):
        raise ValueError("not a list")  # noqa: TRY004 - one kind for the caller
    if type(read_at) is not int:
        raise ValueError("not read at any time")
    return Remembered(
        meta=read(Meta, meta),
        records=[_record(row) for row in rows],
        read_at=read_at,
    )


def _record(row: object) -> Record:
    if not isinstance(row, dict) or not isinstance(row.get("history"), list):
        raise ValueError("not a record")  # noqa: TRY004 - as above
    return read(Record, {**row, "history": tuple(row["history"])})
