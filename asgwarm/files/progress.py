"""How far a copy is, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from asgwarm.domain.value import value


@value
class Progress:
    """How far a copy is; sizes are in bytes.

    Attributes:
        name: The file that moved last, as its source spells it.
        done_bytes: What is there by now, also from before.
    """

    name: str
    files_done: int
    files: int
    done_bytes: int
    total_bytes: int


@value
class Copied:
    """What a copy has done.

    Attributes:
        files: Files and links that are there now.
        total_bytes: Their size.
        moved_bytes: What of it had to travel; the rest was there already.
        unverified: Files whose checksum the instance could not tell.
        left_out: What of a folder was not copied: a sentence each.
    """

    files: int
    total_bytes: int
    moved_bytes: int
    unverified: int
    left_out: tuple[str, ...]


OnProgress = Callable[[Progress], None]


def ignored(_: Progress) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Meter:
    """Counts, and tells whoever watches."""

    on_progress: OnProgress
    files: int = 0
    total_bytes: int = 0
    files_done: int = 0
    done_bytes: int = 0
    moved_bytes: int = 0
    unverified: int = 0
    left_out: list[str] = field(default_factory=list)

    def had(self, name: str, size: int) -> None:
        """Count bytes that are there already."""
        self.done_bytes += size
        self._tell(name)

    def moved(self, name: str, size: int) -> None:
        """Count bytes that have arrived."""
        self.moved_bytes += size
        self.had(name, size)

    def finished(self, name: str) -> None:
        """Count a file or link that is there under its name."""
        self.files_done += 1
        self._tell(name)

    def copied(self) -> Copied:
        """Return what was done."""
        return Copied(
            files=self.files_done,
            total_bytes=self.done_bytes,
            moved_bytes=self.moved_bytes,
            unverified=self.unverified,
            left_out=tuple(self.left_out),
        )

    def _tell(self, name: str) -> None:
        self.on_progress(
            Progress(
                name=name,
                files_done=self.files_done,
                files=self.files,
                done_bytes=self.done_bytes,
                total_bytes=self.total_bytes,
            )
        )
