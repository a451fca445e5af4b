"""The group against the table against EC2: who is missing where.

Rule: what has just been launched or written is on its way and not judged.
"""

from collections.abc import Iterator, Mapping

from asgwarm.doctor.facts import Facts, Launched
from asgwarm.doctor.finding import Check, Finding, error, named, warning
from asgwarm.domain.fleet import GroupView
from asgwarm.domain.health import counts_of
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import LIVE, Record, State
from asgwarm.domain.value import value

_GONE = ("shutting-down", "terminated")


@value
class Seen:
    """The three of them at one time."""

    pool: str
    group_name: str
    old: int  # what is younger than this time is not judged; Unix seconds
    meta: Meta
    group: GroupView | None
    records: Mapping[str, Record]
    malformed: Mapping[str, object]
    instances: Mapping[str, Launched]

    def rows_of(self, instance_id: str) -> bool:
        """Whether the table has a row of the instance."""
        return instance_id in self.records or instance_id in self.malformed

    def is_member(self, instance_id: str) -> bool:
        """Whether the group or its warm pool has the instance."""
        return bool(self.group) and instance_id in self.group.lifecycle_states  # type: ignore[union-attr]  # checked

    def running(self) -> list[str]:
        """Instances that exist, and for long enough to be judged."""
        return [
            instance_id
            for instance_id, one in self.instances.items()
            if one.state not in _GONE and one.launched_at <= self.old
        ]


def look(facts: Facts) -> Seen:
    """List the group and EC2, then the table, as the function does."""
    group, instances = facts.group, facts.instances
    records, malformed = facts.rows
    return Seen(
        pool=facts.pool,
        group_name=facts.group_name,
        old=facts.now() - facts.around.fresh_s,
        meta=facts.meta,
        group=group,
        records=records,
        malformed=malformed,
        instances=instances,
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield who is missing where, and why nothing is launched."""
    yield from _group(seen)
    yield from _unwritten(seen)
    yield from _written(seen)


def _group(seen: Seen) -> Iterator[Finding]:
    if seen.group is None:
        yield error(
            "group-missing",
            f"there is no Auto Scaling group {seen.group_name}",
            cause="somebody deleted it; the stack will not make it again",
            next_=f"asgwarm down {seen.pool}",
        )
    elif seen.meta.trouble:
        yield error(
            "launches-fail",
            f"group {seen.group_name} launches nothing",
            cause=seen.meta.trouble,
            next_="aws autoscaling describe-scaling-activities "
            f"--auto-scaling-group-name {seen.group_name}",
        )
    elif "Launch" in seen.group.suspended and not seen.meta.draining:
        yield error(
            "launch-suspended",
            f"group {seen.group_name} launches nothing",
            cause="somebody suspended its process Launch",
            next_="aws autoscaling resume-processes --scaling-processes Launch "
            f"--auto-scaling-group-name {seen.group_name}",
        )


def _unwritten(seen: Seen) -> Iterator[Finding]:
    """Instances that the table does not know."""
    unknown = [one for one in seen.running() if not seen.rows_of(one)]
    look_at = f"aws logs tail /asgwarm/{seen.pool} --since 10m"
    if members := [one for one in unknown if seen.is_member(one)]:
        yield error(
            "row-missing",
            f"in the group, and without a row: {named(members)}",
            cause="the function has not registered them, or their rows were deleted",
            next_=look_at,
        )
    if strays := [one for one in unknown if not seen.is_member(one)]:
        yield error(
            "stray",
            "they carry the stack's tag and cost money, neither the group nor the "
            f"table has them: {named(strays)}",
            cause="somebody tagged them, or the function does not run",
            next_=f"aws ec2 terminate-instances --instance-ids {' '.join(strays)}",
        )


def _written(seen: Seen) -> Iterator[Finding]:
    """Rows that nothing stands behind."""
    status = f"asgwarm status {seen.pool}"
    live = {
        instance_id: record
        for instance_id, record in seen.records.items()
        if record.state in LIVE and record.since <= seen.old
    }
    ready = {i for i, record in live.items() if record.state is State.READY}
    states = {i: seen.instances[i].state for i in live if i in seen.instances}
    asleep = [i for i in ready if states.get(i) != "running"]
    if asleep:
        shown = named(f"{i} is {states.get(i, 'not known to EC2')}" for i in asleep)
        yield error(
            "ready-not-running",
            f"the table offers what cannot be used: {shown}",
            cause="it was stopped or ended, and the function has not noticed",
            next_=f"asgwarm refresh {seen.pool} --now",
        )
    if gone := [i for i in live.keys() - ready if states.get(i, _GONE[1]) in _GONE]:
        yield warning(
            "instance-missing",
            f"the table has what EC2 has not: {named(gone)}",
            cause="it was ended from outside, and the function has not noticed",
            next_=status,
        )
    outside = ready.difference(asleep, (i for i in ready if seen.is_member(i)))
    if outside:
        yield error(
            "ready-outside-group",
            f"offered, and not in the group: {named(outside)}",
            cause="it was detached by hand; nothing replaces it",
            next_=status,
        )
    if seen.malformed:
        yield warning(
            "row-malformed",
            f"rows that make no sense: {named(seen.malformed)}",
            cause="something else than asgwarm wrote them; the function sets them "
            "aside and ends their instances when nobody can hold them any more",
            next_=f"asgwarm logs {seen.pool}",
        )


def said(seen: Seen) -> str:
    """Return how many there are of each."""
    counts = counts_of(list(seen.records.values()))
    members = len(seen.group.lifecycle_states) if seen.group else 0
    told = ", ".join(f"{counts[word]} {word}" for word in ("ready", "warm", "leased"))
    return f"{members} in the group; {told}"


CHECK = Check(name="instances", look=look, judge=judge, said=said)
