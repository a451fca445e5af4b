"""A pool for programs that run a loop of their own."""

import asyncio
import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from asgwarm import config
from asgwarm.api.instance import AsyncInstance
from asgwarm.clients import AwsSettings, Clients
from asgwarm.connect.timings import Timings
from asgwarm.domain.history import Event
from asgwarm.domain.names import check_pool, duration_s
from asgwarm.leasing import user
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.watching import silent
from asgwarm.pool import LeasingPool

if TYPE_CHECKING:
    from asgwarm.leasing.standing import PoolStatus

Duration = str | float  # `90s`, `15m`, `2h`, `7d`, or seconds

_log = logging.getLogger("asgwarm")


class AsyncPool:
    """One pool: get an instance, look at what there is, give it back.

    Settings are those of the command line: what is not said here comes from
    `ASGWARM_*` variables, then from asgwarm.toml.

    Args:
        name: Of the pool; the configured one, or `default`, when it is empty.
        settings: Where and as whom to call AWS, in the place of region and profile.
        env: The environment, for settings, credentials and folders.

    Raises:
        ConfigError: The name or a setting is not understood.

    Attributes:
        name: Its name.
    """

    def __init__(
        self,
        name: str = "",
        *,
        region: str | None = None,
        profile: str | None = None,
        settings: AwsSettings | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        said = {"pool": name, "region": region, "profile": profile}
        known = config.load(said, env, Path.cwd())
        self.name = check_pool(known.pool)
        self._settings = settings or AwsSettings(
            region=known.region, profile=known.profile
        )
        self._env = env

    @classmethod
    async def local(
        cls,
        name: str = "default",
        *,
        hot: int = 2,
        warm: int = 2,
        env: Mapping[str, str] = os.environ,
    ) -> Self:
        """Return a pool of the emulated region, for tests of programs that use one.

        The region is that of `asgwarm local`, started if it does not run; the pool is
        made in it if there is none of that name, and left as it is otherwise.

        Args:
            hot: How many instances of a new pool run; *warm* ones are stopped.
            env: Its folders are where the region has its state.

        Raises:
            ConfigError: What the region is made of is not installed.
            WaitTimeout: The region or the pool did not come up in time.
        """
        from asgwarm.api.local import serving

        settings = await asyncio.to_thread(serving, name, hot=hot, warm=warm, env=env)
        return cls(name, settings=settings, env=env)

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self._settings, self._env)

    @cached_property
    def _leasing(self) -> LeasingPool:
        return LeasingPool(
            self.name,
            clients=self._clients,
            journal=user.journal(self._env, _log.warning),
            owner=user.owner(),
            warn=_log.warning,
            ready_lists=user.ready_lists(self._clients, self._env),
        )

    @asynccontextmanager
    async def get(
        self,
        *,
        ttl: Duration = "1h",
        wait: Duration = "60s",
        name: str = "",
        token: str = "",
        keep: bool = False,
        on_wait: Callable[[str], None] = silent,
    ) -> AsyncIterator[AsyncInstance]:
        """Claim an instance, connect to it, and give it back after the block.

        Args:
            ttl: How long the lease lasts from each renewal on; it is renewed in the
                background, so that this is how long it outlives this process.
            wait: How long to wait where no instance is ready.
            name: Your own name for the lease.
            token: The same token gets the same lease back.
            keep: Leave the lease to its own end.
            on_wait: Gets one sentence on why there is none, when it changes.

        Raises:
            PoolNotFound: There is no such pool in this region.
            PoolEmpty: No instance became ready in time.
            ConnectError: The way in failed.
            LeaseLost: The lease ended within the block.
        """
        timings = Timings()
        self._clients.open_ahead()
        async with self._leasing.get(
            ttl_s=seconds(ttl),
            wait_s=seconds(wait),
            name=name,
            token=token,
            keep=keep,
            timings=timings,
            on_wait=on_wait,
        ) as session:
            timings.finish()
            yield AsyncInstance(session, timings)

    @asynccontextmanager
    async def connect(self, lease: Lease | str) -> AsyncIterator[AsyncInstance]:
        """Go again into a lease that was kept; it is kept after the block.

        Args:
            lease: It, its id or its name.

        Raises:
            LeaseNotFound: There is none.
            LeaseLost: It has ended.
            ConnectError: The way in failed.
        """
        timings = Timings()
        found = await self._found(lease)
        async with self._leasing.session(
            found, timings=timings, release=False
        ) as session:
            timings.finish()
            yield AsyncInstance(session, timings)

    async def find(self, lease: str) -> Lease:
        """Return a live lease by its id or its name.

        Raises:
            LeaseNotFound: There is none.
            LeaseLost: It has ended.
        """
        return await self._leasing.find(lease)

    async def renew(self, lease: Lease | str, *, ttl: Duration) -> Lease:
        """Let a lease last *ttl* from now on; return it with its new end.

        Raises:
            ConfigError: The pool does not allow a lease of that length.
            LeaseLost: It has ended, or is not this user's.
        """
        return await self._leasing.renew(await self._found(lease), ttl_s=seconds(ttl))

    async def release(self, lease: Lease | str, *, force: bool = False) -> None:
        """Give a lease's instance back; it is terminated.

        Args:
            force: Also where somebody else holds it.

        Raises:
            LeaseLost: The lease had ended otherwise, or is not this user's.
        """
        await self._leasing.release(await self._found(lease), force=force)

    async def leases(self) -> list[Lease]:
        """Return all live leases of the pool, oldest first."""
        return await self._leasing.leases()

    async def events(self) -> list[Event]:
        """Return what happened to the pool's instances, oldest first."""
        return await self._leasing.events()

    async def status(self) -> "PoolStatus":
        """Return how the pool is doing: counts, targets, why it is not full, the rate.

        Raises:
            PoolNotFound: There is no such pool in this region.
        """
        return await self._leasing.status()

    async def _found(self, lease: Lease | str) -> Lease:
        return await self.find(lease) if isinstance(lease, str) else lease


def seconds(duration: Duration) -> int:
    """Return a duration in whole seconds, rounded up.

    Raises:
        ConfigError: It is none.
    """
    if isinstance(duration, str):
        return duration_s(duration)
    if not (math.isfinite(duration) and duration >= 0):
        return duration_s(str(duration))
    return math.ceil(duration)
