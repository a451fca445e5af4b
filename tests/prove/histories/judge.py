"""Another store than the emulated region's: an independent judge of the same claims.

`ASGWARM_JUDGE` names an endpoint that speaks DynamoDB's protocol, or a dynalite program
to start. Who names nothing has no judge.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from asgwarm.clients import AwsSettings
from asgwarm.clock import monotonic_s

VARIABLE = "ASGWARM_JUDGE"
START_S = 20.0


@contextmanager
def judge() -> Iterator[AwsSettings | None]:
    """Settings that lead to the judge; None when there is none."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        yield None
    elif named.startswith("http"):
        yield _settings(named)
    else:
        port = _free_port()
        # Tables are there at once; all is kept in memory.
        now = ["--createTableMs", "0", "--updateTableMs", "0", "--deleteTableMs", "0"]
        process = subprocess.Popen(
            [named, "--host", "127.0.0.1", "--port", str(port), *now],
            stdout=subprocess.DEVNULL,
        )
        with process:
            try:
                _await(port, process)
                yield _settings(f"http://127.0.0.1:{port}")
            finally:
                process.terminate()


def _settings(endpoint_url: str) -> AwsSettings:
    return AwsSettings(
        region="us-east-1",
        endpoint_url=endpoint_url,
        access_key_id="judge",
        secret_access_key="judge",  # noqa: S106  # it checks none
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    until_s = monotonic_s() + START_S
    while monotonic_s() < until_s:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
        break
    raise TimeoutError(f"the judge did not start on port {port}")
