"""The way into an instance, loaded when somebody goes in.

Rule: asyncssh takes longer to import than a claim takes; who connects loads it beside
the claim and the push, and nobody else does.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from asgwarm.leasing.approaching import approach

if TYPE_CHECKING:
    from asgwarm.clients import Clients
    from asgwarm.connect.timings import Timings
    from asgwarm.leasing.holding import Session
    from asgwarm.leasing.lease import Lease
    from asgwarm.registry.leases import Leases


def load_hold() -> "Callable[..., AbstractAsyncContextManager[Session]]":
    """Return `hold`, and all that it needs."""
    from asgwarm.connect.importing import import_asyncssh

    import_asyncssh()
    from asgwarm.leasing.holding import hold

    return hold


async def go_in(
    leases: "Leases",
    lease: "Lease",
    clients: "Clients",
    timings: "Timings",
) -> "AbstractAsyncContextManager[Session]":
    """Approach a lease's instance; return what connects to it and renews the lease.

    Raises:
        SessionFailed: The lease's row names no way in.
    """
    begun = approach(lease, clients, timings)
    try:
        hold = await asyncio.to_thread(load_hold)
    except BaseException:
        await begun.close()
        raise
    return hold(leases, lease, begun)
