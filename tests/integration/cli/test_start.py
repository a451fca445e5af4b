"""What the command line loads and spends before anybody has anything of it.

Times are of the processor, the least of a few runs, and as multiples of what Python
itself takes to start: that changes little with the machine and its load.
"""

import re
import resource
import subprocess
import sys
from collections.abc import Sequence

import pytest

RUNS = 4
LOADED = re.compile(r"^import time:.*\| +(\S+)$", re.MULTILINE)
HEAVY = {"boto3", "botocore.session", "urllib3", "rich", "pydantic", "typer", "click"}
HEAVY |= {"http.client", "email.parser", "encodings.idna"}
SSH_ALONE = {"asyncssh", "ctypes.util", "tempfile"}
SSH_ALONE |= {"cryptography.hazmat.primitives.serialization"}
ASGWARM = ("-m", "asgwarm")
# The command line, seen by one who is told of every import.
WATCHED = """if True:
    import sys
    def watch(event, args):
        if event == "import" and args[0] == "asgwarm.cli.main":
            print(sys.getswitchinterval())
    sys.addaudithook(watch)
    sys.argv = ["asgwarm", "--version"]
    from asgwarm.__main__ import main
    main()
"""


@pytest.fixture
def env(home):
    """Its environment, without what measures coverage in every process."""
    return {k: v for k, v in home.env.items() if not k.startswith("COVERAGE_")}


def _run(env, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(
        command, env=env | more, capture_output=True, text=True, timeout=60, check=True
    )


def _loaded(env, *words: str) -> list[str]:
    """The modules that a command line loads, in their order."""
    done = _run(env, *words, PYTHONPROFILEIMPORTTIME="1")
    return LOADED.findall(done.stderr)


def _least_cpu_s(env, ways: Sequence[Sequence[str]]) -> list[float]:
    """The least that each way took of the processor, run in turns."""
    least = [float("inf")] * len(ways)
    for _ in range(RUNS):
        for at, words in enumerate(ways):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            _run(env, *words)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took_s = after.ru_utime + after.ru_stime
            took_s -= before.ru_utime + before.ru_stime
            least[at] = min(least[at], took_s)
    return least


def test_get_loads_nothing_that_it_does_not_need(env, pool):
    """No library for AWS, options or tables on the way to a command's output."""
    pool.until_ready()

    loaded = _loaded(env, *ASGWARM, "get", pool.name, "--", "true")

    assert {"asyncssh", "asgwarm.lean.client"} <= {*loaded}
    assert not HEAVY.intersection(loaded)


def test_a_claim_does_not_wait_for_what_only_its_ssh_needs(env, pool):
    """That is loaded while the claim is on its way."""
    pool.until_ready()

    loaded = _loaded(env, *ASGWARM, "get", pool.name, "--", "true")

    claims = loaded.index("asgwarm.pool")
    assert {name for name in SSH_ALONE if loaded.index(name) < claims} == set()


def test_an_answer_is_not_kept_waiting_by_an_import(env):
    """Before anything is loaded threads have agreed to take turns of half a ms."""
    said = _run(env, "-c", WATCHED).stdout.split()

    assert float(said[0]) == 0.0005


def test_help_loads_a_parser_and_no_more(env):
    """Nor anything that could reach AWS or an instance."""
    loaded = _loaded(env, *ASGWARM, "get", "--help")

    assert "typer" in loaded
    assert not {*loaded} & (HEAVY - {"typer", "click"} | {"asyncio", "asyncssh", "ssl"})


def test_get_and_help_start_in_a_few_times_what_python_takes(env, pool):
    """Of the processor: 17 times for all of `get`, 5 for `--help`, when measured."""
    pool.until_ready()
    get = (*ASGWARM, "get", pool.name, "--wait", "60s", "--", "true")
    ways = [("-c", "pass"), get, (*ASGWARM, "get", "--help")]

    python_s, get_s, help_s = _least_cpu_s(env, ways)

    assert get_s < 24 * python_s
    assert help_s < 8 * python_s
