"""What must hold of a journey and the policies: each function yields what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from tests.prove.privileges.journey import Journey
from tests.prove.privileges.policies import grants
from tests.prove.privileges.recorded import EVERYTHING
from tests.prove.privileges.simulator import Answers, Question

LEADING = "dynamodb:LeadingKeys"
# What AWS knows no narrower resource for, by the policies that allow it on everything.
# The simulator's own tables of AWS's actions say whether that is so.
ON_EVERYTHING = {
    "FunctionRole": "lists what there is; Lambda asks for the table's streams",
    "Operator": "lists what there is, and asks about a detection of drift",
    "Deployer": "a mapping has no name before it is made; its function is a condition",
    "DeployerParts": "looks for networks, and at what CloudFormation makes",
}


def questions(journey: Journey) -> list[Question]:
    """Everything that was asked in the journey, in its order."""
    return [
        Question(
            documents=names,
            action=what.action,
            resource=what.resource,
            context=what.keys,
        )
        for names, what in journey.asked
    ]


def denied(journey: Journey, asked: Sequence[Question], said: Answers) -> Iterator[str]:
    """What somebody did who may not, or what makes no sense as a request."""
    doing = journey.asked.values()
    for question, decision, why in zip(asked, said.decisions, doing, strict=True):
        if not decision.is_allowed:
            who = ", ".join(question.documents)
            yield (
                f"{who} may not {question.action} on {question.resource} with "
                f"{dict(question.context)} ({why}) {decision.error}"
            )
        elif question.resource == EVERYTHING and not said.wildcard[question.action]:
            yield f"nobody here knows what {question.action} was called on ({why})"


def unused(journey: Journey, asked: Sequence[Question], said: Answers) -> Iterator[str]:
    """What is granted, and what on, that nobody needed in any pool."""
    used: set[tuple[str, str, str]] = set()
    touched: dict[tuple[str, str], set[str]] = {}
    for question, decision in zip(asked, said.decisions, strict=True):
        for name, statement in decision.by:
            policy = name.partition("/")[2]
            used.add((policy, statement, question.action))
            touched.setdefault((name, statement), set()).add(question.resource)
    on: dict[tuple[str, str, str], bool] = {}
    for name, statement, action, resource in grants(journey.documents):
        policy = name.partition("/")[2]
        if (policy, statement, action) not in used:
            yield f"{policy}, {statement}: {action} is granted and never needed"
        was = any(
            fnmatchcase(one, resource) for one in touched.get((name, statement), ())
        )
        kind = _kind(resource, name.partition("/")[0])
        on[policy, statement, kind] = on.get((policy, statement, kind), False) or was
    for (policy, statement, kind), was in on.items():
        if not was:
            yield f"{policy}, {statement}: granted on {kind} and never needed there"
    yield from _unused_partitions(journey, asked, said)


def _unused_partitions(
    journey: Journey, asked: Sequence[Question], said: Answers
) -> Iterator[str]:
    """Partitions of the table that a statement opens and nobody went to."""
    gone: dict[tuple[str, str], set[str]] = {}
    for question, decision in zip(asked, said.decisions, strict=True):
        for by in decision.by:
            gone.setdefault(by, set()).update(question.context.get(LEADING, ()))
    open_: dict[tuple[str, str, str], bool] = {}
    for name, statement, pattern in _partitions(journey):
        pool, _, policy = name.partition("/")
        kind = policy, statement, pattern.replace(f"#{pool}", "#POOL")
        was = any(fnmatchcase(one, pattern) for one in gone.get((name, statement), ()))
        open_[kind] = open_.get(kind, False) or was
    for (policy, statement, pattern), was in open_.items():
        if not was:
            yield f"{policy}, {statement}: rows of {pattern} are never needed"


def _partitions(journey: Journey) -> Iterator[tuple[str, str, str]]:
    for name, document in journey.documents.items():
        for statement in document["Statement"]:
            for test in statement.get("Condition", {}).values():
                for pattern in test.get(LEADING, ()):
                    if "#" in pattern:  # none that only says whether there is one
                        yield name, statement["Sid"], pattern


def _kind(resource: str, pool: str) -> str:
    """A resource with the pool's name taken out, so that pools are alike."""
    return resource.replace(f"asgwarm-{pool}", "asgwarm-POOL").replace(
        f"/{pool}", "/POOL"
    )


def too_wide(journey: Journey, wildcard: Mapping[str, bool]) -> Iterator[str]:
    """Actions by a pattern, and everything where AWS knows something narrower."""
    for name, statement, action, resource in grants(journey.documents):
        policy = name.partition("/")[2]
        if "*" in action:
            yield f"{policy}, {statement}: {action} names no action"
        elif resource == EVERYTHING and not wildcard[action]:
            yield f"{policy}, {statement}: {action} could be granted on less"
        elif resource == EVERYTHING and policy not in ON_EVERYTHING:
            yield f"{policy}, {statement}: {action} on everything, for no reason"


def granted(journey: Journey) -> int:
    """How many actions the policies' statements grant, each counted once."""
    found = grants(journey.documents)
    return len({(name.partition("/")[2], *rest) for name, *rest, _ in found})


def actions(journey: Journey) -> list[str]:
    """Every action that is granted on everything, or was called so."""
    found = grants(journey.documents)
    granted = {action for _, _, action, on in found if on == EVERYTHING}
    called = {one.action for _, one in journey.asked if one.resource == EVERYTHING}
    return sorted(granted | called)
