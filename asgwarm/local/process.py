"""The region as a background process: start it, find it, stop it.

Rules: one state folder has at most one region, however many ask for it at once; the
process gets nothing secret by its arguments or environment, it makes its own secret and
publishes it in its 0600 file; what it started does not outlive it.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from asgwarm.local.control import Control
from asgwarm.local.environment import kept
from asgwarm.local.info import FILE_NAME, RegionError, RegionInfo, load, make_private
from asgwarm.local.reap import end_processes

START_S = 20.0
STOP_S = 15.0
LOG_NAME = "region.log"

_POLL_S = 0.02
_PROBE_S = 5.0
_LOG_TAIL_BYTES = 2000


def start(
    state_dir: Path,
    *,
    region: str = "us-east-1",
    port: int | None = None,
    pace: str = "real",
) -> RegionInfo:
    """The running region of *state_dir*, started if there is none.

    Args:
        port: None takes any free one.
        pace: `manual` lets time stand still unless it is moved.

    Raises:
        RegionError: It did not answer within 20 seconds; the message has the end of
            its log.
    """
    state_dir = state_dir.resolve()
    make_private(state_dir)
    with _alone(state_dir):
        running = info(state_dir)
        if running is not None:
            return running
        _clean(state_dir)
        command = ["--state", str(state_dir), "--region", region, "--pace", pace]
        if port is not None:
            command += ["--port", str(port)]
        return _await_answer(_spawn(command, state_dir), state_dir)


def alive(state_dir: Path) -> RegionInfo | None:
    """The region of *state_dir*, or None when its process has ended."""
    known = load(state_dir.resolve())
    return known if known is not None and _is_alive(known.pid) else None


def info(state_dir: Path) -> RegionInfo | None:
    """The region of *state_dir*, or None when it is not running: it was asked."""
    known = alive(state_dir)
    if known is None:
        return None
    try:
        answer = Control(known, timeout_s=_PROBE_S).status()
    except RegionError:
        return None
    return known if answer.get("pid") == known.pid else None


def stop(state_dir: Path) -> bool:
    """End the region of *state_dir* with everything it started; whether it was running.

    Its log stays.
    """
    state_dir = state_dir.resolve()
    if not state_dir.is_dir():
        return False
    with _alone(state_dir):
        running = info(state_dir)
        if running is not None:
            with contextlib.suppress(RegionError):
                Control(running, timeout_s=_PROBE_S).stop()
            _await_end(running.pid)
        _clean(state_dir)
    return running is not None


def reset(state_dir: Path) -> None:
    """Stop the region of *state_dir* and remove all that it ever wrote."""
    stop(state_dir)
    shutil.rmtree(state_dir.resolve(), ignore_errors=True)


def _spawn(arguments: list[str], state_dir: Path) -> int:
    environ = kept()
    # This very package, installed or run from a checkout.
    environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    environ |= {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
    log = str(state_dir / LOG_NAME)
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", "asgwarm.local", *arguments],
        environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, writing, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        # A shell on an instance cannot undo what it inherits as ignored.
        setsigdef=[signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE],
    )


def _await_answer(pid: int, state_dir: Path) -> RegionInfo:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and _is_alive(pid):
        known = load(state_dir)
        if known is not None and known.pid == pid:
            return known
        time.sleep(_POLL_S)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    log = state_dir / LOG_NAME
    tail = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
    raise RegionError(
        f"the emulated region did not start: {tail or 'it said nothing'}",
        hint=f"tail {log}",
    )


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + STOP_S
    while _is_alive(pid):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(_POLL_S)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:  # a child of ours that has ended
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clean(state_dir: Path) -> None:
    """Remove what a region left that could not clean up after itself."""
    end_processes(state_dir)
    (state_dir / FILE_NAME).unlink(missing_ok=True)
    for name in ("instances", "base"):
        shutil.rmtree(state_dir / name, ignore_errors=True)


@contextlib.contextmanager
def _alone(state_dir: Path) -> Iterator[None]:
    handle = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
