"""A machine for an agent: it runs what a model wrote, and nothing it does is kept.

    echo 'uname -a' | python sandbox.py

Every line of input is a command; every line of output says what came of it, as JSON.
All commands share one instance, so that files stay between them. It is an instance of
its own, with your network rules and the pool's role: give a pool for this a role that
may do nothing, and a network that reaches what it should.
"""

import json
import sys
from typing import TypedDict

from asgwarm import CommandTimeout, Instance, OutputLimit, Pool

TIMEOUT_S = 2.0
MOST_BYTES = 10_000


class Outcome(TypedDict):
    """What a model is told about its command."""

    code: int | None  # None: it was ended
    output: str
    errors: str
    note: str


def run(instance: Instance, command: str) -> Outcome:
    """Run one command; whatever it does, there is an outcome, and soon."""
    try:
        done = instance.run(
            command, check=False, timeout=TIMEOUT_S, max_output_bytes=MOST_BYTES
        )
    except (CommandTimeout, OutputLimit) as cut:
        return Outcome(
            code=None, output=cut.stdout, errors=cut.stderr, note=cut.message
        )
    return Outcome(
        code=done.returncode, output=done.stdout, errors=done.stderr, note=""
    )


if __name__ == "__main__":
    with Pool().get(ttl="10m") as instance:
        for line in sys.stdin:
            print(json.dumps(run(instance, line)), flush=True)
