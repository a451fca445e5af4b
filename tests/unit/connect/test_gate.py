"""When a pushed key may be offered."""

import asyncio

from asgwarm.connect.gate import FRESH_S, KeyGate
from asgwarm.connect.push import InstanceGone
from asgwarm.connect.timings import Timings


class Pushes:
    """Counts pushes; the clock beside it is the test's."""

    def __init__(self) -> None:
        self.count = 0
        self.now_s = 100.0
        self.error: Exception | None = None

    async def push(self) -> None:
        """Push, or fail."""
        self.count += 1
        if self.error is not None:
            raise self.error

    def gate(self) -> KeyGate:
        """Return a gate whose first push has begun."""
        gate = KeyGate(self.push, Timings(), clock_s=lambda: self.now_s)
        gate.push()
        return gate


async def test_a_fresh_key_is_not_pushed_again():
    """One push serves every offer within its time."""
    pushes = Pushes()
    gate = pushes.gate()

    pushes.now_s += FRESH_S

    assert await gate.opened()
    assert pushes.count == 1


async def test_a_key_that_may_have_expired_is_pushed_again():
    """A key is never offered that the instance may have forgotten."""
    pushes = Pushes()
    gate = pushes.gate()
    assert await gate.opened()

    pushes.now_s += FRESH_S + 1

    assert await gate.opened()
    assert pushes.count == 2


async def test_one_push_at_a_time():
    """Asking twice while one is under way pushes once."""
    pushes = Pushes()
    gate = pushes.gate()

    gate.push()

    assert await gate.opened()
    assert pushes.count == 1


async def test_a_failed_push_shuts_the_gate_for_good():
    """The first failure stays the cause, also after a later success."""
    pushes = Pushes()
    pushes.error = InstanceGone("terminated")
    gate = pushes.gate()

    assert not await gate.opened()
    pushes.error = None
    gate.push()

    assert not await gate.opened()
    assert isinstance(gate.failed.result(), InstanceGone)


async def test_waiting_at_the_gate_can_be_cancelled_without_the_push():
    """A broken connection does not take the push with it."""
    released = asyncio.Event()

    async def push() -> None:
        await released.wait()

    gate = KeyGate(push, Timings())
    gate.push()
    waiting = asyncio.create_task(gate.opened())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})

    released.set()

    assert await gate.opened()


async def test_closing_ends_a_push_that_hangs():
    """Nothing is left running, and a cancelled push is no failure."""

    async def push() -> None:
        await asyncio.Event().wait()

    gate = KeyGate(push, Timings())
    gate.push()
    await asyncio.sleep(0)

    await gate.close()

    assert not gate.is_waiting
    assert not gate.failed.done()
