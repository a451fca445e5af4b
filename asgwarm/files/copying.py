"""One copy, whichever way it goes.

Rule 1: what is there already, and the same by its checksum, does not travel again.
Rule 2: a part that was left behind is continued if its checksum agrees so far.
Rule 3: a file is renamed into its place when its checksum was compared; where that
cannot be told, it is counted and said.
Rule 4: blocks are under way side by side, so many at once and no more.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from asgwarm.errors import TransferFailed
from asgwarm.files.progress import Meter
from asgwarm.files.sides import (
    Destination,
    Entry,
    Kind,
    Reader,
    Source,
    Unreadable,
    Writer,
    joined,
    part_of,
)

T = TypeVar("T")

BLOCKS = 64  # under way at once, of 255 KiB each with OpenSSH: what a fast wire holds
FILES = 8  # at once: a small file is round trips and little else


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a file; it is written when *turn* is done, and *then* is the next."""

    offset: int
    size: int
    turn: "asyncio.Future[None]"
    then: "asyncio.Future[None]"


class Copying:
    """Copies entries from one side to the other."""

    def __init__(self, source: Source, to: Destination, meter: Meter) -> None:
        self._source = source
        self._to = to
        self._meter = meter
        self._slots = asyncio.Semaphore(BLOCKS)
        self._block_bytes = min(source.block_bytes, to.block_bytes)

    async def copy(
        self, path: bytes, to: bytes, entries: list[Entry], *, is_there: bool
    ) -> None:
        """Copy what was listed below *path* to *to*.

        Args:
            is_there: Whether *to* is a folder that stays as it was but for what is
                in it.

        Raises:
            TransferFailed: Something cannot be read, written, or did not arrive well.
            SessionFailed: The connection broke.
        """
        folders = [entry for entry in entries if entry.kind is Kind.FOLDER]
        for entry in folders:
            if entry.path or not is_there:
                await self._to.make_folder(joined(to, entry.path))

        async def one(entry: Entry) -> None:
            await self._one(entry, joined(path, entry.path), joined(to, entry.path))

        await _side_by_side(one, [e for e in entries if e.kind is not Kind.FOLDER])
        for entry in reversed(folders):
            if entry.path or not is_there:
                await self._to.dress(joined(to, entry.path), entry)

    async def _one(self, entry: Entry, path: bytes, to: bytes) -> None:
        there = await self._to.look(to)
        if there is not None and there.kind is Kind.FOLDER:
            raise TransferFailed(
                f"{os.fsdecode(to)} is a folder there, and no folder here",
                hint="choose another destination",
            )
        if entry.kind is Kind.LINK:
            await self._link(entry, there, to)
        elif await self._is_same(entry, there, path, to):
            await self._to.dress(to, entry)
            self._meter.had(os.fsdecode(entry.path), entry.size)
        else:
            try:
                await self._file(entry, path, to)
            except Unreadable as error:
                if not entry.path:
                    raise
                self._meter.left_out.append(error.message)
                return
        self._meter.finished(os.fsdecode(entry.path))

    async def _link(self, entry: Entry, there: Entry | None, to: bytes) -> None:
        if there is not None and there.kind is Kind.LINK and there.link == entry.link:
            return
        await self._to.make_link(part_of(to), entry.link)
        await self._to.rename(part_of(to), to)

    async def _is_same(
        self, entry: Entry, there: Entry | None, path: bytes, to: bytes
    ) -> bool:
        if there is None or there.kind is not Kind.FILE or there.size != entry.size:
            return False
        ours, theirs = await asyncio.gather(
            self._source.sha256(path, entry.size), self._to.sha256(to, entry.size)
        )
        return ours is not None and ours == theirs

    async def _file(self, entry: Entry, path: bytes, to: bytes) -> None:
        part = part_of(to)
        async with self._source.reading(path) as reader:
            begin = await self._begin(entry, path, part)
            async with self._to.writing(part, keep=begin > 0) as writer:
                self._meter.had(os.fsdecode(entry.path), begin)
                await self._content(entry, reader, writer, begin)
        await self._verify(entry, path, part)
        await self._to.dress(part, entry)
        await self._to.rename(part, to)

    async def _begin(self, entry: Entry, path: bytes, part: bytes) -> int:
        """Return how many bytes of a part are good."""
        left = await self._to.look(part)
        if left is None:
            return 0
        if left.kind is not Kind.FILE:
            await self._to.remove(part)
            return 0
        if not 0 < left.size <= entry.size:
            return 0
        ours, theirs = await asyncio.gather(
            self._source.sha256(path, left.size), self._to.sha256(part, left.size)
        )
        return left.size if ours is not None and ours == theirs else 0

    async def _content(
        self, entry: Entry, reader: Reader, writer: Writer, begin: int
    ) -> None:
        """Copy from *begin* on, in order: a part that breaks off has no holes."""
        loop = asyncio.get_running_loop()
        under_way: deque[asyncio.Task[None]] = deque()
        offset, turn = begin, loop.create_future()
        turn.set_result(None)
        try:
            while offset < entry.size or under_way:
                # Who has nothing under way may wait for others; nobody else does.
                if offset < entry.size and not (under_way and self._slots.locked()):
                    await self._slots.acquire()
                    size = min(self._block_bytes, entry.size - offset)
                    block = _Block(offset, size, turn, loop.create_future())
                    moving = self._move(entry, reader, writer, block)
                    under_way.append(asyncio.create_task(moving))
                    offset, turn = offset + size, block.then
                else:
                    await under_way[0]
                    under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            if under_way:
                await asyncio.wait(under_way)

    async def _move(
        self, entry: Entry, reader: Reader, writer: Writer, block: "_Block"
    ) -> None:
        try:
            data = await reader.read(block.offset, block.size)
            if len(data) != block.size:
                raise TransferFailed(
                    f"{os.fsdecode(entry.path) or 'the file'} changed meanwhile",
                    hint="run the same command again",
                )
            await block.turn
            block.then.set_result(None)  # the next one is woken behind this write
            await writer.write(block.offset, data)
        finally:
            self._slots.release()
        self._meter.moved(os.fsdecode(entry.path), block.size)

    async def _verify(self, entry: Entry, path: bytes, part: bytes) -> None:
        ours, theirs = await asyncio.gather(
            self._source.sha256(path, entry.size), self._to.sha256(part, entry.size)
        )
        if ours is None or theirs is None:
            self._meter.unverified += 1
        elif ours != theirs:
            with suppress(TransferFailed):
                await self._to.remove(part)
            raise TransferFailed(
                f"{os.fsdecode(entry.path) or 'the file'} has another checksum there"
                " than here",
                hint="run the same command again",
            )


async def _side_by_side(do: Callable[[T], Awaitable[None]], every: Iterable[T]) -> None:
    """Do it with all, a few at a time; the first failure ends everything."""
    rest = iter(every)

    async def work() -> None:
        for one in rest:
            await do(one)

    workers = [asyncio.create_task(work()) for _ in range(FILES)]
    try:
        done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        for worker in done:
            worker.result()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
