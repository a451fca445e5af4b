"""What a host name that ends in `.asgwarm` means.

`NAME.asgwarm` is the lease of that name: where the journal knows it, else in the pool
that the configuration names. `NAME.POOL.asgwarm` says the pool, and `LEASE.asgwarm` is
a lease id that the journal knows.
"""

from collections.abc import Sequence

from asgwarm.domain.names import check_name, check_pool
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError
from asgwarm.leasing.journal import Entry

DOMAIN = ".asgwarm"


@value
class Meant:
    """The lease that a host name means.

    Attributes:
        lease: Its id or its name.
        may_claim: Whether one may be claimed under that name where there is none.
    """

    pool: str
    lease: str
    may_claim: bool


def meant(host: str, entries: Sequence[Entry], default_pool: str) -> Meant:
    """Return what *host* means.

    Args:
        entries: The user's journal of leases in this region.

    Raises:
        ConfigError: It is no such name, or leases of several pools have it.
    """
    if not host.lower().endswith(DOMAIN):
        raise ConfigError(f"{host!r} does not end in {DOMAIN}", hint="ssh web.asgwarm")
    called = host[: -len(DOMAIN)]
    for entry in entries:
        if entry.lease_id == called:
            return Meant(pool=entry.pool, lease=called, may_claim=False)
    name, dot, pool = called.partition(".")
    if not name:
        raise ConfigError(f"{host!r} names no lease", hint="ssh web.asgwarm")
    pool = check_pool(pool) if dot else _pool_of(name, entries) or default_pool
    return Meant(pool=pool, lease=check_name(name), may_claim=True)


def _pool_of(name: str, entries: Sequence[Entry]) -> str:
    pools = sorted({entry.pool for entry in entries if entry.name == name})
    if len(pools) > 1:
        raise ConfigError(
            f"the name {name!r} is used in several pools: {', '.join(pools)}",
            hint=f"ssh {name}.{pools[0]}{DOMAIN}",
        )
    return pools[0] if pools else ""
