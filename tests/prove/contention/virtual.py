"""An event loop whose time passes at once, and whose threads are a network.

Rule 1: nobody waits: when there is nothing to do, it is later.
Rule 2: what is handed to a thread is a request: it is performed half a round trip
later, and its answer is there another half after that. Nothing else takes time.
Rule 3: a request that is throttled is sent again as boto3 sends it.
"""

import asyncio
import random
import selectors
from collections.abc import Callable, Mapping
from typing import Any

ONE_WAY_S, SERVICE_S = 0.010, 0.004
ATTEMPTS = 5  # one by the lean client, four by boto3


class Throttled(Exception):
    """A partition has no capacity left for a request."""


class _Clock(selectors.BaseSelector):
    """A selector without files, for which waiting is turning the clock."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def register(
        self, fileobj: Any, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for nothing")
        self.now_s += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in virtual time.

    Args:
        gave_up: Makes the error of who is throttled at every attempt.
    """

    def __init__(self, seed: int, gave_up: Callable[[], Exception]) -> None:
        self._clock = _Clock()
        self._dice = random.Random(seed)  # noqa: S311  # repeatable
        self._gave_up = gave_up
        self.throttled = 0
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._clock.now_s

    def run_in_executor(  # type: ignore[override]  # no thread runs it
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Have a request performed; its answer comes later."""
        answer: asyncio.Future[Any] = self.create_future()
        self.call_later(ONE_WAY_S, self._perform, answer, lambda: func(*args), 1)
        return answer

    def _perform(
        self, answer: "asyncio.Future[Any]", request: Callable[[], Any], attempt: int
    ) -> None:
        back_s = SERVICE_S + ONE_WAY_S
        try:
            self.call_later(back_s, _set, answer.set_result, request())
        except Throttled:
            self.throttled += 1
            if attempt == ATTEMPTS:
                self.call_later(back_s, _set, answer.set_exception, self._gave_up())
                return
            # boto3 waits up to 1, 2 and 4 s, but not after the lean client's attempt.
            pause_s = self._dice.random() * 2 ** (attempt - 2) if attempt > 1 else 0.0
            back_s += pause_s + ONE_WAY_S
            self.call_later(back_s, self._perform, answer, request, attempt + 1)
        except Exception as error:  # noqa: BLE001  # it is the asker's
            self.call_later(back_s, _set, answer.set_exception, error)


def _set(put: Callable[[Any], None], value: Any) -> None:
    put(value)
