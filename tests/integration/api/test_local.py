"""Pools for the tests of programs that use pools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asgwarm import Pool
from asgwarm.api.local import own_region

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
TESTS = """
from pathlib import Path

def test_a_command(asgwarm_pool):
    with asgwarm_pool.get() as instance:
        assert instance.run("echo there").stdout == "there\\n"

def test_the_next(asgwarm_pool, request):
    assert asgwarm_pool.name == "default"
    with asgwarm_pool.get() as instance:
        assert instance.run("ls").stdout == ""
"""
NAMED = """
import sys

def test_it_is_the_one_that_was_named(asgwarm_pool):
    assert asgwarm_pool.name == "ci"
    assert "asgwarm.local" not in sys.modules
"""
UNUSED = """
import sys

def test_nothing_is_loaded(request):
    assert "asgwarm_pool" not in request.fixturenames
    assert not {"boto3", "asyncssh", "asgwarm.pool", "asyncio"} & set(sys.modules)
"""


def run_pytest(folder, text, *options, **variables):
    """A pytest session of somebody who has asgwarm installed, and nothing else."""
    (folder / "test_theirs.py").write_text(text)
    env = {k: v for k, v in os.environ.items() if not k.startswith("ASGWARM")}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": str(folder)}
    options = ("-p", "asgwarm.pytest_plugin", "-p", "no:cacheprovider", *options)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_fixture_gives_a_pool_and_stops_its_region(tmp_path):
    """Instances are ready at once, each used by one test; no process is left."""
    done = run_pytest(tmp_path, TESTS)

    assert "2 passed" in done.stdout, done.stdout + done.stderr
    processes = Path("/proc").glob("[0-9]*/cmdline")
    assert [path for path in processes if str(tmp_path).encode() in _read(path)] == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


@pytest.mark.parametrize(
    ("options", "variables"),
    [(("-o", "asgwarm_pool=ci"), {}), ((), {"ASGWARM_POOL": "ci"})],
)
def test_a_pool_that_is_named_is_the_users_own(tmp_path, options, variables):
    """By pytest's configuration or by the environment; no region is started."""
    done = run_pytest(tmp_path, NAMED, *options, **variables)

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_session_that_does_not_ask_for_it_loads_nothing(tmp_path):
    """The plugin is in every session of who has asgwarm installed."""
    done = run_pytest(tmp_path, UNUSED)

    assert "1 passed" in done.stdout, done.stdout + done.stderr


WITHOUT = """
import os, sys
from asgwarm import Pool
sys.modules["ministack"] = None  # as if it were not installed
try:
    Pool.local(env={"HOME": os.environ["TMPDIR"]})
except Exception as error:
    print(type(error).__name__, error.hint)
"""


def test_without_the_extra_a_local_pool_says_what_to_install(tmp_path):
    """In one line, and nothing is written."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "ConfigError pip install 'asgwarm[local]'\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_local_pool_is_made_once_and_found_again(tmp_path):
    """With the region that it is in."""
    with own_region(tmp_path) as env:
        first = Pool.local("mine", hot=1, warm=0, env=env)
        with first.get(keep=True) as instance:
            lease = instance.lease.id
        again = Pool.local("mine", hot=5, env=env)

        assert [one.id for one in again.leases()] == [lease]
        assert again.status().targets["hot"] == 1
