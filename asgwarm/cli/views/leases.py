"""`ls`, `get`, `renew` and `release`, as text."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from asgwarm.cli.views.table import STYLES, Column, Row, fitted
from asgwarm.cli.views.words import span, utc
from asgwarm.connect.timings import PHASES
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from rich.console import Group

    from asgwarm.domain.record import Record
    from asgwarm.leasing.lease import Lease

COLUMNS = (
    Column(title="LEASE"),
    Column(title="NAME", rank=1),
    Column(title="INSTANCE", rank=2),
    Column(title="TIER", rank=3),
    Column(title="ENDS IN", rank=0, right=True),
    Column(title="HELD FOR", rank=5, right=True),
    Column(title="OWNER", rank=4, least=12),
)


ROUNDING_S = 5  # between the renewal and the answer's arrival


def table(
    leases: Sequence["Lease"],
    ready: Sequence["Record"],
    spares: Collection[str] = (),
    *,
    now: int,
    width: int,
) -> "Group":
    """Leases first, then what may be claimed.

    Args:
        spares: Ids of leases that nobody uses yet.
    """
    rows = [_lease(lease, now, is_spare=lease.id in spares) for lease in leases]
    rows += [_ready(record, now) for record in ready]
    return fitted(COLUMNS, rows, width)


def advice(pool: str, leases: Sequence["Lease"], ready: Sequence["Record"]) -> str:
    """The command to type next."""
    if leases:
        return printable(f"asgwarm connect {leases[0].name or leases[0].id}")
    return f"asgwarm get {pool}" if ready else f"asgwarm status {pool}"


def owners(leases: Sequence["Lease"]) -> list[str]:
    """Whose leases are about to end, a line each."""
    return [
        printable(f"  {lease.id} of {lease.owner} ({lease.instance_id})")
        for lease in leases
    ]


def renewed(lease: "Lease", *, now: int) -> str:
    """When a lease ends that has just been renewed, and why sooner than asked for."""
    left_s = lease.expires_at - now
    line = f"{lease.id} ends in {span(left_s)}, at {utc(lease.expires_at)}"
    early = lease.ttl_s - left_s > ROUNDING_S
    return printable(line + (": no lease of this pool lasts longer" if early else ""))


def hit(lease: "Lease", timings: Mapping[str, int]) -> str:
    """The one line that `get` leaves: instance, tier, milliseconds per phase."""
    measured = phases(timings)
    return what(lease, timings) + (f": {measured}" if measured else "")


def what(lease: "Lease", timings: Mapping[str, int]) -> str:
    """Which instance was had, from which tier, and after how long."""
    took_ms = timings["total_ms"]
    return printable(f"{lease.instance_id} ({lease.tier}) in {took_ms} ms")


def phases(timings: Mapping[str, int]) -> str:
    """Milliseconds per phase that was measured."""
    return ", ".join(
        f"{phase.replace('_', ' ')} {timings[f'{phase}_ms']}"
        for phase in PHASES
        if f"{phase}_ms" in timings
    )


def _lease(lease: "Lease", now: int, *, is_spare: bool) -> Row:
    return Row(
        cells=(
            lease.id,
            lease.name or ("(spare)" if is_spare else "-"),
            lease.instance_id,
            lease.tier,
            span(lease.expires_at - now),
            span(now - lease.since),
            lease.owner,
        ),
        style=STYLES["LEASED"],
    )


def _ready(record: "Record", now: int) -> Row:
    return Row(
        cells=("(ready)", "-", record.instance_id, record.tier, "-", "-", "-"),
        style=STYLES["READY"],
    )
