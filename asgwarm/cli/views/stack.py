"""`up`, `refresh` and `down`, as text and documents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asgwarm.cli.views import plan as view
from asgwarm.cli.views.words import dollars, money
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from asgwarm.cli.proposal import Proposal
    from asgwarm.provision import Refreshed, UpResult
    from asgwarm.stack.leftovers import Leftover
    from asgwarm.stack.price import Rate

NOT_ISOLATED = "not isolated: instances of the local region are shells on this computer"


def plan_lines(plan: "Proposal") -> list[str]:
    """What `up` is about to do, and what it costs, before it asks."""
    verb = "update" if plan.exists else "create"
    pool = plan.whole
    rows = f"  rows       in {pool.shards} shards, for good"
    lines = [
        f"{verb} pool {plan.pool} in {plan.region}",
        f"  instances  {pool.hot} hot, {pool.warm} warm, at most {pool.cap} "
        f"({pool.instance_type})",
        *([f"  leases     {pool.owner_cap} a user at most"] if pool.owner_cap else []),
        *([rows] if pool.shards != 1 else []),
        *(["  metrics    in CloudWatch"] if pool.metrics == "yes" else []),
        f"  way in     {_way_in(plan)}",
        *_price(plan),
        *(view.before_lines(plan, plan.planned) if plan.planned else []),
        *(view.lines(plan.planned) if plan.planned else []),
    ]
    if plan.local:
        lines.append(f"  {NOT_ISOLATED}")
    return lines


def plan_document(plan: "Proposal") -> dict[str, object]:
    """`asgwarm.plan/v1`, what `up --plan` found."""
    pool = plan.whole
    return {
        "schema": "asgwarm.plan/v1",
        "type": "result",
        "pool": plan.pool,
        "region": plan.region,
        "exists": plan.exists,
        "hot": pool.hot,
        "warm": pool.warm,
        "cap": pool.cap,
        "owner_cap": pool.owner_cap,
        "shards": pool.shards,
        "metrics": pool.metrics == "yes",
        "instance_type": pool.instance_type,
        "allow": pool.allow or None,
        "rate_per_hour": money(plan.rate.per_hour if plan.rate else None),
        "rate_per_month": money(plan.rate.per_month if plan.rate else None),
        "worst_rate_per_hour": money(plan.rate.worst_per_hour if plan.rate else None),
        **(view.document(plan.planned) if plan.planned else {}),
    }


def _way_in(plan: "Proposal") -> str:
    """How people get in, and what instances without a public address need."""
    pool = plan.whole
    if pool.address == "public":
        return f"public address, {_port(plan)}"
    by = "private address"
    if pool.endpoint:
        by += f" through {pool.endpoint.partition(' ')[0]}"
    return f"{by}, {_port(plan)}; subnets need NAT or VPC endpoints"


def _port(plan: "Proposal") -> str:
    if not plan.whole.allow:
        return f"port 22 {'open to it only' if plan.whole.endpoint else 'closed'}"
    whose = " (your own address)" if plan.own_address else ""
    return f"port 22 open to {plan.whole.allow} only{whose}"


def _price(plan: "Proposal") -> list[str]:
    rate, here = plan.rate, "nothing here; on AWS " if plan.local else ""
    if rate is None:
        return [f"  price      {here}not known for this instance type and region"]
    return [
        f"  price      {here}{dollars(rate.per_hour)} an hour, "
        f"{dollars(rate.per_month)} a month (estimate)",
        f"  at worst   {here}{dollars(rate.worst_per_hour)} an hour, "
        f"with {plan.whole.cap} instances (estimate)",
    ]


def up_line(result: "UpResult") -> str:
    """What `up` achieved."""
    done = "is up" if result.changed else "is as asked already"
    return (
        f"pool {result.pool} {done}: {result.ready} ready, after {result.took_s:.0f} s"
    )


def up_document(result: "UpResult", rate: "Rate | None") -> dict[str, object]:
    """`asgwarm.up/v1`, the last line of `up --json`."""
    return {
        "schema": "asgwarm.up/v1",
        "type": "result",
        "pool": result.pool,
        "stack": result.stack,
        "changed": result.changed,
        "ready": result.ready,
        "took_ms": round(result.took_s * 1000),
        "rate_per_hour": money(rate.per_hour if rate else None),
        "worst_rate_per_hour": money(rate.worst_per_hour if rate else None),
    }


def refresh_lines(done: "Refreshed") -> list[str]:
    """What `refresh` has begun, and what it leaves alone."""
    count = done.ready + done.warm + done.warming
    what = "instance is" if count == 1 else "instances are"
    lines = [
        f"{count} {what} to be replaced ({done.ready} ready, {done.warm} warm, "
        f"{done.warming} warming)"
    ]
    lines += [f"{done.leased} leased stay as they are"] if done.leased else []
    lines += [f"{done.ended} ready ended at once"] if done.ended else []
    return lines


def refresh_document(done: "Refreshed") -> dict[str, object]:
    """`asgwarm.refresh/v1`: what `refresh` has begun."""
    return {
        "schema": "asgwarm.refresh/v1",
        "pool": done.pool,
        "replaced": {
            "ready": done.ready,
            "warm": done.warm,
            "warming": done.warming,
        },
        "leased": done.leased,
        "ended": done.ended,
    }


def down_lines(pool: str, leftovers: Sequence["Leftover"]) -> list[str]:
    """What `down` achieved, and what is left to do by hand."""
    if not leftovers:
        return [f"pool {pool} is gone, nothing billable remains"]
    return [
        f"pool {pool} is gone, but this remains:",
        *(printable(f"  {left.kind} {left.id}") for left in leftovers),
    ]


_BY_HAND = {
    "instance": "aws ec2 terminate-instances --instance-ids",
    "volume": "aws ec2 delete-volume --volume-id",
    "network interface": "aws ec2 delete-network-interface --network-interface-id",
    "log group": "aws logs delete-log-group --log-group-name",
}


def down_advice(pool: str, leftovers: Sequence["Leftover"]) -> str:
    """The command that ends the first of what is left."""
    first = leftovers[0]
    by_hand = _BY_HAND.get(first.kind)
    return f"{by_hand} {first.id}" if by_hand else f"asgwarm down {pool}"


def down_document(pool: str, leftovers: Sequence["Leftover"]) -> dict[str, object]:
    """`asgwarm.down/v1`, the last line of `down --json`."""
    return {
        "schema": "asgwarm.down/v1",
        "type": "result",
        "pool": pool,
        "leftovers": [{"kind": left.kind, "id": left.id} for left in leftovers],
    }
