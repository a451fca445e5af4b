"""Questions about AWS and their answers, each with its evidence.

Rule: an answer is what was seen, and says so; what was not seen is not answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.live import Live, LiveFailed

YES, NO, SEEN = "yes", "no", "seen"
NOT_ANSWERED, NOT_ASKED = "not answered", "not asked"


class Unseen(Exception):
    """There was nothing to see that answers the question; says why."""


@dataclass(frozen=True)
class Answer:
    """What became of a question."""

    question: str
    says: str
    evidence: Sequence[str]
    only_aws: bool  # what an emulated region says of it means nothing


class Seen(NamedTuple):
    """What a look found."""

    says: str
    evidence: Sequence[str]


@dataclass(frozen=True)
class Question:
    """A question, and the look that answers it; without a look, why it is not asked."""

    text: str
    look: Callable[[Live], Seen] | None = None
    why_not: str = ""
    only_aws: bool = True


@dataclass
class Answers:
    """All that were given, in their order."""

    given: list[Answer] = field(default_factory=list)

    def ask(self, live: Live, question: Question) -> Answer:
        """Ask one question; whatever goes wrong leaves it unanswered."""
        found = Seen(NOT_ASKED, [question.why_not])
        if question.look:
            try:
                found = question.look(live)
            except (Unseen, LiveFailed, ClientError, BotoCoreError, OSError) as error:
                found = Seen(NOT_ANSWERED, [str(error)])
            except (LookupError, ValueError) as error:
                said = f"the answer is of another form: {error!r}"
                found = Seen(NOT_ANSWERED, [said])
        answer = Answer(question.text, *found, question.only_aws)
        self.given.append(answer)
        return answer


def yes_if(holds: bool, *evidence: str) -> Seen:
    """Return yes or no with its evidence."""
    return Seen(YES if holds else NO, evidence)


def seen(*evidence: str) -> Seen:
    """Return figures."""
    return Seen(SEEN, evidence)
