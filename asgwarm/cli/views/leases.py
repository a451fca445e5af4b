"""`ls` and `get`, as text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asgwarm.cli.escape import printable
from asgwarm.cli.views.table import STYLES, Column, Row, fitted
from asgwarm.cli.views.words import span

if TYPE_CHECKING:
    from rich.console import Group

    from asgwarm.domain.record import Record
    from asgwarm.lease import Lease

COLUMNS = (
    Column(title="LEASE"),
    Column(title="NAME", rank=1),
    Column(title="INSTANCE", rank=2),
    Column(title="TIER", rank=3),
    Column(title="ENDS IN", rank=0, right=True),
    Column(title="HELD FOR", rank=5, right=True),
    Column(title="OWNER", rank=4, least=12),
)
PHASES = ("query", "claim", "keygen", "push", "connect", "auth", "first_byte")


def table(
    leases: Sequence["Lease"], ready: Sequence["Record"], *, now: int, width: int
) -> "Group":
    """Leases first, then what may be claimed."""
    rows = [_lease(lease, now) for lease in leases]
    rows += [_ready(record, now) for record in ready]
    return fitted(COLUMNS, rows, width)


def advice(pool: str, leases: Sequence["Lease"], ready: Sequence["Record"]) -> str:
    """What to type next."""
    if leases:
        held = printable(leases[0].name or leases[0].id)
        return f"next: asgwarm connect {held}"
    if ready:
        return f"next: asgwarm get {pool}"
    return f"nothing is leased and nothing is ready\nnext: asgwarm status {pool}"


def hit(lease: "Lease", timings: Mapping[str, int]) -> str:
    """The one line that `get` leaves: instance, tier, milliseconds per phase."""
    parts = [
        f"{phase.replace('_', ' ')} {timings[f'{phase}_ms']}"
        for phase in PHASES
        if f"{phase}_ms" in timings
    ]
    spoken = f"{lease.instance_id} ({lease.tier}) in {timings.get('total_ms', 0)} ms"
    return printable(f"{spoken}: {', '.join(parts)}" if parts else spoken)


def _lease(lease: "Lease", now: int) -> Row:
    return Row(
        cells=(
            lease.id,
            lease.name or "-",
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
