"""The way into an instance, loaded when somebody goes in.

Rule: asyncssh takes longer to import than a claim takes; who connects loads it beside
the claim, and nobody else does.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from asgwarm.connect.importing import import_asyncssh

if TYPE_CHECKING:
    from asgwarm.leasing.holding import Session


def load_hold() -> "Callable[..., AbstractAsyncContextManager[Session]]":
    """Return `hold`, and all that it needs."""
    import_asyncssh()
    from asgwarm.leasing.holding import hold

    return hold
