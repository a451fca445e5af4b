"""A pool that serves in the emulated region, for the tests of who uses pools."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asgwarm import config, local_region, provision
from asgwarm.clients import AwsSettings, Clients
from asgwarm.domain.names import check_pool, stack_name
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import find

ROOM = 100  # how many more may run than are hot: they cost nothing here


def serving(name: str, *, hot: int, warm: int, env: Mapping[str, str]) -> AwsSettings:
    """Return settings that reach a running region with a pool of that name.

    Raises: As `AsyncPool.local`.
    """
    check_pool(name)
    info = local_region.start(local_region.folder(config.state_dir(env)))
    settings = local_region.settings_of(info)
    clients = Clients(settings, env)
    if find(clients.cloudformation, stack_name(name)) is None:
        provision.up(
            _options(name, hot, warm, clients), clients, on_event=lambda _: None
        )
    return settings


def _options(name: str, hot: int, warm: int, clients: Clients) -> PoolOptions:
    network = default_network(clients.ec2)
    return PoolOptions(
        pool=name,
        hot=hot,
        warm=warm,
        cap=hot + ROOM,
        vpc=network.vpc,
        subnets=network.subnets,
        allow=local_region.NETWORK,
    )


@contextmanager
def own_region(folder: Path) -> Iterator[Mapping[str, str]]:
    """Give an environment whose emulated region is its own, and ends with the block."""
    env = os.environ | {
        f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CACHE", "CONFIG")
    }
    try:
        yield env
    finally:
        local_region.stop(local_region.folder(config.state_dir(env)))
