"""A pool and its instances for programs that block.

Rule: each method is made from the asynchronous one of its name, and documented there.
"""

import os
from collections.abc import Mapping
from typing import TypeVar

from asgwarm.api.bridge import Blocking, Entering, Face, block_on
from asgwarm.api.instance import AsyncInstance
from asgwarm.api.pool import AsyncPool
from asgwarm.clients import AwsSettings
from asgwarm.connect.timings import Timings
from asgwarm.leasing.lease import Lease

T = TypeVar("T")


def _as_it_is(one: T) -> T:
    return one


class Instance(Face[AsyncInstance]):
    """A leased instance that is connected; see `AsyncInstance`. Any thread may use it.

    A command whose caller leaves by Ctrl-C is ended.
    """

    run = Blocking(AsyncInstance.run)
    shell = Blocking(AsyncInstance.shell)
    put = Blocking(AsyncInstance.put)
    get = Blocking(AsyncInstance.get)
    forward = Entering(AsyncInstance.forward, _as_it_is)

    @property
    def lease(self) -> Lease:
        """The right to it: `id`, `instance_id`, `name`, `expires_at` and more."""
        return self._one.lease

    @property
    def timings(self) -> Timings:
        """How long each phase took until it was connected; `total_ms` of all."""
        return self._one.timings


class Pool(Face[AsyncPool]):
    """One pool; see `AsyncPool` for arguments, methods and errors.

    Any thread may use it, several at once too. While something is under way, one thread
    of its own runs the loop behind it.
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
        super().__init__(
            AsyncPool(name, region=region, profile=profile, settings=settings, env=env)
        )

    @classmethod
    def local(
        cls,
        name: str = "default",
        *,
        hot: int = 2,
        warm: int = 2,
        env: Mapping[str, str] = os.environ,
    ) -> "Pool":
        """Return a pool of the emulated region; see `AsyncPool.local`."""
        pool = cls.__new__(cls)
        super(Pool, pool).__init__(
            block_on(lambda: AsyncPool.local(name, hot=hot, warm=warm, env=env))
        )
        return pool

    @property
    def name(self) -> str:
        """Its name."""
        return self._one.name

    get = Entering(AsyncPool.get, Instance)
    connect = Entering(AsyncPool.connect, Instance)
    find = Blocking(AsyncPool.find)
    renew = Blocking(AsyncPool.renew)
    release = Blocking(AsyncPool.release)
    leases = Blocking(AsyncPool.leases)
    events = Blocking(AsyncPool.events)
    status = Blocking(AsyncPool.status)
