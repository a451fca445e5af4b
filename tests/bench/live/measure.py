"""Rounds of a session of ours and one of OpenSSH's, with the same sshd, in turns.

Rule 1: what fails ends the bench: a stream that is not whole is no figure.
Rule 2: each round begins with the other way.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asgwarm.clock import monotonic_s
from tests.bench.command import REPOSITORY, BenchFailed
from tests.bench.conditions import Conditions
from tests.bench.live.figures import AMOUNTS, OURS, THEIRS, Live
from tests.bench.measure import facts_of, probing
from tests.bench.region import laid_out
from tests.bench.supply import POOL
from tests.bench.ways import ASGWARM, Desk

REMOTE = {
    "echo": (),
    "screen": (),
    "down": (f"head -c {AMOUNTS['down']} /dev/zero",),
    "up": ("echo go; cat >/dev/null; echo done",),
}
Order = Callable[[dict[str, Any]], list[float]]


def run(conditions: Conditions, *, until_s: float, tell: Callable[[str], None]) -> Live:
    """Measure one run; arguments and errors as of `tests.bench.measure.run`."""
    with laid_out(conditions) as desk:
        with probing(desk.network.client) as probe:
            facts = facts_of(conditions, probe, desk.network)
        with _hands(desk) as order:
            ways = _rounds(desk, order, conditions, until_s=until_s, tell=tell)
    return Live(conditions=conditions, ways=ways, facts=facts)


def _rounds(
    desk: Desk,
    order: Order,
    conditions: Conditions,
    *,
    until_s: float,
    tell: Callable[[str], None],
) -> dict[str, dict[str, list[float]]]:
    names = [OURS, THEIRS]
    found: dict[str, dict[str, list[float]]] = {
        name: defaultdict(list) for name in names
    }
    env = desk.environment() | {"TERM": "xterm"}
    for number in range(1, conditions.rounds + 1):
        for kind, amount in AMOUNTS.items():
            tell(f"{kind}, round {number} of {conditions.rounds}")
            for name in names:
                argv = _argv(desk, name, kind)
                took_ms = order({"argv": argv, "env": env, kind: amount})
                found[name][kind] += took_ms
        names.reverse()
        if number >= conditions.least_rounds and monotonic_s() > until_s:
            break
    return found


def _argv(desk: Desk, name: str, kind: str) -> list[str]:
    remote = REMOTE[kind]
    if name == OURS:
        return [ASGWARM, "get", POOL, *(("--", *remote) if remote else ())]
    return [*desk.ssh(*(() if remote else ("-tt",))), *remote]


@contextmanager
def _hands(desk: Desk) -> Iterator[Order]:
    """Have somebody sit at the client's end; who is called with an order."""
    command = [*desk.network.client, sys.executable, "-m", "tests.bench.live.hands"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stdin=pipe,
        stdout=pipe,
        text=True,
        start_new_session=True,
    ) as running:

        def order(what: dict[str, Any]) -> list[float]:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(json.dumps(what) + "\n")
            running.stdin.flush()
            answer = json.loads(running.stdout.readline() or '{"failed": "it hangs"}')
            if "failed" in answer:
                raise BenchFailed(answer["failed"])
            found: list[float] = answer["took_ms"]
            return found

        yield order
