"""asgwarm: a private EC2 instance in about a second, from your own account.

    from asgwarm import Pool

    with Pool("dev").get() as instance:
        print(instance.run("uname -a").stdout)

`Pool` blocks and `AsyncPool` awaits; errors are in `asgwarm.errors`, and those that a
program may want to tell apart are here as well.

Rule: nothing is loaded before it is asked for; the command line starts here too.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # that of `typing` takes longer to load than an agent's front
if TYPE_CHECKING:
    from asgwarm.api.blocking import Instance, Pool
    from asgwarm.api.done import Done
    from asgwarm.api.instance import AsyncInstance
    from asgwarm.api.pool import AsyncPool
    from asgwarm.connect.sinks import DEVNULL, PIPE, STDOUT
    from asgwarm.errors import (
        AsgwarmError,
        CommandFailed,
        CommandTimeout,
        ConnectError,
        LeaseLost,
        OutputLimit,
        PoolEmpty,
        PoolNotFound,
    )
    from asgwarm.leasing.lease import Lease

__all__ = [
    "DEVNULL",
    "PIPE",
    "STDOUT",
    "AsgwarmError",
    "AsyncInstance",
    "AsyncPool",
    "CommandFailed",
    "CommandTimeout",
    "ConnectError",
    "Done",
    "Instance",
    "Lease",
    "LeaseLost",
    "OutputLimit",
    "Pool",
    "PoolEmpty",
    "PoolNotFound",
]

_HOMES = {
    "asgwarm.api.blocking": ("Instance", "Pool"),
    "asgwarm.api.done": ("Done",),
    "asgwarm.api.instance": ("AsyncInstance",),
    "asgwarm.api.pool": ("AsyncPool",),
    "asgwarm.connect.sinks": ("DEVNULL", "PIPE", "STDOUT"),
    "asgwarm.leasing.lease": ("Lease",),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'asgwarm' has no attribute {name!r}")
    from importlib import import_module

    homes = (home for home, names in _HOMES.items() if name in names)
    return getattr(import_module(next(homes, "asgwarm.errors")), name)
