"""The matrix: every call that a user's commands make, struck by every fault.

A cell plays the smallest command that makes its call and then looks at everything that
must hold: the exit code, what was said, and what is left in the table and the journal.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.prove.faults.expected import (
    KINDS,
    LEFT_OUT,
    WHICH,
    Cell,
    code_of,
    exit_code,
)
from tests.prove.faults.plays import LOOKING, PLAYS, Play
from tests.prove.faults.stage import SLOW_S, Done, Stage

BEFORE_START = 125
# They name the thing in the user's words instead.
NAMES_NO_CALL = (
    "CREDENTIALS",
    "POOL_NOT_FOUND",
    "POOL_EMPTY",
    "KEY_PUSH_FAILED",
    "INSTANCE_GONE",
    "STACK_FAILED",
    "TIMEOUT",
)
# A pool, one of its parts, an instance or a network.
OBJECT = (
    r"asgwarm-|/asgwarm/|'(dev|idle|husk|fresh)'|\bi-[0-9a-f]{8}|\bvpc-|default VPC"
)


def cells(play: str, call: str) -> Iterator[Cell]:
    """All cells of one call of a play."""
    for kind in KINDS:
        for which in PLAYS[play].which if play in PLAYS else WHICH:
            if (cell := Cell(play, call, kind, which)) not in LEFT_OUT:
                yield cell


def strike(stage: Stage, cell: Cell) -> list[str]:
    """Play one cell; what was wrong, nothing when it passed."""
    play = PLAYS[cell.play]
    stage.prepare(play.prepare, is_lasting=play.argv[0] in LOOKING)
    since = stage.last_call()
    stage.freeze(*_faults(cell, play), frozen=play.is_frozen)
    done = stage.run(*play.argv, is_slow=cell.kind == "slow")
    if cell.kind == "slow":
        stage.wait_for_late_calls()
    stage.freeze(frozen=play.is_frozen)
    wrong = [*_told(cell, play, done), *_left(stage, cell)]
    service, _, action = cell.call.partition(":")
    if (service, action) not in stage.counted(since):
        wrong.append("the call was not made")
    play.tidy(stage)
    return [f"{cell}: {one}" for one in wrong]


def _faults(cell: Cell, play: Play) -> list[Mapping[str, Any]]:
    service, action = cell.call.split(":")
    what = {"service": service, "action": action, "owner": "user", "delay_s": SLOW_S}
    others = [one for one in play.faults if one["action"] != action]
    fault = what | {"kind": cell.kind}
    if cell.which == "all":
        return [fault, *others]
    if cell.which == "first":
        return [fault | {"count": 1}, *others]
    struck = [fault | {"nth": 2, "count": 1}]
    if play.calls[cell.call] == 1:  # there is a second attempt when the first failed
        struck.insert(0, what | {"kind": "throttle", "count": 1})
    return [*struck, *others]


def _told(cell: Cell, play: Play, done: Done) -> Iterator[str]:
    """What is wrong with the exit code and the words."""
    wanted = code_of(cell)
    error = done.error
    code, said = play.code, play.error
    if wanted:
        code = BEFORE_START if "--" in play.argv else exit_code(wanted)
        said = "" if wanted == "FINDINGS" else wanted
    if (done.code, error.get("code", "")) != (code, said):
        yield f"wanted {code} {said}: {done.code}, {error}"
    elif wanted and error:
        yield from _unhelpful(cell, error)
    if noise := [x for x in done.err.splitlines() if not x.startswith("{")]:
        yield f"what is no document: {noise[:5]}"


def _unhelpful(cell: Cell, error: Mapping[str, Any]) -> Iterator[str]:
    """What an error's words leave out: the call, the object, what to do next."""
    message = error["message"]
    if error["code"] not in NAMES_NO_CALL and cell.call not in message:
        yield f"the call is not named: {message}"
    about = "credentials" if error["code"] == "CREDENTIALS" else OBJECT
    if not re.search(about, message):
        yield f"what it is about is not named: {message}"
    if not error["hint"]:
        yield f"nothing to do next: {error}"


def _left(stage: Stage, cell: Cell) -> Iterator[str]:
    """What is wrong with what is left in the table and in the journal."""
    rows = stage.pools["dev"].rows()
    known = stage.journal()
    leased = [row["lease_id"] for row in rows.values() if row["st"] == "LEASED"]
    ended = [row.get("last_lease", "") for row in rows.values()]
    if len(leased) > 1:
        yield f"two leases live: {leased}"
    if unknown := set(leased) - set(known):
        yield f"leased, and nobody knows: {unknown}"
    for lease_id, outcome in known.items():
        if outcome == "held" and lease_id not in (*leased, *ended):
            yield f"the journal says held, the table does not: {lease_id}"
    if cell.play == "release" and not code_of(cell) and leased:
        yield f"not released: {leased}"
