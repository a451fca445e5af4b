"""Rounds of a session of ours and one of OpenSSH's, with the same sshd, in turns.

Rule 1: what fails ends the bench: a stream that is not whole is no figure.
Rule 2: each round begins with the other way.
"""

from collections import defaultdict
from collections.abc import Callable

from asgwarm.clock import monotonic_s
from tests.bench.conditions import Conditions
from tests.bench.live.figures import AMOUNTS, OURS, THEIRS, Live
from tests.bench.measure import facts_of, probing
from tests.bench.orders import Ask, ordering
from tests.bench.region import laid_out
from tests.bench.supply import POOL
from tests.bench.ways import ASGWARM, Desk

REMOTE = {
    "echo": (),
    "screen": (),
    "down": (f"head -c {AMOUNTS['down']} /dev/zero",),
    "up": ("echo go; cat >/dev/null; echo done",),
}


def run(conditions: Conditions, *, until_s: float, tell: Callable[[str], None]) -> Live:
    """Measure one run; arguments and errors as of `tests.bench.measure.run`."""
    with laid_out(conditions) as desk:
        with probing(desk.network.client) as probe:
            facts = facts_of(conditions, probe, desk.network)
        with ordering("tests.bench.live.hands", desk.network.client) as ask:
            ways = _rounds(desk, ask, conditions, until_s=until_s, tell=tell)
    return Live(conditions=conditions, ways=ways, facts=facts)


def _rounds(
    desk: Desk,
    ask: Ask,
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
                answer = ask({"argv": argv, "env": env, kind: amount})
                found[name][kind] += answer["took_ms"]
        names.reverse()
        if number >= conditions.least_rounds and monotonic_s() > until_s:
            break
    return found


def _argv(desk: Desk, name: str, kind: str) -> list[str]:
    remote = REMOTE[kind]
    if name == OURS:
        return [ASGWARM, "get", POOL, *(("--", *remote) if remote else ())]
    return [*desk.ssh(*(() if remote else ("-tt",))), *remote]
