"""`cost`, as text and as a document.

Rule: every amount is marked as the estimate that it is, and what is not known is said.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from asgwarm.cli.views.table import STYLES, Column, Row, fitted
from asgwarm.cli.views.words import money, span, utc
from asgwarm.domain.escape import printable
from asgwarm.domain.usage import Tier

if TYPE_CHECKING:
    from asgwarm.cli.output import Output
    from asgwarm.leasing.spending import PoolCost
    from asgwarm.stack.price import Bill, Parts

TIERS = (
    Column(title="TIER"),
    Column(title="HOURS", right=True),
    Column(title="INSTANCE", rank=3, right=True),
    Column(title="DISK", rank=2, right=True),
    Column(title="ADDRESS", rank=1, right=True),
    Column(title="DOLLARS", right=True),
    Column(title="SHARE", right=True),
)
USERS = (
    Column(title="USER", least=12),
    Column(title="HOURS LEASED", right=True),
    Column(title="DOLLARS", right=True),
)
MOST_USERS = 5
PRICES = "an estimate by list prices of {}, without tax, traffic, logs and free tiers"
COLOURS = {
    Tier.READY: STYLES["READY"],
    Tier.WARM: STYLES["WARMED"],
    Tier.WARMING: STYLES["WARMING"],
    Tier.LEASED: STYLES["LEASED"],
    Tier.SPARE: STYLES["LEASED"],
    Tier.DRAINING: STYLES["DRAINING"],
    Tier.QUARANTINED: STYLES["QUARANTINED"],
}
WORDS = {
    Tier.READY: "ready, idle",
    Tier.WARM: "warm, stopped",
    Tier.SPARE: "spare, idle",
}


def show(output: "Output", cost: "PoolCost") -> None:
    """Write what a person wants to know, and what to type next."""
    console, usage = output.table(), cost.usage
    for line, style in (
        (headline(cost), "bold"),
        (reach(cost), "dim"),
        *([(PRICES.format(cost.prices_of), "dim")] if cost.bill else []),
    ):
        console.print(printable(line), style=style, highlight=False, soft_wrap=True)
    if usage.instances:
        console.print()
        console.print(fitted(TIERS, _tiers(cost), console.width))
    if usage.users:
        console.print()
        console.print(fitted(USERS, _users(cost), console.width))
    if usage.instances:
        console.print()
    for sentence in [used(cost), *(advice.sentence for advice in cost.advice)]:
        console.print(printable(sentence), highlight=False)
    output.next(next_command(cost))


def headline(cost: "PoolCost") -> str:
    """Which pool, and what it cost."""
    parts = [f"pool {cost.pool}", cost.region]
    if cost.bill is None:
        return ", ".join([*parts, f"hours only: {cost.why_no_price}"])
    amount = f"{_dollars(cost.bill.total)} (estimate)"
    return ", ".join([*parts, cost.instance_type, amount])


def reach(cost: "PoolCost") -> str:
    """From when to when, and why no longer."""
    usage = cost.usage
    length_s = usage.until - usage.since
    line = f"{_length(length_s)} until {utc(usage.until)}"
    if length_s < cost.asked_s:
        line += f", not {_length(cost.asked_s)}: its history tells no more"
    return line


def used(cost: "PoolCost") -> str:
    """How much of what ran was of use to somebody."""
    seconds = cost.usage.seconds
    running_s = sum(s for tier, s in seconds.items() if tier is not Tier.WARM)
    if not cost.usage.instances:
        return "there was no instance in this time"
    share = seconds[Tier.LEASED] / running_s if running_s else 0
    idle_s = seconds[Tier.READY] + seconds[Tier.SPARE]
    return (
        f"leased {_length(seconds[Tier.LEASED])} of the {_length(running_s)} that "
        f"instances ran ({share:.0%}), idle {_length(idle_s)}"
    )


def next_command(cost: "PoolCost") -> str:
    """The command to type next."""
    options = " ".join(a.options for a in cost.advice if a.options)
    if options:
        return f"asgwarm up {cost.pool} {options}"
    pace = cost.demand.pace
    if pace.warm_start_s is None or pace.cold_start_s is None:
        return f"asgwarm bench {cost.pool} --compare warm,cold"
    return f"asgwarm status {cost.pool}"


def document(cost: "PoolCost") -> dict[str, object]:
    """`asgwarm.cost/v1`: durations in ms; without a price every amount is null."""
    usage, bill, arrivals = cost.usage, cost.bill, cost.demand.arrivals
    return {
        "schema": "asgwarm.cost/v1",
        "pool": cost.pool,
        "region": cost.region,
        "since": utc(usage.since),
        "until": utc(usage.until),
        "asked_ms": cost.asked_s * 1000,
        "covered_ms": (usage.until - usage.since) * 1000,
        "instance_type": cost.instance_type or None,
        "prices_of": cost.prices_of if bill else None,
        "why_no_price": cost.why_no_price or None,
        "total": money(bill.total if bill else None),
        "tiers": [
            {
                "tier": str(tier),
                "spent_ms": spent_s * 1000,
                "cost": money(bill.tiers[tier].total if bill else None),
            }
            for tier, spent_s in usage.seconds.items()
        ],
        "minimum": money(bill.minimum if bill else None),
        "control": money(bill.control if bill else None),
        "users": [
            {"user": user, "leased_ms": spent_s * 1000}
            for user, spent_s in usage.users.items()
        ],
        "gets": len(arrivals),
        "waited": sum(bool(arrival.waited_s) for arrival in arrivals),
        "waited_ms": [each.waited_s * 1000 for each in arrivals if each.waited_s],
        "advice": [
            {"sentence": a.sentence, "options": a.options or None} for a in cost.advice
        ],
    }


def _tiers(cost: "PoolCost") -> list[Row]:
    bill, seconds = cost.bill, cost.usage.seconds
    rows = [
        Row(
            cells=(
                WORDS.get(tier, str(tier)),
                _hours(spent_s),
                *_money(bill.tiers[tier] if bill else None, bill),
            ),
            style=COLOURS[tier],
        )
        for tier, spent_s in seconds.items()
        if spent_s
    ]
    if bill is None:
        return rows
    if bill.minimum:
        rows.append(_extra("a minute each", bill.minimum, bill))
    rows.append(_extra("function, table", bill.control, bill))
    rows.append(
        Row(
            cells=(
                "all",
                _hours(sum(seconds.values())),
                *("", "", ""),
                _dollars(bill.total),
                "",
            ),
            style="bold",
        )
    )
    return rows


def _extra(what: str, amount: Decimal, bill: "Bill") -> Row:
    cells = (what, "", "", "", "", _dollars(amount), _share(amount, bill))
    return Row(cells=cells, style="dim")


def _money(parts: "Parts | None", bill: "Bill | None") -> tuple[str, ...]:
    if parts is None or bill is None:
        return ("-",) * 5
    each = (parts.machine, parts.volume, parts.address, parts.total)
    return (*map(_dollars, each), _share(parts.total, bill))


def _users(cost: "PoolCost") -> list[Row]:
    rows, seconds = [], cost.usage.seconds
    leased_s = seconds[Tier.LEASED] + seconds[Tier.SPARE]
    for user, spent_s in list(cost.usage.users.items())[:MOST_USERS]:
        amount = "-"
        if cost.bill:
            tiers = cost.bill.tiers
            leased = tiers[Tier.LEASED].total + tiers[Tier.SPARE].total
            amount = _dollars(leased * spent_s / leased_s)
        rows.append(Row(cells=(user, _hours(spent_s), amount)))
    return rows


def _share(amount: Decimal, bill: "Bill") -> str:
    return f"{amount / bill.total:.0%}"


def _hours(seconds: int) -> str:
    hours = seconds / 3600
    return f"{hours:,.1f}" if hours >= 10 else f"{hours:.2f}"


def _length(seconds: int) -> str:
    return span(seconds).removesuffix(" 0h").removesuffix(" 00m")


def _dollars(amount: Decimal) -> str:
    """Cents count here, and less than one is not nothing."""
    return f"${amount:,.2f}" if amount >= Decimal("0.01") or not amount else "<$0.01"
