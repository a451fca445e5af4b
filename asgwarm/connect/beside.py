"""What goes on beside the bytes of a session."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import field

from asgwarm.domain.value import value


async def at_once() -> None:
    """Nothing has to be waited for."""


class Notices:
    """Sentences for whoever is in a session, said where its own words come out.

    Rule: one that comes when nobody is there to hear it is kept for who comes next.
    """

    def __init__(self) -> None:
        self._hear: Callable[[str], None] | None = None
        self._kept: list[str] = []

    def say(self, sentence: str) -> None:
        """Say one sentence, without a line break."""
        if self._hear is None:
            self._kept.append(sentence)
        else:
            self._hear(sentence)

    @contextmanager
    def heard_by(self, hear: Callable[[str], None]) -> Iterator[None]:
        """Call *hear* with each sentence while the block runs."""
        self._hear = hear
        for sentence in self._kept:
            hear(sentence)
        self._kept.clear()
        try:
            yield
        finally:
            self._hear = None


@value
class Beside:
    """What a session has to heed.

    Attributes:
        may_send: Awaited before anything is sent to the instance.
        notices: What comes up meanwhile.
    """

    may_send: Callable[[], Awaitable[object]] = at_once
    notices: Notices = field(default_factory=Notices)


ALONE = Beside()
