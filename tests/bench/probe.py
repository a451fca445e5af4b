"""Starts one command at a time and says how long its first byte took.

Its orders and answers:

    {"argv": […], "env": {…}}       -> a `Shot` as an object
    {"reach": ["198.18.0.2", 443]}  -> {"connect_ms": 20.1}, once something listens
    {"greet": ["198.18.0.2", 22]}   -> {"greeting": "SSH-2.0-…"}, the same

usage: python -m tests.bench.probe
"""

import os
import socket
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from time import perf_counter, sleep
from typing import Any

from tests.bench.orders import follow

LIMIT_S = 60  # nothing takes that long; who hangs ends the bench
_TRIES = 500  # to connect to something that has just been started


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One command from its start to its end.

    Args:
        first_byte_ms: From before the fork to the first byte on its standard output.
        cpu_ms: User and system time of the command and of all that it waited for.
    """

    first_byte_ms: float
    cpu_ms: float
    code: int
    said: str
    complained: str


def shoot(argv: list[str], env: dict[str, str]) -> Shot:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as errors:
        began_s = perf_counter()
        running = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=env,
            bufsize=0,
        )
        assert running.stdout is not None
        first = running.stdout.read(1)
        first_byte_ms = (perf_counter() - began_s) * 1000
        rest = running.stdout.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        running.stdout.close()
        errors.seek(0)
        return Shot(
            first_byte_ms=round(first_byte_ms, 2),
            cpu_ms=round((used.ru_utime + used.ru_stime) * 1000, 2),
            code=running.returncode,
            said=(first + rest).decode(errors="replace"),
            complained=errors.read().decode(errors="replace"),
        )


def reach(host: str, port: int) -> float:
    """Milliseconds that a TCP connection takes, once something listens there."""
    connection, connect_ms = _connected(host, port)
    connection.close()
    return connect_ms


def greet(host: str, port: int) -> str:
    """The line that a server begins with, once it listens."""
    connection, _ = _connected(host, port)
    with connection, connection.makefile() as lines:
        return lines.readline().strip()


def _connected(host: str, port: int) -> tuple[socket.socket, float]:
    for _ in range(_TRIES):
        began_s = perf_counter()
        try:
            connection = socket.create_connection((host, port), timeout=LIMIT_S)
        except ConnectionRefusedError:
            sleep(0.02)
        else:
            return connection, round((perf_counter() - began_s) * 1000, 2)
    raise TimeoutError(f"nothing listens at {host} port {port}")


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    if "reach" in order:
        return {"connect_ms": reach(*order["reach"])}
    if "greet" in order:
        return {"greeting": greet(*order["greet"])}
    return asdict(shoot(order["argv"], order["env"]))


def main() -> None:
    """Follow orders until there are none."""
    follow(_answer, LIMIT_S)


if __name__ == "__main__":
    main()
