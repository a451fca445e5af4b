"""What the function's log says of failures within the last hour."""

import re
from collections.abc import Iterator, Sequence

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, warning
from asgwarm.domain.value import value

RECENT_S = 3_600
# The words that the log is searched for, and what then is a failure: `[ERROR] …` and
# a time-out as Lambda writes them, and an exception as Python does.
WORDS = ("ERROR", '"Task timed out"')
FAILURE = re.compile(r"\[ERROR\]|Task timed out|^[\w.]*(Error|Exception): ")
PAGES = 5  # one may be empty although later ones are not
SHOWN = 400  # characters of a line


@value
class Seen:
    """Lines about failures, oldest first."""

    group: str
    lines: Sequence[str]


def look(facts: Facts) -> Seen:
    """Ask the log for lines about failures."""
    lines = [line for word in WORDS for line in _lines(facts, word)]
    return Seen(group=facts.part("Logs"), lines=list(filter(FAILURE.search, lines)))


def _lines(facts: Facts, word: str) -> Iterator[str]:
    group = facts.part("Logs")
    pages = facts.client("logs").get_paginator("filter_log_events")
    with translated("logs:FilterLogEvents", group):
        asked = pages.paginate(
            logGroupName=group,
            filterPattern=word,
            startTime=(facts.now() - RECENT_S) * 1000,
        )
        for _, page in zip(range(PAGES), asked, strict=False):
            yield from (event["message"].strip() for event in page["events"])


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that there were failures, with the last one's first line."""
    if seen.lines:
        count = len(seen.lines)
        yield warning(
            "function-errors",
            f"the function failed {count} time{'s' * (count > 1)} in the last hour",
            cause=seen.lines[-1].splitlines()[0][:SHOWN],
            next_=f"aws logs tail {seen.group} --since 1h",
        )


def said(_: Seen) -> str:
    """Return that there was none."""
    return "no failure in the last hour"


CHECK = Check(name="log", look=look, judge=judge, said=said)
