"""Whether the function gave events up: they lie in its dead-letter queue."""

from collections.abc import Iterator

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, warning
from asgwarm.domain.value import value


@value
class Seen:
    """The queue and how many events lie in it."""

    pool: str
    url: str
    count: int


def look(facts: Facts) -> Seen:
    """Ask the queue for its length."""
    url, asked = facts.part("DeadLetters"), "ApproximateNumberOfMessages"
    with translated("sqs:GetQueueAttributes", url):
        answer = facts.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=[asked]
        )
    return Seen(pool=facts.pool, url=url, count=int(answer["Attributes"][asked]))


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that it is not empty."""
    if seen.count:
        yield warning(
            "dead-letters",
            f"{seen.count} events lie in the dead-letter queue",
            cause="the function failed on each three times; its pass over everything "
            f"has made up for them unless `asgwarm status {seen.pool}` says otherwise",
            next_=f"aws sqs receive-message --queue-url {seen.url}",
        )


def said(_: Seen) -> str:
    """Return that there is none."""
    return "no unhandled event"


CHECK = Check(name="letters", look=look, judge=judge, said=said)
