"""When to stop launching: instances that fail by our own doing cost money each time.

Rule: no more than FAILURES of them within FAILING_S. The pause ends by time, so that a
pool whose cause went away by itself comes back by itself, and it ends with a refresh or
another launch template, which is what somebody asks for who has mended the cause.
"""

from collections.abc import Iterable

from asgwarm.domain.record import Record

FAILURES, FAILING_S = 3, 3600
# How the reason begins of an instance that never became ready.
FAILED = ("set-up", "not ready")
PAUSED = "launching is paused: "  # how META's `trouble` begins meanwhile


def breaker(records: Iterable[Record], template: str, refresh_at: int, now: int) -> str:
    """Return why launching from *template* is to be paused, or an empty string.

    What failed counts unless it is known to be another template's.
    """
    since = max(now - FAILING_S, refresh_at)
    why = [
        r.why
        for r in records
        if r.why.startswith(FAILED)
        and r.since > since
        and r.template in (template or r.template, "")
    ]
    if len(why) >= FAILURES:
        return f"{PAUSED}{len(why)} instances failed within an hour: {why[-1]}"
    return ""
