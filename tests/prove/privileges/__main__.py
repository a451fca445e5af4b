"""The whole proof of least privilege: `make privileges`.

Everybody does all that they do, and what was called is asked of a policy simulator with
the policies that CloudFormation made of our templates. Wrong is: what is denied; what
is granted and not needed; what is granted too widely; a case that is decided otherwise
than its line says; what lies beside something granted, and is granted as well; a
weaker policy with which all that would be the same. The last line says how many there
were of each.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from asgwarm.clock import monotonic_s
from tests.prove.privileges import judge, strength
from tests.prove.privileges.cases import Case, cases, question
from tests.prove.privileges.journey import Journey, travel
from tests.prove.privileges.simulator import ask


def main() -> int:
    """Travel and judge; 1 when something is wrong."""
    began_s = monotonic_s()
    with tempfile.TemporaryDirectory() as folder:
        journey = travel(Path(folder))
    asked = judge.questions(journey)
    said = ask(journey.documents, asked, judge.actions(journey))
    lines = cases(journey.stack_id, journey.endpoint_id)
    near, weaker = strength.beside(journey, asked, said), strength.kinds(journey)
    wrong = {
        "denied": [*judge.denied(journey, asked, said)],
        "unused": [*judge.unused(journey, asked, said)],
        "too wide": [*judge.too_wide(journey, said.wildcard)],
        "cases wrong": [*_decided_otherwise(journey, lines)],
        "neighbours let in": [*strength.let_in(journey, near)],
        "weakenings unnoticed": [*strength.unnoticed(journey, weaker, near, lines)],
    }
    for found in wrong.values():
        sys.stdout.writelines(f"{one}\n" for one in dict.fromkeys(found))
    counts = ", ".join(f"{len(set(found))} {what}" for what, found in wrong.items())
    refused = sum(not case.is_allowed for case in lines)
    sys.stdout.write(
        f"{journey.calls} calls, {len(asked)} different requests, "
        f"{judge.granted(journey)} grants, {len(lines)} cases ({refused} refusals), "
        f"{len(near)} neighbours, {len(weaker)} weakenings: "
        f"{counts}, {monotonic_s() - began_s:.0f} s\n"
    )
    return 1 if any(wrong.values()) else 0


def _decided_otherwise(journey: Journey, lines: list[Case]) -> Iterator[str]:
    documents = journey.documents | journey.example
    said = ask(documents, [question(case) for case in lines])
    for case, decision in zip(lines, said.decisions, strict=True):
        if decision.error or decision.is_allowed is not case.is_allowed:
            told = "is allowed" if decision.is_allowed else "is refused"
            what = decision.error or told
            yield f"{case.who}, {case.why}: {case.action} on {case.resource} {what}"


if __name__ == "__main__":
    sys.exit(main())
