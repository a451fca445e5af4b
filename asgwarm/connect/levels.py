"""How a connection is opened: with fewer round trips, or as asyncssh does it.

Rule: the stock way is always there. A layered connection that meets a surprise is
given up before anything runs on it, and what follows it is stock.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import asyncssh

from asgwarm.connect.fitting import misfit
from asgwarm.domain.value import value

if TYPE_CHECKING:
    Open: TypeAlias = Callable[..., Awaitable[asyncssh.SSHClientConnection]]


@value
class Level:
    """One way to open a connection.

    Attributes:
        open: Takes what `asyncssh.connect` takes, and returns what it returns.
        is_stock: Whether it is asyncssh's own.
        why: Why it is not a faster one, for people; empty when there is no reason.
    """

    name: str
    open: "Open"
    is_stock: bool = False
    why: str = ""


def stock(why: str = "") -> Level:
    """Asyncssh's own way, which needs nothing of its inside."""
    return Level(name="stock", open=asyncssh.connect, is_stock=True, why=why)


def best(misfit: Callable[[], str] = misfit) -> Level:
    """The fastest way that the installed asyncssh is fit for."""
    if why := misfit():
        return stock(why)
    from asgwarm.connect import layers

    return Level(name="pipelined", open=layers.connect)
