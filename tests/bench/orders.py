"""Orders to a process that stands at the client's end of a wire, and its answers.

Both are lines of JSON, an answer for each order. A process of its own forks from little
memory, and can be put into another network namespace than the one that it measures for.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.command import REPOSITORY, BenchFailed

Order = dict[str, Any]
Answer = dict[str, Any]
Ask = Callable[[Order], Answer]


def follow(answer: Callable[[Order], Answer], limit_s: int) -> None:
    """Follow orders from standard input until there are none.

    Args:
        limit_s: What takes longer ends this process, and the bench with it.
    """
    for line in sys.stdin:
        signal.alarm(limit_s)
        found = answer(json.loads(line))
        signal.alarm(0)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


@contextmanager
def ordering(module: str, client: tuple[str, ...] = ()) -> Iterator[Ask]:
    """Have *module* follow orders; *client* is what puts it at the client's end.

    Raises:
        BenchFailed: By an order: it was not followed.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*client, sys.executable, "-m", module],
        cwd=REPOSITORY,
        stdin=pipe,
        stdout=pipe,
        text=True,
        start_new_session=True,
    ) as running:

        def ask(order: Order) -> Answer:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(json.dumps(order) + "\n")
            running.stdin.flush()
            line = running.stdout.readline()
            answer: Answer = json.loads(line) if line else {"failed": "it hangs"}
            if "failed" in answer:
                raise BenchFailed(f"{order.get('argv') or order}: {answer['failed']}")
            return answer

        yield ask
