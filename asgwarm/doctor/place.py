"""Whether table and stack of the pool's name are one and the same pool."""

from collections.abc import Iterator

from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error
from asgwarm.domain.value import value


@value
class Seen:
    """The stack of the pool's name, and the one that the table says it belongs to."""

    pool: str
    region: str
    stack: str  # its name
    stack_id: str
    epoch: str


def look(facts: Facts) -> Seen:
    """Find stack and table."""
    stack = facts.stack
    return Seen(
        pool=facts.pool,
        region=facts.region,
        stack=stack.name,
        stack_id=stack.stack_id,
        epoch=facts.meta.epoch,
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that they are not of one pool."""
    if seen.epoch != seen.stack_id:
        yield error(
            "other-stack",
            f"table asgwarm-{seen.pool} belongs to another stack than {seen.stack}",
            cause=f"its META names {seen.epoch}; the function of the present stack "
            "writes itself into it within a minute, if it runs",
            next_=f"aws logs tail /asgwarm/{seen.pool} --since 10m",
        )


def said(seen: Seen) -> str:
    """Return where the pool is."""
    return f"{seen.region}, stack {seen.stack}"


CHECK = Check(name="pool", look=look, judge=judge, said=said)
