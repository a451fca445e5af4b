"""Whether the function can run, is called, and has looked at the pool lately."""

from collections.abc import Iterator

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error
from asgwarm.domain.value import value

# Lambda developer guide, "Function states": it is there, or will be in a moment.
RUNS = ("Active", "Pending")
LATE_S = 300  # five passes without one that found all that is ready where it should be


@value
class Seen:
    """The function and what calls it."""

    pool: str
    name: str
    state: str  # Lambda's word, Active where all is well
    reason: str  # of any other state, or of an update that failed
    schedule: str  # the rule's name
    schedule_state: str
    stream: str  # the mapping's id
    stream_state: str
    since_pass_s: int | None  # None where it has never looked


def look(facts: Facts) -> Seen:
    """Ask Lambda and EventBridge, and the table for the last pass."""
    now, meta = facts.now(), facts.meta
    name, rule, mapping = map(facts.part, ("Function", "Schedule", "Stream"))
    functions = facts.client("lambda")
    with translated("lambda:GetFunctionConfiguration", name):
        found = functions.get_function_configuration(FunctionName=name)
    with translated("lambda:GetEventSourceMapping", mapping):
        stream = functions.get_event_source_mapping(UUID=mapping)
    with translated("events:DescribeRule", rule):
        schedule = facts.client("events").describe_rule(Name=rule)
    state = found.get("State", "Active")
    if found.get("LastUpdateStatus") == "Failed":
        state = "not updated"
    return Seen(
        pool=facts.pool,
        name=name,
        state=state,
        reason=found.get("StateReason") or found.get("LastUpdateStatusReason", ""),
        schedule=rule,
        schedule_state=schedule["State"],
        stream=mapping,
        stream_state=stream["State"],
        since_pass_s=now - meta.seen_at if meta.seen_at else None,
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield what keeps the pool from being looked after."""
    if seen.state not in RUNS:
        yield error(
            "function-inactive",
            f"function {seen.name} is {seen.state}",
            cause=seen.reason or "Lambda gives no reason",
            next_=f"aws lambda get-function --function-name {seen.name}",
        )
    if seen.schedule_state != "ENABLED":
        yield error(
            "schedule-disabled",
            f"rule {seen.schedule} is {seen.schedule_state}: leases do not end, and "
            "nothing is repaired",
            cause="somebody disabled it",
            next_=f"aws events enable-rule --name {seen.schedule}",
        )
    if seen.stream_state not in ("Enabled", "Enabling", "Creating", "Updating"):
        yield error(
            "stream-disabled",
            f"the table's stream is {seen.stream_state}: the function acts up to a "
            "minute late",
            cause="somebody disabled its event source mapping",
            next_="aws lambda update-event-source-mapping --enabled --uuid "
            + seen.stream,
        )
    if seen.since_pass_s is None or seen.since_pass_s > LATE_S:
        yield _late(seen)


def _late(seen: Seen) -> Finding:
    when = "ever" if seen.since_pass_s is None else f"for {seen.since_pass_s} s"
    return error(
        "pass-late",
        f"the function has not found the pool in order {when}",
        cause="it is not called, it fails, or it cannot bring ready instances back "
        "into the group; after ten minutes nobody gets an instance",
        next_=f"aws logs tail /asgwarm/{seen.pool} --since 10m",
    )


def said(seen: Seen) -> str:
    """Return when the function last looked."""
    if seen.since_pass_s is None:
        return f"{seen.state}, has not looked yet"
    return f"{seen.state}, last pass {max(0, seen.since_pass_s)} s ago"


CHECK = Check(name="function", look=look, judge=judge, said=said)
