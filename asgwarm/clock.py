"""The one place that reads a clock.

Everything else takes the time as an argument, so that a test owns it.
"""

import sys
import time


def now_s() -> int:
    """Unix time in whole seconds, UTC."""
    return int(time.time())


def monotonic_s() -> float:
    """Seconds that also pass while the computer sleeps; only differences mean anything.

    A lease does not stop when a laptop sleeps. On Linux CLOCK_MONOTONIC does,
    CLOCK_BOOTTIME does not; on macOS CLOCK_MONOTONIC goes on, while Python's
    time.monotonic() does not.
    """
    linux = sys.platform == "linux"
    return time.clock_gettime(time.CLOCK_BOOTTIME if linux else time.CLOCK_MONOTONIC)


def awake_s() -> float:
    """Seconds that pass only while the computer is awake; only differences count."""
    return time.monotonic()


def perf_ms() -> float:
    """Milliseconds of a high-resolution clock, for phase timings."""
    return time.perf_counter() * 1000
