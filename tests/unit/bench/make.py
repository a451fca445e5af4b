"""Values for the tests of the bench; what is not the point is filled in."""

from collections.abc import Mapping
from types import MappingProxyType

from tests.bench.conditions import Conditions
from tests.bench.figures import LIMIT, Run, Summary, limit
from tests.bench.phases import Steps
from tests.bench.probe import Shot


def shot(first_byte_ms: float, *, cpu_ms: float = 1.0, complained: str = "") -> Shot:
    """A shot that went well."""
    return Shot(
        first_byte_ms=first_byte_ms,
        cpu_ms=cpu_ms,
        code=0,
        said="",
        complained=complained,
    )


def run(
    *,
    rtt_ms: int = 20,
    lookup: str = "quick",
    phases: Mapping[str, Steps] = MappingProxyType({}),
    **median_ms: float,
) -> Run:
    """A run; ways are given by their names with underscores."""
    conditions = Conditions(rtt_ms=rtt_ms, lookup=lookup)
    ways = {
        name.replace("_", "-"): Summary(median_ms=ms, p90_ms=ms + 9, n=7, cpu_ms=100)
        for name, ms in median_ms.items()
    }
    facts = {
        "dynamodb_ms": 4,
        "ec2_ms": 200,
        "lookup_ms": 0,
        "sshd_starts": 1,
        "load_before": 0,
    }
    return Run(
        conditions=conditions,
        ways=ways | {LIMIT: limit(conditions)},
        facts=facts
        | {"ssh": "OpenSSH_9.2p1", "sshd": "SSH-2.0-9.2", "network": "none"},
        phases=phases,
    )
