"""How ways take turns, and what becomes of one that fails."""

from dataclasses import dataclass, field

import pytest

from asgwarm.bench.figures import Shot
from asgwarm.bench.run import rounds
from asgwarm.clock import monotonic_s
from asgwarm.errors import CredentialsMissing, SessionFailed

LONG = 1e12


@dataclass
class Scripted:
    """A way that is gone as often as the script says, and then fails."""

    takes: int = 100
    error: Exception = field(default_factory=lambda: SessionFailed("the door is shut"))

    async def prepare(self):
        """Nothing is needed."""

    async def shoot(self):
        """Take a second, or fail."""
        if not self.takes:
            raise self.error
        self.takes -= 1
        return Shot(total_ms=1000)


async def go(ways, counts, until_s=LONG):
    """What a run of the ways came to: shots, reasons, and what was told."""
    skipped: dict[str, str] = {}
    told: list[str] = []
    shots = await rounds(
        ways, counts, skipped, lambda event: told.append(event.way), until_s=until_s
    )
    return {name: len(some) for name, some in shots.items()}, skipped, told


async def test_each_round_begins_with_another_way():
    """None always follows the same one; who has had its rounds is left out."""
    ways = {name: Scripted() for name in "abc"}

    found = await go(ways, {"a": 3, "b": 3, "c": 2})

    assert found == ({"a": 3, "b": 3, "c": 2}, {}, [*"abc", *"bca", *"ab"])


async def test_a_way_that_fails_is_left_out_and_keeps_what_it_measured():
    """The others go on."""
    found = await go({"a": Scripted(takes=1), "b": Scripted()}, {"a": 3, "b": 3})

    assert found == (
        {"a": 1, "b": 3},
        {"a": "the door is shut"},
        ["a", "b", "b", "a", "b"],
    )


async def test_what_concerns_all_ways_ends_all():
    """Without credentials nothing goes."""
    nobody = Scripted(takes=0, error=CredentialsMissing("expired"))

    with pytest.raises(CredentialsMissing):
        await go({"a": nobody, "b": Scripted()}, {"a": 3, "b": 3})


async def test_nothing_is_begun_when_time_is_up():
    """What was measured until then counts."""
    ways = {"a": Scripted(), "b": Scripted()}

    assert await go(ways, {"a": 9, "b": 9}, until_s=monotonic_s() - 1) == ({}, {}, [])
