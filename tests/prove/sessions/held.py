"""A process that holds many sessions, started and listened to."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.integration.pools import Pool, settings_of
from tests.prove.sessions.hold import Figures

ROOT = Path(__file__).resolve().parents[3]


def held(
    pool: Pool, folder: Path, *, sessions: int, rounds: int = 1, every_s: float = 0.0
) -> Figures:
    """Hold sessions of all ready instances of a pool; return what was measured.

    Args:
        rounds: How often each runs a command: at once first, later spread over
            *every_s* seconds.
    """
    asked: dict[str, Any] = {
        "settings": asdict(settings_of(pool.region)),
        "pool": pool.name,
        "instances": len(pool.in_state("READY")),
        "sessions": sessions,
        "rounds": rounds,
        "every_s": every_s,
    }
    own = {f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CACHE", "CONFIG")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.prove.sessions.hold"],
        input=json.dumps(asked),
        env=os.environ | own | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Figures(**json.loads(done.stdout))


def told(sessions: int, figures: Figures) -> str:
    """The figures as a line."""
    said = (
        f"{sessions:,} sessions opened in {figures.opened_s:.1f} s, a command in all "
        f"of them at once in {figures.all_once_s:.1f} s, {figures.rss_mb:.0f} MB"
    )
    if times := sorted(figures.command_ms):
        p50, p95 = (times[int(len(times) * share)] for share in (0.5, 0.95))
        said += f", {len(times):,} commands: p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    return said


def faults(figures: Figures, pool: Pool) -> list[str]:
    """What is wrong: commands that failed, anything that is left."""
    found = [f"{count} more {what}" for what, count in figures.left.items()]
    if figures.failed:
        found.append(f"{figures.failed} commands went wrong")
    if leased := pool.leased():
        found.append(f"{len(leased)} leases are left")
    return found
