"""A region where programs are killed, a user who starts them, and what remains.

Rule: while a hold is set nobody but the program that is to die calls AWS here.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asgwarm.domain.record import State
from asgwarm.local.info import RegionError
from tests.integration.cli.conftest import Done, Home, home_in
from tests.integration.loop.conftest import QUICK
from tests.integration.loop.pool import Pool
from tests.prove.kill.points import Point
from tests.prove.regions import running_region

USER, FUNCTION = "user", "lambda"
HELD_S = 30.0
# Until the next pass over everything, a minute later, and some time for it.
IDLE_S = 150.0
MAX_LEASE_S = 43_200
RESTING = (State.READY, State.WARMED, State.LEASED)
SECRET = b"PRIVATE KEY"


class Leak(AssertionError):
    """Something is not as it was, or should be, after a kill."""


@dataclass(slots=True)
class Yard:
    """One region with one user."""

    region: Any
    home: Home
    kills: int = 0
    missed: list[str] = field(default_factory=list)
    _pools: int = 0

    def new_pool(self) -> Pool:
        """A name for a pool, and how it will be looked at; nothing is deployed."""
        self._pools += 1
        return Pool(
            region=self.region,
            name=f"yard-{self._pools}",
            sizes={"hot": 1, "warm": 1, "cap": 6},
        )

    def serve(self) -> Pool:
        """A pool that is full."""
        pool = self.new_pool()
        pool.deploy(**pool.sizes, allow="127.0.0.0/8", max_lease_s=MAX_LEASE_S)
        pool.until(pool.is_full)
        return pool

    def calls_of(self, owner: str, work: Callable[[], object]) -> list[dict[str, Any]]:
        """The calls that *owner* makes while *work* is done."""
        control = self.region.control
        since = control.status()["calls"]
        work()
        self.settle()
        return [one for one in control.requests(since) if one["owner"] == owner]

    def kill(self, point: Point, *argv: str) -> bool:
        """Kill a command line at a point; False where it never came there."""
        self.settle()
        self.region.control.set_faults(http=[point.fault()])
        process = self.start(*argv)
        is_held = self.until_held(lambda: process.poll() is not None)
        process.kill()
        process.wait()
        self.let_go()
        self.note_kill(point, is_held)
        return is_held

    def start(self, *argv: str) -> "subprocess.Popen[bytes]":
        """Start a command line; what it says fills no pipe that nobody reads."""
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return self.home.start(*argv, **quiet)

    def kill_workers(self, function: str) -> bool:
        """Kill the processes that serve a function; whether there was one."""
        found = list(_workers(function, self.region.info.pid))
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return bool(found)

    def note_kill(self, point: Point, is_done: bool) -> None:
        """Count a kill, or what never came to its point."""
        if is_done:
            self.kills += 1
        else:
            self.missed.append(str(point))

    def until_held(self, is_over: Callable[[], bool]) -> bool:
        """Whether a call is held, once one is or all is over."""
        control = self.region.control
        deadline_s = control.status()["uptime_s"] + HELD_S
        while not (status := control.status())["held"]:
            if is_over() or status["uptime_s"] > deadline_s:
                return bool(control.status()["held"])
            control.wait_change(0.1, since=status["changes"])
        return True

    def let_go(self) -> None:
        """End all faults, and what they hold, and let happen what follows.

        A pool that goes down launches until the next pass over everything.
        """
        self.let_go_at_once()
        self.region.control.fire_schedule()
        self.settle()

    def let_go_at_once(self) -> None:
        """End all faults, and what they hold."""
        self.region.control.set_faults()

    def settle(self) -> None:
        """Return when nothing goes on any more."""
        control = self.region.control
        end_s = control.status()["uptime_s"] + IDLE_S
        while True:
            self.region.until(control.idle, timeout_s=IDLE_S)
            try:
                control.settle()
            except RegionError:  # it had only drawn breath
                if control.status()["uptime_s"] > end_s:
                    raise
            else:
                return

    def run(self, *argv: str, codes: tuple[int, ...] = (0,)) -> Done:
        """Run a command line undisturbed.

        Raises:
            Leak: It failed.
        """
        done = self.home.run(*argv)
        if done.code not in codes:
            raise Leak(f"{' '.join(argv)} ended with {done.code}: {done.err}")
        return done

    def check(self, pool: Pool) -> None:
        """Look at everything that a pool consists of.

        Raises:
            Leak: An instance is nobody's, two are somebody's, a secret was written.
        """
        records = pool.records()
        known = {i for i, record in records.items() if record.state in RESTING}
        _same("instances run", pool.running(), known)
        free = {i for i in known if records[i].state is not State.LEASED}
        _same("instances are in the group", set(pool.members()), free)
        _same("instances had two leases", set(_leased_twice(pool)), set())
        _same("instances are wanted", pool.desired(), pool.sizes["hot"])
        self.check_secrets()

    def check_secrets(self) -> None:
        """Look for keys among the files of the user who was killed.

        Raises:
            Leak: There is one.
        """
        for path in self.home.folder.rglob("*"):
            if path.is_file() and SECRET in path.read_bytes():
                raise Leak(f"{path} holds a key")


def _workers(function: str, parent: int) -> Iterator[int]:
    name = f"ministack-lambda-{function}-".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            its_parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if int(its_parent) == parent and name in (entry / "cmdline").read_bytes():
                yield int(entry.name)
        except OSError:  # gone meanwhile
            continue


def _leased_twice(pool: Pool) -> Iterator[str]:
    for row in pool.registry.rows():
        edges = [str(entry).split()[1] for entry in row.get("history", [])]
        if (row.get("lease_id") and row.get("last_lease")) or edges.count("claim") > 1:
            yield str(row["sk"])


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Leak(f"{found} {what}, and not {wanted}")


@contextmanager
def yard_in(folder: Path) -> Iterator[Yard]:
    """A region of one's own, quick, and a user in it."""
    with running_region(folder / "region") as region:
        region.control.timings(**QUICK)
        with home_in(folder / "home", **region.environment()) as home:
            yield Yard(region, home)
