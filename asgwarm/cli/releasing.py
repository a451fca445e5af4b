"""How `release` gives several leases back, and what it says of each.

Rule 1: each lease is a matter of its own: its failure is said and does not stop the
others. The exit code is that of the worst failure, the one with the highest number.
Rule 2: what concerns all of them, no credentials or no region, is said once.
Rule 3: a lease that ended meanwhile is what was wanted, unless it was named.
"""

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from asgwarm.cli import boundary
from asgwarm.cli.views import documents
from asgwarm.domain.escape import printable
from asgwarm.errors import (
    AsgwarmError,
    CredentialsMissing,
    LeaseLost,
    LeaseNotFound,
    PoolNotFound,
    RegionDown,
)

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.leasing.lease import Lease


async def named(leases: list[str], invocation: "Invocation", *, force: bool) -> int:
    """Release leases by their ids or names; return the exit code."""
    codes = [
        await _code_of(_named(lease_or_name, invocation, force=force), invocation)
        for lease_or_name in leases
    ]
    return max(codes)


async def chosen(
    pool: str, invocation: "Invocation", *, everybody: bool
) -> "list[Lease]":
    """Return the pool's live leases, the user's own or everybody's."""
    from asgwarm.leasing.finding import user_of

    me = user_of(invocation.owner)
    leases = await invocation.pool(pool).leases()
    return [lease for lease in leases if everybody or user_of(lease.owner) == me]


async def many(pool: str, leases: "list[Lease]", invocation: "Invocation") -> int:
    """Release leases, whoever holds them; return the exit code."""
    codes = [
        await _code_of(_one(pool, lease, invocation), invocation) for lease in leases
    ]
    return _end(codes, f"no lease of pool {pool} to release", invocation)


async def recover(invocation: "Invocation") -> int:
    """Give back or strike what claims of unknown outcome got; return the exit code."""
    codes = [
        await _code_of(_recovered(lease_id, invocation), invocation)
        for lease_id in invocation.unknown_claims()
    ]
    return _end(codes, "no claim of unknown outcome is written down", invocation)


async def _code_of(releasing: Awaitable[None], invocation: "Invocation") -> int:
    try:
        await releasing
    except (CredentialsMissing, RegionDown):
        raise
    except AsgwarmError as error:
        return boundary.expected(error, invocation.output)
    return 0


def _end(codes: list[int], nothing: str, invocation: "Invocation") -> int:
    """Sum up; return the exit code."""
    if not codes:
        invocation.output.note(printable(nothing))
    if invocation.output.json:
        invocation.output.document(documents.releases(codes.count(0), len(codes)))
    return max(codes, default=0)


async def _named(lease_or_name: str, invocation: "Invocation", *, force: bool) -> None:
    try:
        pool, lease = await invocation.find(lease_or_name, verb="release")
    except LeaseNotFound:
        if not invocation.forget(lease_or_name):
            raise
        _say_never_taken(lease_or_name, invocation)
    else:
        await pool.release(lease, force=force)
        _say_released(lease, invocation)


async def _one(pool: str, lease: "Lease", invocation: "Invocation") -> None:
    try:
        await invocation.pool(pool).release(lease, force=True)
    except LeaseLost as lost:
        invocation.output.note(printable(lost.message))
        return
    _say_released(lease, invocation)


async def _recovered(lease_id: str, invocation: "Invocation") -> None:
    """Give back what one claim got, or strike it."""
    try:
        await _named(lease_id, invocation, force=False)
    except LeaseLost as lost:  # it was struck when it was not found alive
        invocation.output.note(printable(lost.message))
    except PoolNotFound:
        invocation.forget(lease_id)
        _say_never_taken(lease_id, invocation)


def _say_released(lease: "Lease", invocation: "Invocation") -> None:
    invocation.output.note(printable(f"released {lease.id} ({lease.instance_id})"))
    if invocation.output.json:
        invocation.output.document(documents.released(lease.id))


def _say_never_taken(lease_id: str, invocation: "Invocation") -> None:
    invocation.output.note(
        printable(f"{lease_id} was never taken: there is nothing to release")
    )
    if invocation.output.json:
        invocation.output.document(documents.released(lease_id))
