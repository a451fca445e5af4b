"""Many claimants in one process, who have all read before anybody writes.

`python -m tests.prove.contention.claimers`: the first line of stdin has the settings of
the clients. Each further one is a round: a pool, how many claim there, and a seed. When
all have read, `read` is said on stdout; a line on stdin lets them write; then what
became of each is said.
"""

import asyncio
import json
import random
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.clock import monotonic_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.record import Record
from asgwarm.errors import AsgwarmError
from asgwarm.leasing.claiming import Claiming
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry

TIMEOUT_S = 120.0


class Gate:
    """Nobody comes through before all have come, and it was opened."""

    def __init__(self, count: int) -> None:
        self._all = threading.Barrier(count + 1)
        self._open = threading.Event()
        self.opened_at_s = 0.0

    def wait_for_all(self) -> None:
        """Return when everybody stands before it."""
        self._all.wait(TIMEOUT_S)

    def open(self) -> None:
        """Let everybody through."""
        self.opened_at_s = monotonic_s()
        self._open.set()

    def pass_through(self) -> None:
        """Come, and go on when it is open."""
        self._all.wait(TIMEOUT_S)
        self._open.wait(TIMEOUT_S)


class Gated(Leases):
    """A claimant's leases, with the gate before the first write."""

    def __init__(self, registry: Registry, gate: Gate) -> None:
        super().__init__(registry)
        self.gate, self.attempts, self.has_come = gate, 0, False

    def come(self) -> None:
        """Come to the gate, once."""
        if not self.has_come:
            self.has_come = True
            self.gate.pass_through()

    def claim(self, record: Record, wish: Wish, *, key_fp: str, now: int) -> Record:
        """Claim as `Leases` does."""
        self.come()
        self.attempts += 1
        return super().claim(record, wish, key_fp=key_fp, now=now)


async def _one(
    client: Any, asked: dict[str, Any], number: int, gate: Gate
) -> dict[str, Any]:
    seed = f"{asked['seed']} {number}"
    leases = Gated(Registry(client, asked["pool"], f"crowd@lab:{number}"), gate)
    claiming = Claiming(
        leases=leases,
        wish=Wish(
            lease_id=f"{asked['pool']}.{asked['name']}-{number}",
            lease_owner=f"crowd@lab:{number}",
            lease_name="",
            dur_s=600,
        ),
        key_fp="SHA256:x",
        wait_s=0,
        timings=Timings(),
        on_wait=lambda _: None,
        dice=random.Random(seed),  # noqa: S311  # repeatable
    )
    try:
        record, _ = await claiming.claim()
        outcome = record.instance_id
    except AsgwarmError as error:
        await asyncio.to_thread(leases.come)  # the others wait for everybody
        outcome = error.code
    took_ms = (monotonic_s() - gate.opened_at_s) * 1000
    return {"outcome": outcome, "attempts": leases.attempts, "took_ms": took_ms}


async def _all(client: Any, asked: dict[str, Any], gate: Gate) -> list[dict[str, Any]]:
    count = asked["count"]
    executor = ThreadPoolExecutor(2 * count + 2)  # each reads META and a page at once
    asyncio.get_running_loop().set_default_executor(executor)
    return await asyncio.gather(*(_one(client, asked, n, gate) for n in range(count)))


def main(lines: Iterable[str]) -> None:
    """Play the rounds of *lines* after the first."""
    given = iter(lines)
    client = Clients(AwsSettings(**json.loads(next(given)))).dynamodb
    for line in given:
        asked = json.loads(line)
        gate = Gate(asked["count"])
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(asyncio.run, _all(client, asked, gate))
            gate.wait_for_all()
            _say("read")
            next(given)
            gate.open()
            _say(json.dumps(done.result()))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(iter(sys.stdin.readline, ""))
