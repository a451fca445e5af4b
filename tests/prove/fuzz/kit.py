"""How many examples there are, and nonsense of all kinds.

FUZZ_EXAMPLES says how many for each target; `make fuzz` sets it to 20,000. Hypothesis
draws a seed for each and keeps those that failed; documents are made from it here, a
hundred times faster than strategy by strategy.
"""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
# What a terminal would obey, what no encoding has, what looks like something else.
HOSTILE = (
    *("", " ", "\x1b[2J", "\x00", "\n", "\u202egpj", "\ud800", "-", "--", "1e9", "²"),
    *("٣", "%s", "{}", "../..", "$(x)", "a" * 300, "9" * 5000, "null", "True"),
)
NUMBERS = (0, 1, -1, 2**31, 2**63, 10**37, -(10**37), 22, 65536)


class Nonsense(random.Random):
    """Everything that may stand where something else is expected, from one seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._seed = seed

    def __repr__(self) -> str:
        return f"Nonsense({self._seed})"

    def once_in(self, times: int) -> bool:
        """Whether something rare happens."""
        return self.randrange(times) == 0

    def text(self) -> str:
        """Text that nobody would write."""
        if self.once_in(2):
            return self.choice(HOSTILE)
        widest = self.choice([127, 0x2FF, 0x1FFFF])
        return "".join(chr(self.randrange(widest)) for _ in range(self.randrange(9)))

    def number(self) -> int:
        """A whole number of any size."""
        return self.choice([*NUMBERS, self.randrange(-99, 99), self.getrandbits(40)])

    def json(self, depth: int = 3) -> Any:
        """Any value that JSON knows, and those that only Python's reader knows."""
        kind = self.randrange(8 if depth else 6)
        if kind == 6:
            return [self.json(depth - 1) for _ in range(self.randrange(3))]
        if kind == 7:
            return {self.text(): self.json(depth - 1) for _ in range(self.randrange(3))}
        plain = (None, self.once_in(2), self.number(), self.random(), self.text())
        return (*plain, self.choice([float("nan"), float("inf"), -1e308]))[kind]

    def spoil(self, sound: Any) -> Any:
        """A sound document in which some places hold anything at all, or nothing."""
        if self.once_in(9):
            return self.json()
        if isinstance(sound, Mapping):
            kept = {k: v for k, v in sound.items() if not self.once_in(9)}
            return {k: self.spoil(v) for k, v in kept.items()}
        if isinstance(sound, list):
            return [self.spoil(each) for each in sound] * self.choice([0, 1, 1, 2])
        return sound

    def typed(self, depth: int = 2) -> dict[str, Any]:
        """A value of a table's row, in DynamoDB's own form."""
        number = self.choice([str(self.number()), "1.5", "-0", "1E+10", "9" * 38])
        plain: list[dict[str, Any]] = [
            {"S": self.text()},
            {"N": number},
            {"BOOL": self.once_in(2)},
            {"NULL": True},
            {"B": self.randbytes(3)},
            {"SS": [self.text()]},
            {"NS": [number]},
        ]
        if depth:
            plain.append({"L": [self.typed(depth - 1) for _ in range(2)]})
            plain.append({"M": {self.text(): self.typed(depth - 1)}})
        return self.choice(plain)

    def row(self, sound: Mapping[str, Any]) -> dict[str, Any]:
        """A sound row in which up to three attributes are another thing, or missing."""
        row = dict(sound)
        for name in self.choices(list(sound), k=self.randrange(4)):
            row[name] = self.typed()
            if self.once_in(4):
                del row[name]
        return row

    def some(self, values: Sequence[Any], most: int) -> list[Any]:
        """Up to *most* of the values, in any order, some of them twice."""
        return self.choices(values, k=self.randrange(most + 1))


def fuzz(share: float = 1.0) -> Callable[[Any], Any]:
    """Fuzz a test with all the examples, or with a share where one takes long."""
    count = max(20, int(EXAMPLES * share))
    wanted = settings(
        max_examples=count, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return lambda test: pytest.mark.examples(count)(wanted(test))


ANY = st.integers(0, 2**64 - 1).map(Nonsense)
