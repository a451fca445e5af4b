"""Agents that are there before the first round: one as it comes, one with a spare.

Rule: an agent's own processor time is no way's; a way's is that of what was typed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from tests.bench.command import BenchFailed
from tests.bench.probe import Shot
from tests.bench.supply import POOL
from tests.bench.ways import ASGWARM, Desk, at_agent

# What an agent is started with, by the way that goes through it.
_OPTIONS = {"agent": (), "spare": ("--spare", "1", "--pool", POOL)}
Shoot = Callable[[list[str], Mapping[str, str]], Shot]


@contextmanager
def agents(desk: Desk, wanted: Collection[str], shoot: Shoot) -> Iterator[None]:
    """Keep an agent for each of the *wanted* ways that goes through one.

    Raises:
        BenchFailed: One does not start.
    """
    with ExitStack() as stack:
        for name, options in _OPTIONS.items():
            if name not in wanted:
                continue
            command = [*at_agent(desk, name), ASGWARM, "agent"]
            started = shoot([*command, "start", *options], desk.environment())
            stack.callback(shoot, [*command, "stop"], desk.environment())
            if started.code:
                raise BenchFailed(f"no agent for {name}: {started.complained}")
        yield
