"""Whether policies are as strict as they look: the proof of the proof.

Rule 1: whatever lies beside a request that was granted is refused.
Rule 2: take anything away from a policy's statement, and a case or a neighbour of what
the statement allowed is decided otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.prove.privileges.cases import Case, question
from tests.prove.privileges.journey import Journey
from tests.prove.privileges.neighbours import By, Neighbour, neighbours
from tests.prove.privileges.simulator import Answers, Question, ask
from tests.prove.privileges.weakened import Weakened, weakened

# What may be left out unnoticed, and why it stands all the same.
BELT = {
    "GuestRole, 1: without Null ec2:SourceInstanceARN": (
        "a variable without a value matches nothing; what hangs on it is said twice"
    )
}


def beside(
    journey: Journey, asked: Sequence[Question], said: Answers
) -> list[Neighbour]:
    """The neighbours of everything that was granted in the journey, each once."""
    statements = {
        (name, statement.get("Sid", str(number))): statement
        for name, document in journey.documents.items()
        for number, statement in enumerate(document["Statement"], start=1)
    }
    found = {
        repr(neighbour): neighbour
        for one, decision in zip(asked, said.decisions, strict=True)
        for by in decision.by
        for neighbour in neighbours(one, by, statements[by])
    }
    return list(found.values())


def let_in(journey: Journey, near: Sequence[Neighbour]) -> Iterator[str]:
    """Which neighbours are granted, or make no sense as requests."""
    said = ask(journey.documents, [one.question for one in near])
    for one, decision in zip(near, said.decisions, strict=True):
        if decision.is_allowed or decision.error:
            yield (
                f"{', '.join(one.by)}: {one.question.action} on "
                f"{one.question.resource} with {dict(one.question.context)} "
                f"is let in {decision.error}"
            )


def kinds(journey: Journey) -> dict[str, list[Weakened]]:
    """Weaker policies, those of all pools by what they are without."""
    found: dict[str, list[Weakened]] = {}
    for one in weakened(journey.documents | journey.example):
        found.setdefault(one.kind, []).append(one)
    return found


def unnoticed(
    journey: Journey,
    weaker: Mapping[str, Sequence[Weakened]],
    near: Sequence[Neighbour],
    lines: Sequence[Case],
) -> Iterator[str]:
    """What may be left out of a policy without anything being decided otherwise."""
    documents = journey.documents | journey.example
    of: dict[By, list[Question]] = {}
    for one in near:
        of.setdefault(one.by, []).append(one.question)
    refused = [question(case) for case in lines if not case.is_allowed]
    asked: list[tuple[str, Question]] = []
    for kind, policies in weaker.items():
        for number, policy in enumerate(policies):
            name = f"{kind} {number}"
            documents[name] = policy.document
            mine = [q for q in refused if policy.by[0] in q.documents]
            asked += [
                (kind, _with(q, policy.by[0], name))
                for q in (*of.get(policy.by, ()), *mine)
            ]
    said = ask(documents, [q for _, q in asked])
    noticed = {
        kind
        for (kind, _), decision in zip(asked, said.decisions, strict=True)
        if decision.is_allowed
    }
    for kind in weaker:
        if kind not in noticed and kind not in BELT:
            yield f"unnoticed: {kind}"
    yield from (f"noticed: {kind}" for kind in BELT if kind in noticed)


def _with(asked: Question, name: str, other: str) -> Question:
    documents = tuple(other if one == name else one for one in asked.documents)
    return replace(asked, documents=documents)
