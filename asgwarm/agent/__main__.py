"""The agent's own process: `python -m asgwarm.agent FOLDER READY`.

READY is a descriptor; what is written there when the agent listens is what whoever
started it waits for.

Rule: it holds credentials, so that no other program of the user's may look into it,
and its memory is never written to a file.
"""

import ctypes
import fcntl
import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path

from asgwarm.agent.process import READY
from asgwarm.agent.server import Agent
from asgwarm.agent.upkeep import Now
from asgwarm.agent.where import LOCK, SOCKET, reach
from asgwarm.cli.views import documents, leases
from asgwarm.clock import awake_s, monotonic_s
from asgwarm.leasing.loading import load_hold

PR_SET_DUMPABLE = 4
BACKLOG = 64
WARM = (documents, leases, load_hold())  # what every `get` needs is loaded by now


def main(place: Path, ready: int) -> None:
    """Be the user's agent until its end."""
    _hide()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another agent of yours is about to end")
    listener = _listener(place)
    gc.freeze()
    agent = Agent(listener, dict(os.environ), lambda: Now(monotonic_s(), awake_s()))
    os.write(ready, READY)
    os.close(ready)
    agent.run(on_end=(place / SOCKET).unlink)


def _hide() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _listener(place: Path) -> socket.socket:
    """Return the listening socket, put into the place of an old one in one step."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = place / f"{SOCKET}.new"
    fresh.unlink(missing_ok=True)
    before = os.umask(0o177)
    reach(str(place), fresh.name, listener.bind)
    os.umask(before)
    listener.listen(BACKLOG)
    fresh.replace(place / SOCKET)
    return listener


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stderr.flush()
    os._exit(0)  # what still waits for somebody's terminal is not waited for
