"""`status`, as text: counts against targets, every instance, what to do next."""

from typing import TYPE_CHECKING

from asgwarm.cli.views.table import STYLES, Column, Row, fitted
from asgwarm.cli.views.words import dollars, span
from asgwarm.domain.escape import printable
from asgwarm.domain.names import stack_name
from asgwarm.stack.status import Then, standing, then

if TYPE_CHECKING:
    from rich.console import Group

    from asgwarm.domain.record import Record
    from asgwarm.leasing.standing import PoolStatus

COUNTS = (
    Column(title=""),
    Column(title="ready", right=True),
    Column(title="warming", right=True),
    Column(title="warm", right=True),
    Column(title="leased", right=True),
    Column(title="draining", right=True),
)
INSTANCES = (
    Column(title="INSTANCE"),
    Column(title="STATE"),
    Column(title="TIER", rank=3),
    Column(title="FOR", rank=1, right=True),
    Column(title="NAME", rank=4),
    Column(title="OWNER", rank=5, least=12),
    Column(title="NOTE", rank=2, least=20),
)


def headline(status: "PoolStatus") -> str:
    """Which pool, where, in which state, and what it costs now."""
    parts = [f"pool {status.pool}", status.region, status.mode]
    if status.rate_per_hour is not None:
        parts.append(f"{dollars(status.rate_per_hour)} an hour (estimate)")
    return printable(", ".join(parts))


def counts(status: "PoolStatus", width: int) -> "Group":
    """What there is, above what there should be."""
    now, aim = status.counts, status.targets
    cells = ("ready", "warming", "warm", "leased", "draining")
    style = "green" if status.why is None else "yellow"
    rows = [
        Row(cells=("now", *(str(now.get(cell, 0)) for cell in cells)), style=style),
        Row(
            cells=(
                "target",
                str(aim.get("hot", 0)),
                "",
                str(aim.get("warm", 0)),
                f"cap {aim.get('cap', 0)}",
                "",
            )
        ),
    ]
    return fitted(COUNTS, rows, width)


def instances(status: "PoolStatus", *, now: int, width: int) -> "Group":
    """Every instance that may still exist, in the order of its way through a pool."""
    order = list(STYLES)
    live = [record for record in status.records if record.state.value in order]
    live.sort(key=lambda r: (order.index(r.state.value), r.since, r.instance_id))
    return fitted(INSTANCES, [_row(record, now) for record in live], width)


def verdict(status: "PoolStatus") -> str:
    """Whether the pool is full, and why not, in one sentence."""
    if status.why is None:
        return "the pool is full"
    return printable(f"not full: {status.why}")


def warning(status: "PoolStatus") -> str:
    """What is to be known of the stack, empty when all is well with it."""
    why, _ = _standing(status)
    return f"the stack is {status.stack_status}: {why}" if why else ""


def _standing(status: "PoolStatus") -> tuple[str, str]:
    return standing(
        status.stack_status or "CREATE_COMPLETE",  # nobody may say otherwise
        pool=status.pool,
        stack=stack_name(status.pool),
    )


def advice(status: "PoolStatus") -> str:
    """The command to type next."""
    if status.stack_status and then(status.stack_status) is Then.STOP:
        return _standing(status)[1]
    if status.mode == "DRAINING":
        return f"asgwarm down {status.pool}"
    wait = "" if status.why is None or status.counts.get("ready", 0) else " --wait 2m"
    return f"asgwarm get {status.pool}{wait}"


def _row(record: "Record", now: int) -> Row:
    return Row(
        cells=(
            record.instance_id,
            record.state.value,
            record.tier or "-",
            span(now - record.since),
            record.lease_name or "-",
            record.lease_owner or "-",
            record.why or ("" if record.setup in ("", "none", "ok") else record.setup),
        ),
        style=STYLES[record.state.value],
    )
