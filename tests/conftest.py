"""What every test may ask for, and the figures of a run, told on its last line.

A test tells one with `record_property("figure", …)`; the same figure of several tests
is told once, with their number.
"""

import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines are noisy: how long an example takes is not what a test is about.
settings.register_profile(
    "asgwarm",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("asgwarm")

# A shell starts what runs in its background deaf to Ctrl-C, and nohup deaf to a lost
# terminal; so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests stand in."""
    return REPOSITORY


_figures: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the figures of a test that passed, whichever process ran it."""
    if report.when == "teardown" and report.passed:
        _figures.update(str(v) for k, v in report.user_properties if k == "figure")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Tell them, after everything that pytest itself says."""
    if _figures and not hasattr(config, "workerinput"):
        told = [f"{n} times {one}" if n > 1 else one for one, n in _figures.items()]
        sys.stdout.write("; ".join(told) + "\n")
