"""Finding and ending what an instance or a worker left running.

A process that put itself into a session of its own is no longer in any group that we
know. But everything the region starts has HOME inside the state folder, and that stays
in its environment: on Linux the system shows it for one's own processes. On macOS only
process groups are ended.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

_ROUNDS = 20
_PAUSE_S = 0.02


def processes_under(folder: Path) -> list[int]:
    """Ids of one's own processes whose HOME is *folder* or below it."""
    marks = (f"HOME={folder}/".encode(), f"HOME={folder}\0".encode())
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = b"\0" + (entry / "environ").read_bytes() + b"\0"
        except OSError:  # gone, or somebody else's
            continue
        if any(b"\0" + mark in environment for mark in marks):
            found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def end_processes(folder: Path) -> int:
    """Kill all of them, those too that they start meanwhile; how many there were."""
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = [pid for pid in processes_under(folder) if not _is_dead(pid)]
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended.update(found)
        time.sleep(_PAUSE_S)
    return len(ended)


def _is_dead(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"
