"""The pool's META row: whose the rows are, how big the pool is, whether it serves.

Rule: written by the function from its own environment, so that a pool deployed
without the command line works; the command line only flips `mode`.
"""

from asgwarm.domain.meta import Meta, Settings, meta_from_row
from asgwarm.registry.table import ConditionFailed, Table

_SIZES = ("hot", "warm", "cap", "max_lease_s")
_SET_SIZES = ", ".join(f"{size} = :{size}" for size in _SIZES)
_OTHER_SIZE = " OR ".join(f"{size} <> :{size}" for size in _SIZES)


class PoolRow:
    """META of one pool, as one stack may write it."""

    def __init__(self, table: Table, pool: str) -> None:
        self.table = table
        self.key = f"POOL#{pool}"

    def read(self) -> Meta | None:
        """Return META, or None when there is none or it makes no sense."""
        row = self.table.get(self.key, "META")
        return meta_from_row(row) if row else None

    def keep(self, settings: Settings) -> None:
        """Make META this stack's, with its sizes.

        A new stack begins a new epoch; rows of an old one are never offered again.
        """
        values = {size: getattr(settings, size) for size in _SIZES}
        values["epoch"] = settings.stack_id
        self._try(
            f"SET {_SET_SIZES}, epoch = :epoch, mode = :mode, trouble = :none",
            "attribute_not_exists(pk) OR epoch <> :epoch",
            **values,
            mode="ACTIVE",
            none="",
        )
        self._try(f"SET {_SET_SIZES}", f"epoch = :epoch AND ({_OTHER_SIZE})", **values)

    def put(self, epoch: str, attribute: str, value: str) -> bool:
        """Change `mode` or `trouble`; whether it was another value before."""
        condition = f"epoch = :epoch AND {attribute} <> :value"
        return self._try(
            f"SET {attribute} = :value", condition, epoch=epoch, value=value
        )

    def lock(self, epoch: str, me: str, now: int, until: int) -> bool:
        """Take the right to raise the group's capacity; a dead holder is waited out."""
        free = "(attribute_not_exists(lock_until) OR lock_until < :now)"
        return self._try(
            "SET lock_by = :me, lock_until = :until",
            f"epoch = :epoch AND {free}",
            epoch=epoch,
            me=me,
            now=now,
            until=until,
        )

    def unlock(self, me: str) -> None:
        """Give that right back."""
        self._try("REMOVE lock_by, lock_until", "lock_by = :me", me=me)

    def _try(self, update: str, condition: str, **values: object) -> bool:
        try:
            self.table.write(self.key, "META", update, condition, **values)
        except ConditionFailed:
            return False
        return True
