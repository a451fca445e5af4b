"""As whom AWS is called, until when, and whether this computer's clock is right."""

from collections.abc import Iterator
from datetime import datetime

from asgwarm.doctor.caller import SKEW_S, Caller
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error, warning
from asgwarm.domain.value import value

REFUSED_SKEW_S = 300  # IAM User Guide, "Signature Version 4": good for five minutes
SOON_S = 900
# Written by `aws configure export-credentials` and its like.
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"


@value
class Seen:
    """What is known of the credentials."""

    caller: Caller
    source: str  # as botocore calls it: env, sso, …
    left_s: int | None  # None where they do not say when they end


def look(facts: Facts) -> Seen:
    """Ask who calls, and look at what the credentials say of themselves."""
    return Seen(
        caller=facts.caller,
        source=facts.clients.source_of_keys(),
        left_s=_left_s(facts.around.env.get(EXPIRATION, ""), facts.now()),
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield what is wrong with the clock and the credentials."""
    skew_s = seen.caller.skew_s
    if abs(skew_s) >= SKEW_S:
        kind = error if abs(skew_s) >= REFUSED_SKEW_S else warning
        yield kind(
            "clock-skew",
            f"this computer's clock is {abs(skew_s)} s "
            f"{'ahead of' if skew_s > 0 else 'behind'} AWS's",
            cause="it is not synchronized; AWS refuses what is signed "
            f"{REFUSED_SKEW_S // 60} minutes off",
            next_="timedatectl status",
        )
    if seen.left_s is not None and seen.left_s < SOON_S:
        yield warning(
            "credentials-expire",
            f"the credentials end in {max(0, seen.left_s) // 60} minutes",
            cause=f"{EXPIRATION} says so; nothing renews them",
            next_="aws sso login",
        )


def said(seen: Seen) -> str:
    """Return who calls, by which credentials."""
    return f"{seen.caller.arn} ({seen.source})"


def _left_s(expiration: str, now: int) -> int | None:
    try:
        return int(datetime.fromisoformat(expiration).timestamp()) - now
    except ValueError:
        return None


CHECK = Check(name="credentials", look=look, judge=judge, said=said)
