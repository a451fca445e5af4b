"""Blocking methods made from asynchronous ones, with their very signatures.

    class Instance(Face[AsyncInstance]):
        run = Blocking(AsyncInstance.run)

Type checkers see the parameters and the result of `AsyncInstance.run`; what is run is
`AsyncInstance.run` itself, on the background loop.

Rule 1: a block is one task from its beginning to its end.
Rule 2: an error of ours that leaves the block is seen by what the block is made of;
every other one, and what ends a program, cancels it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from functools import update_wrapper, wraps
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from asgwarm.api.background import Background, Call
from asgwarm.errors import AsgwarmError

P = ParamSpec("P")
A = TypeVar("A")  # what the asynchronous face gives
S = TypeVar("S")  # what the blocking one gives
R = TypeVar("R")

background = Background()


def block_on(work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Run what *work* makes on the background loop; return and raise what it does."""
    with background.loop() as loop:
        return Call(loop, work()).result()


class Face(Generic[A]):
    """The blocking face of *one*."""

    def __init__(self, one: A) -> None:
        self._one = one


class Blocking(Generic[P, R]):
    """An asynchronous method that blocks instead."""

    def __init__(
        self, method: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]
    ) -> None:
        self._method = method
        update_wrapper(self, method)  # type: ignore[arg-type]  # for its documentation

    @overload
    def __get__(self, face: None, kind: type | None = None) -> Self: ...
    @overload
    def __get__(self, face: Face[Any], kind: type | None = None) -> Callable[P, R]: ...
    def __get__(
        self, face: Face[Any] | None, kind: type | None = None
    ) -> Self | Callable[P, R]:
        """The method of a face."""
        if face is None:
            return self

        @wraps(self._method)
        def call(*args: P.args, **options: P.kwargs) -> R:
            return block_on(lambda: self._method(face._one, *args, **options))

        return call


class Entering(Generic[P, A, S]):
    """An asynchronous context manager that blocks instead, and gives a face."""

    def __init__(
        self,
        method: Callable[Concatenate[Any, P], AbstractAsyncContextManager[A]],
        face: Callable[[A], S],
    ) -> None:
        self._method = method
        self._face = face
        update_wrapper(self, method)  # type: ignore[arg-type]  # for its documentation

    @overload
    def __get__(self, face: None, kind: type | None = None) -> Self: ...
    @overload
    def __get__(
        self, face: Face[Any], kind: type | None = None
    ) -> Callable[P, AbstractContextManager[S]]: ...
    def __get__(
        self, face: Face[Any] | None, kind: type | None = None
    ) -> Self | Callable[P, AbstractContextManager[S]]:
        """The method of a face."""
        if face is None:
            return self

        @wraps(self._method)
        def call(*args: P.args, **options: P.kwargs) -> AbstractContextManager[S]:
            return _Block(self._method(face._one, *args, **options), self._face)

        return call


class _Block(AbstractContextManager[S], Generic[A, S]):
    """One asynchronous block, held open by a task of the background loop."""

    def __init__(
        self, block: AbstractAsyncContextManager[A], face: Callable[[A], S]
    ) -> None:
        self._block = block
        self._face = face
        self._entered: Future[A] = Future()
        self._left: asyncio.Future[BaseException | None] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> S:
        with ExitStack() as stack:
            self._loop = stack.enter_context(background.loop())
            self._call = Call(self._loop, self._stay())
            self._call.ended.add_done_callback(self._end)
            value = self._call.wait_for(self._entered)
            self._stack = stack.pop_all()
        return self._face(value)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            self._loop.call_soon_threadsafe(self._leave, error)
            try:
                self._call.result()
            except BaseException as raised:
                was_cancelled = error and isinstance(raised, asyncio.CancelledError)
                if raised is not error and not was_cancelled:
                    raise

    async def _stay(self) -> None:
        async with self._block as value:
            self._left = asyncio.get_running_loop().create_future()
            self._entered.set_result(value)
            if error := await self._left:
                raise error

    def _end(self, ended: "Future[None]") -> None:
        """Pass on why there was nothing to enter."""
        if not self._entered.done():
            self._entered.set_exception(ended.exception())

    def _leave(self, error: BaseException | None) -> None:
        if self._left is not None and not self._left.done():
            is_ours = error is None or isinstance(error, AsgwarmError)
            self._left.set_result(error if is_ours else asyncio.CancelledError())
