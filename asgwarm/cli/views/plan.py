"""What an update changes, in three forms: lines, a document, Markdown for a comment."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from asgwarm.cli.views.words import dollars, money

if TYPE_CHECKING:
    from asgwarm.cli.proposal import Proposal
    from asgwarm.planning import Plan
    from asgwarm.stack.changes import Change
    from asgwarm.stack.options import PoolOptions
    from asgwarm.stack.price import Rate

WIDE = 67  # columns of a terminal of 80 that the words before them leave
AS_ASKED = "nothing: the pool is as asked already"


def lines(plan: "Plan") -> list[str]:
    """What changes, resource by resource, and what that does to instances."""
    if plan.before is None:
        return [f"  creates    {len(plan.changes)} resources in one stack"]
    if not plan.changes:
        return [f"  changes    {AS_ASKED}"]
    kinds = list(dict.fromkeys(change.do for change in plan.changes))
    told = [line for do in kinds for line in _of_kind(plan, do)]
    so = [line for each in plan.impact.sentences for line in _wrapped(each)]
    return [*told, f"  so         {so[0]}", *(f"{'':13}{line}" for line in so[1:])]


def _wrapped(sentence: str) -> list[str]:
    """A sentence in lines that fit; those after its first stand in a little."""
    return wrap(sentence, width=WIDE, subsequent_indent="  ")


def _of_kind(plan: "Plan", do: str) -> Iterator[str]:
    verb = {"perhaps replace": "replaces?"}.get(do, f"{do}s")
    for change in plan.changes:
        if change.do == do:
            what = f" ({', '.join(change.properties)})" if change.properties else ""
            yield f"  {verb:<10} {change.logical_id}{what}"
            verb = ""


def before_lines(proposed: "Proposal", plan: "Plan") -> list[str]:
    """What the pool is and costs now, where that is not what it will."""
    before, rate = plan.before, plan.rate_before
    if before is None or (before, rate) == (proposed.whole, proposed.rate):
        return []
    cost = _cost(rate) if rate else "at a price that is not known"
    return [f"  now        {_sizes(before)}", f"{'':13}{cost}"]


def _sizes(pool: "PoolOptions") -> str:
    return (
        f"{pool.hot} hot, {pool.warm} warm, at most {pool.cap} ({pool.instance_type})"
    )


def _cost(rate: "Rate") -> str:
    return (
        f"{dollars(rate.per_hour)} an hour, {dollars(rate.per_month)} a month, "
        f"at worst {dollars(rate.worst_per_hour)} (estimate)"
    )


def document(plan: "Plan") -> dict[str, object]:
    """The part of `asgwarm.plan/v1` that says what changes."""
    impact = plan.impact
    return {
        "changes": [_change(change) for change in plan.changes],
        "instances": {
            "replaced": {
                "ready": impact.ready,
                "warm": impact.warm,
                "warming": impact.warming,
            },
            "leased": impact.leased,
            "leases_ended": impact.ended,
        },
        "consequences": list(impact.sentences),
        "before": _before(plan),
    }


def _change(change: "Change") -> dict[str, object]:
    return {
        "action": change.do.value,
        "logical_id": change.logical_id,
        "resource_type": change.type,
        "properties": list(change.properties),
    }


def _before(plan: "Plan") -> dict[str, object] | None:
    pool, rate = plan.before, plan.rate_before
    if pool is None:
        return None
    return {
        "hot": pool.hot,
        "warm": pool.warm,
        "cap": pool.cap,
        "instance_type": pool.instance_type,
        "allow": pool.allow or None,
        "rate_per_hour": money(rate.per_hour if rate else None),
        "rate_per_month": money(rate.per_month if rate else None),
        "worst_rate_per_hour": money(rate.worst_per_hour if rate else None),
    }


def markdown(proposed: "Proposal", plan: "Plan") -> str:
    """A comment for a pull request: sizes and money, instances, resources."""
    verb = "Update" if plan.before else "Create"
    parts = [
        f"### {verb} pool `{proposed.pool}` in {proposed.region}",
        "\n".join(_compared(proposed, plan)),
    ]
    if plan.before and not plan.changes:
        parts.append(f"**Changes:** {AS_ASKED}.")
    else:
        sentences = plan.impact.sentences if plan.before else ()
        parts.append("\n".join(f"- {sentence}" for sentence in sentences))
        parts.append("\n".join(_resources(plan)))
    return "\n\n".join(filter(None, parts)) + "\n"


def _compared(proposed: "Proposal", plan: "Plan") -> Iterator[str]:
    """A table of sizes and money, now and then."""
    pool, rate = proposed.whole, proposed.rate
    now = _column(plan.before, plan.rate_before) if plan.before else None
    then = _column(pool, rate)
    yield "| | now | then |"
    yield "|---|---|---|"
    for row, text in then.items():
        yield f"| {row} | {now[row] if now else '-'} | {text} |"


def _column(pool: "PoolOptions", rate: "Rate | None") -> dict[str, str]:
    known = "not known"
    return {
        "hot": str(pool.hot),
        "warm": str(pool.warm),
        "cap": str(pool.cap),
        "instance type": f"`{pool.instance_type}`",
        "port 22 open to": f"`{pool.allow}`" if pool.allow else "nobody",
        "an hour (estimate)": dollars(rate.per_hour) if rate else known,
        "a month (estimate)": dollars(rate.per_month) if rate else known,
        "an hour at worst (estimate)": dollars(rate.worst_per_hour) if rate else known,
    }


def _resources(plan: "Plan") -> Iterator[str]:
    yield "| | resource | what |"
    yield "|---|---|---|"
    for change in plan.changes:
        what = ", ".join(change.properties)
        yield f"| {change.do} | `{change.logical_id}` {change.type} | {what} |"
