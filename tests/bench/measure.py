"""Rounds: every way once in each, and the time from its start to its first byte.

Rule 1: a command that fails, or says anything but what was asked for, ends the bench:
a wrong answer that comes fast is no figure.
Rule 2: the first round warms caches and is not counted.
Rule 3: each round begins with another way, so that none always follows the same one.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from asgwarm.clock import monotonic_s
from tests.bench.agents import agents
from tests.bench.command import BenchFailed, output_of
from tests.bench.conditions import DYNAMODB_MS, EC2_MS, Conditions
from tests.bench.figures import LIMIT, Run, limit, summary
from tests.bench.network import Network
from tests.bench.orders import Ask, ordering
from tests.bench.phases import medians
from tests.bench.probe import Shot
from tests.bench.region import laid_out
from tests.bench.ways import SAYS, Desk, commands, master

Shots = dict[str, list[Shot]]


class Probe:
    """The process at the client's end that starts commands."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def shoot(self, argv: list[str], env: Mapping[str, str]) -> Shot:
        """Run a command to its end, whatever it says."""
        return Shot(**self._ask({"argv": argv, "env": dict(env)}))

    def reach(self, address: str, port: int) -> float:
        """Milliseconds that a TCP connection takes, once something listens there."""
        return float(self._ask({"reach": [address, port]})["connect_ms"])

    def greet(self, address: str, port: int) -> str:
        """The line that a server begins with, once it listens."""
        return str(self._ask({"greet": [address, port]})["greeting"])


@contextmanager
def probing(client: tuple[str, ...] = ()) -> Iterator[Probe]:
    """Run a probe; *client* is what puts it at the client's end."""
    with ordering("tests.bench.probe", client) as ask:
        yield Probe(ask)


def run(
    conditions: Conditions,
    wanted: Collection[str],
    *,
    until_s: float,
    tell: Callable[[str], None],
) -> Run:
    """Measure the *wanted* ways under *conditions*.

    Args:
        until_s: When to stop early, by clock.monotonic_s().
        tell: Gets a sentence now and then on how far it is.

    Raises:
        BenchFailed: Something is not there, or a way failed.
    """
    with laid_out(conditions) as desk, probing(desk.network.client) as probe:
        network = desk.network
        facts = facts_of(conditions, probe, network)
        lines = {n: argv for n, argv in commands(desk).items() if n in wanted}
        with master(desk), agents(desk, wanted, probe.shoot):
            _await_master(probe, desk)
            shots = rounds(
                probe,
                lines,
                desk.environment(),
                most=conditions.rounds,
                least=conditions.least_rounds,
                until_s=until_s,
                tell=lambda said: tell(f"{conditions.name}: {said}"),
            )
    ways = {name: summary(found) for name, found in shots.items()}
    return Run(
        conditions=conditions,
        ways=ways | {LIMIT: limit(conditions)},
        facts=facts,
        phases={n: steps for n, found in shots.items() if (steps := medians(found))},
    )


def rounds(
    probe: Probe,
    lines: Mapping[str, list[str]],
    env: Mapping[str, str],
    *,
    most: int,
    least: int,
    until_s: float,
    tell: Callable[[str], None],
    before: Callable[[], object] = lambda: None,
) -> Shots:
    """Run every command once a round.

    Args:
        least: How many rounds there are also when time is up.
        before: Called before each command, outside of its time.
    """
    shots: Shots = {name: [] for name in lines}
    names = list(lines)
    for number in range(most + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            before()
            shot = _checked(name, probe.shoot(lines[name], env))
            if number:
                shots[name].append(shot)
        tell(f"round {number} of {most}" if number else "warm")
        if number >= least and monotonic_s() > until_s:
            break
    return shots


def _checked(name: str, shot: Shot) -> Shot:
    if shot.code or shot.said != f"{SAYS}\n":
        raise BenchFailed(
            f"{name} ended with {shot.code} and said {shot.said!r}: {shot.complained}"
        )
    return shot


def _rtt(probe: Probe, network: Network) -> dict[str, float]:
    """How long a TCP handshake takes, the best of some; a proxy knows none."""
    where = network.listen, network.aws_port
    found = min(probe.reach(*where) for _ in range(5))
    return {"rtt_measured_ms": found} if network.client else {}


def _await_master(probe: Probe, desk: Desk) -> None:
    check = desk.ssh("-S", str(desk.control_path), "-O", "check")
    until_s = monotonic_s() + 10
    while probe.shoot(check, desk.environment()).code:
        if monotonic_s() > until_s:
            raise BenchFailed("OpenSSH's master does not connect")


def facts_of(
    conditions: Conditions, probe: Probe, network: Network
) -> dict[str, str | int | float]:
    """Return what else is to be known of a run."""
    return {
        **_rtt(probe, network),
        "network": network.how,
        "dynamodb_ms": DYNAMODB_MS,
        "ec2_ms": EC2_MS,
        "lookup_ms": conditions.lookup_ms,
        "sshd_starts": 1,
        "load_before": round(os.getloadavg()[0], 1),
        "ssh": output_of("ssh", "-V").split(",")[0].strip(),
        "sshd": probe.greet(network.listen, network.sshd_port),
    }
