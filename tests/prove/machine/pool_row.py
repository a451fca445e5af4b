"""META as it should be, beside META on the real table."""

from dataclasses import fields, replace
from typing import Any

from asgwarm.domain.meta import Meta, Settings

SIZES = ("hot", "warm", "cap", "max_lease_s", "owner_cap")
LOCK_S = 90


class PoolRow:
    """The META row of one pool, as it is and as it should be."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.expected: Meta | None = None
        self.locked_until = 0

    def keep(self, stack_id: str, **sizes: int) -> None:
        """A function of *stack_id* writes its sizes; a new stack begins anew.

        With it begins a number of shards; that of the pool where *sizes* has none.
        """
        plain: dict[str, Any] = {
            f.name: 3 if f.type is int else "" for f in fields(Settings)
        }
        mine = plain | {"stack_id": stack_id, "shards": self.registry.shards} | sizes
        sized: dict[str, Any] = {size: mine[size] for size in SIZES}
        self.registry.keep_meta(Settings(**mine))
        if self.expected and self.expected.epoch == stack_id:
            self.expected = replace(self.expected, **sized)
        else:
            self.expected = Meta(
                epoch=stack_id,
                pool_mode="ACTIVE",
                trouble="",
                refresh_at=0,
                shards=mine["shards"],
                **sized,
            )
        self.look()

    def put(self, epoch: str, attribute: str, value: str | int) -> None:
        """Somebody of stack *epoch* changes an attribute."""
        known = self.expected
        changes = known is not None and (
            known.epoch == epoch and getattr(known, attribute) != value
        )

        assert self.registry.put_meta(epoch, attribute, value) is changes

        if changes and known:
            self.expected = replace(known, **{attribute: value})  # type: ignore[arg-type]  # by name
        self.look()

    def lock(self, epoch: str, now: int) -> None:
        """A function asks for the right to raise the capacity."""
        is_ours = self.expected is not None and self.expected.epoch == epoch
        granted = is_ours and self.locked_until < now

        assert self.registry.lock(epoch, now, now + LOCK_S) is granted

        if granted:
            self.locked_until = now + LOCK_S

    def unlock(self, until: int) -> None:
        """It gives the right back; one that ends at another time is not touched."""
        self.registry.unlock(until)
        if self.locked_until == until:
            self.locked_until = 0

    def look(self) -> None:
        """Compare the row with what it should be."""
        assert self.registry.meta() == self.expected
