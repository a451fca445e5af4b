"""Where the milliseconds of our own ways go, beside what physics leaves of each step.

Every `get` says at its end how long its phases took; that line is read here. Nothing is
measured a second time, and nothing that is measured waits for it.

Rule 1: steps follow each other, but for `push` and `connect`, of which the slower one
counts. `start` is what lies before the first phase, `between` what lies in no phase.
Rule 2: a step that a way does not have is left out.
"""

import re
from collections.abc import Mapping, Sequence
from statistics import median

from tests.bench.conditions import SPARE_MS, SPAWN_MS, Conditions, steps_ms
from tests.bench.probe import Shot
from tests.bench.ways import PRODUCT

Steps = Mapping[str, float]  # milliseconds by the name of a step

# What each step is, in the order of the table.
MEANINGS = {
    "start": "spawn, Python, imports",
    "claim": "with what is left of TCP and TLS",
    "push": "the key, to EC2 Instance Connect",
    "connect": "beside it: TCP and key exchange",
    "auth": "signed request, padded answer",
    "first byte": "a round trip; what sshd starts",
    "between": "imports and all else of our own",
}
BESIDE = ("push", "connect")
_LINE = re.compile(r" in (?P<total>\d+) ms(?:: (?P<phases>.*))?$", re.MULTILINE)
_STEP_OF = {"query": "claim"}


def of_shot(shot: Shot) -> Steps:
    """Return one shot's steps; none where it says nothing of its phases."""
    line = _LINE.search(shot.complained)
    if line is None:
        return {}
    steps: dict[str, float] = {}
    for named in filter(None, (line["phases"] or "").split(", ")):
        phase, _, took_ms = named.rpartition(" ")
        step = _STEP_OF.get(phase, phase)
        if step in MEANINGS:
            steps[step] = steps.get(step, 0.0) + float(took_ms)
    total_ms = float(line["total"])
    steps["between"] = total_ms - in_a_row_ms(steps)
    return steps | {"start": shot.first_byte_ms - total_ms}


def in_a_row_ms(steps: Steps) -> float:
    """How long all steps take together."""
    beside = [steps[name] for name in BESIDE if name in steps]
    others = sum(ms for name, ms in steps.items() if name not in BESIDE)
    return others + max(beside, default=0.0)


def medians(shots: Sequence[Shot]) -> Steps:
    """Return each step's median over the shots that have it, if most of them do."""
    found = [of_shot(shot) for shot in shots]
    return {
        name: round(median(took_ms), 1)
        for name in MEANINGS
        if len(took_ms := [one[name] for one in found if name in one]) * 2 > len(found)
    }


def allotted(way: str, conditions: Conditions) -> Steps:
    """Return what physics leaves of each step of one of our ways.

    An agent has its connections to AWS already; a spare is claimed and entered.
    """
    if way == "spare":
        return {"start": SPAWN_MS, "first byte": conditions.rtt_ms + SPARE_MS}
    steps = steps_ms(conditions)
    if way != PRODUCT:
        steps["claim"] -= 2 * conditions.rtt_ms
    return steps


def why(measured: Steps, least: Steps) -> str:
    """Say by which steps a way takes longer than physics, the greatest part first."""
    chain = _chain(measured)
    over_ms = {name: ms - least.get(name, 0.0) for name, ms in chain.items()}
    most = sorted(over_ms.items(), key=lambda part: -part[1])
    said = [f"{name} {ms:+.0f}" for name, ms in most if abs(ms) >= 0.5]
    return f"physics {in_a_row_ms(least):.0f} ms; {', '.join(said)}"


def why_busy(measured: Steps) -> str:
    """Say when a way uses the processor: before `start` ends it waits for nothing."""
    return f"at most {measured['start']:.0f} ms before the first phase"


def _chain(steps: Steps) -> Steps:
    """Leave out the faster one of what goes on side by side."""
    beside = [name for name in BESIDE if name in steps]
    slower = max(beside, key=lambda name: steps[name], default="")
    return {n: ms for n, ms in steps.items() if n not in BESIDE or n == slower}
