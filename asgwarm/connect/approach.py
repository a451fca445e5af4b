"""What of a way in needs no SSH: the key on its way, and TCP or what stands for it.

Both begin with the approach, while the SSH library may still be loaded.

Rule: whoever makes an approach closes it, or gives it to `way_in.connect`, which does.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from asgwarm.connect.beside import Notices
from asgwarm.connect.dial import dial
from asgwarm.connect.gate import KeyGate
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.target import Target
from asgwarm.connect.timings import Timings

if TYPE_CHECKING:
    from asgwarm.connect.tunnel import Tunnel


class Approach:
    """An instance that somebody is going into.

    Args:
        push: Puts the public half of *key* on the instance; called at once, and again
            when the key may have expired or is refused.
        timings: Gets the phases `push` and `connect`.
        tunnel: The way to the instance where TCP to its address is none.
        notices: What there is to say of the way while it is used.
    """

    def __init__(
        self,
        target: Target,
        key: SessionKey,
        push: Callable[[], Awaitable[None]],
        *,
        timings: Timings,
        tunnel: "Tunnel | None" = None,
        notices: Notices | None = None,
    ) -> None:
        self.target = target
        self.notices = notices or Notices()
        self._tunnel = tunnel
        self.key = key
        self.timings = timings
        self.gate = KeyGate(push, timings)
        self.gate.push()
        self._dialled: asyncio.Task[socket.socket] | None = asyncio.create_task(
            self._dial()
        )

    async def sock(self) -> socket.socket:
        """Return a connected socket: the first that was dialled, then others.

        Raises:
            OSError: As `dial`.
            AsgwarmError: As `Tunnel.open`.
        """
        dialled, self._dialled = self._dialled, None
        if dialled is None:
            return await self._dial()
        try:
            return await dialled
        except asyncio.CancelledError:
            await _discard(dialled)
            raise

    async def close(self) -> None:
        """Give up what is still under way."""
        dialled, self._dialled = self._dialled, None
        if dialled is not None:
            await _discard(dialled)
        await self.gate.close()

    async def _dial(self) -> socket.socket:
        with self.timings.phase("connect"):
            if self._tunnel is not None:
                return await self._tunnel.open()
            return await dial(self.target.address, self.target.port)


async def _discard(dialled: "asyncio.Task[socket.socket]") -> None:
    dialled.cancel()
    await asyncio.wait({dialled})
    if not dialled.cancelled() and dialled.exception() is None:
        dialled.result().close()
