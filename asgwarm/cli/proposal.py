"""What `up` is about to do, before it does it: options, network, price, changes.

Rule 1: only what somebody said is passed on; what was not said keeps its value in a
pool that exists, and takes the template's default in one that does not.
Rule 2: a new pool lets in the caller's own address alone, and that is shown.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgwarm import local_region, planning
from asgwarm.config import Value
from asgwarm.domain.names import duration_s, stack_name
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError
from asgwarm.stack import network, price
from asgwarm.stack.begin import decided, refuse_newer, refuse_unmade
from asgwarm.stack.options import PoolOptions

if TYPE_CHECKING:
    from asgwarm.cli.commands.up import Flags
    from asgwarm.cli.invocation import Invocation
    from asgwarm.clients import Clients

_AS_THEY_ARE = (
    *("hot", "warm", "cap", "owner_cap", "shards"),
    *("instance_type", "ami", "vpc", "allow", "address", "metrics"),
)
_DURATIONS = ("setup_timeout", "max_lease")


@value
class Proposal:
    """A pool as it will be."""

    pool: str
    region: str
    exists: bool
    local: bool
    own_address: bool  # port 22 is opened to the caller's address, unasked
    said: PoolOptions
    whole: PoolOptions  # with everything that was not said
    rate: price.Rate | None
    planned: planning.Plan | None = None  # what changes, where that was asked


def propose(flags: "Flags", invocation: "Invocation") -> Proposal:
    """Return what `up` would do; changes nothing.

    Raises:
        GuardRefused: A newer asgwarm has deployed the pool.
        ConfigError: A value is out of range, the set-up script cannot be read, or
            the caller's own address cannot be found out.
    """
    local = invocation.common.local
    if local:
        invocation.start_local_region()
    said = options(invocation.pool_name(flags.pool), flags, invocation.config.up)
    clients = invocation.clients
    stack = decided(clients.cloudformation, stack_name(said.pool))
    if stack:
        refuse_unmade(stack, said.pool)
        if not flags.force_downgrade:
            refuse_newer(stack, said.pool)
    own_address = stack is None and said.allow is None and not local
    own_address = own_address and said.address in (None, "public")
    if stack is None:
        said = for_new_pool(said, clients, local=local)
    known = stack.parameters if stack else None
    if said.address == "endpoint":
        vpc = said.vpc or (known or {}).get("VpcId", "")
        named = _said("endpoint", flags, invocation.config.up)
        found = network.endpoint_in(clients.ec2, vpc, named)
        said = replace(said, endpoint=str(found))
    whole = said.filled(known)
    return Proposal(
        pool=said.pool,
        region=clients.region,
        exists=stack is not None,
        local=local,
        own_address=own_address,
        said=said,
        whole=whole,
        rate=price.rate(whole, clients.region),
    )


def planned(proposed: Proposal, flags: "Flags", invocation: "Invocation") -> Proposal:
    """Add what it would change, as CloudFormation says; tell what it waits for.

    Raises:
        StackFailed: CloudFormation would refuse it, or somebody has to act first.
    """
    from asgwarm.cli.views.progress import line

    plan = planning.plan(
        proposed.said,
        invocation.clients,
        downgrade=flags.force_downgrade,
        on_event=lambda event: invocation.output.note(line(event)),
    )
    return replace(proposed, planned=plan)


def for_new_pool(said: PoolOptions, clients: "Clients", *, local: bool) -> PoolOptions:
    """Add what a new pool cannot do without: subnets, and who may come in."""
    if said.subnets is None and said.vpc is None:
        found = network.default_network(clients.ec2)
        said = replace(said, vpc=found.vpc, subnets=found.subnets)
    elif said.subnets is None and said.vpc is not None:
        said = replace(said, subnets=network.subnets_of(clients.ec2, said.vpc))
    if said.allow is None:
        said = replace(said, allow=_allow(said, local=local))
    return said


def _allow(said: PoolOptions, *, local: bool) -> str:
    """Return who may come in where nobody said so."""
    if said.address == "endpoint":
        return ""  # the endpoint's group alone
    if local:
        return local_region.NETWORK
    if said.address == "private":
        raise ConfigError(
            "private addresses are not reached from your public one",
            hint=f"asgwarm up {said.pool} --address private --allow 10.0.0.0/8",
        )
    return network.own_network()


def options(pool: str, flags: "Flags", configured: Mapping[str, Value]) -> PoolOptions:
    """Return what was said about the pool, typed or configured."""
    said: dict[str, Any] = {
        name: _said(name, flags, configured) for name in _AS_THEY_ARE
    }
    for name in _DURATIONS:
        text = _said(name, flags, configured)
        said[f"{name}_s"] = None if text is None else duration_s(str(text))
    if flags.endpoint and said["address"] != "endpoint":
        raise ConfigError(
            f"{flags.endpoint} is no way to other addresses than its own",
            hint=f"asgwarm up {pool} --address endpoint --endpoint {flags.endpoint}",
        )
    subnets = _said("subnet", flags, configured)
    if subnets is not None:
        said["subnets"] = (subnets,) if isinstance(subnets, str) else tuple(subnets)
    setup = _said("setup", flags, configured)
    if setup is not None:
        said["setup"] = _script(Path(str(setup)))
    return PoolOptions(pool=pool, **said)


def _said(name: str, flags: "Flags", configured: Mapping[str, Value]) -> Any:
    typed = getattr(flags, name)
    return configured.get(name.replace("_", "-")) if typed is None else typed


def _script(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the set-up script {path} cannot be read: {error.strerror}",
            hint=f"ls -l {path}",
        ) from error
