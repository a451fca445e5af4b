"""What docs/ shows to Python programmers does what it says."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.integration.pools import serve

pytestmark = pytest.mark.long

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def examples(region):
    """A pool for the widest of them."""
    return serve(region, "examples", hot=20, warm=0, cap=80)


@pytest.fixture
def run(examples, tmp_path, repository):
    """Runs a program as somebody who uses that pool."""
    own = {f"XDG_{name}_HOME": str(tmp_path) for name in ("STATE", "CACHE", "CONFIG")}
    own |= {"ASGWARM_POOL": examples.name, "PYTHONPATH": str(repository)}

    def start(*words, stdin=""):
        return subprocess.run(
            [sys.executable, *map(str, words)],
            input=stdin,
            env=os.environ | examples.region.environment() | own,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return start


@pytest.fixture
def folder(repository):
    """Where they are."""
    return repository / "docs/examples"


def test_a_suite_is_shared_among_instances(run, folder, tmp_path):
    """Its exit code is the worst, and all that the tests said is shown."""
    project = tmp_path / "project"
    project.mkdir()
    for name, verdict in (("a", "True"), ("b", "1 < 2"), ("c", "1 > 2")):
        (project / f"test_{name}.py").write_text(f"def test_{name}(): assert {verdict}")
    pytest_there = (sys.executable, "-m", "pytest", "-q")

    done = run(
        folder / "test_runner.py", "--instances", 2, project, "--", *pytest_there
    )

    assert done.returncode == 1, done.stderr
    assert "== test_a.py test_c.py: exit code 1" in done.stdout
    assert "== test_b.py: exit code 0" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_untrusted_commands_have_a_time_and_a_limit(run, folder):
    """What they did is told whatever it was, and files stay between them."""
    commands = ["echo 1 > there", "cat there", "false", "sleep 60", "yes"]

    done = run(folder / "sandbox.py", stdin="\n".join(commands) + "\n")

    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["code"] for one in outcomes] == [0, 0, 1, None, None], done.stderr
    assert outcomes[1]["output"] == "1\n"
    assert "longer than" in outcomes[3]["note"]
    assert len(outcomes[4]["output"]) == 10_000


def test_what_the_manual_shows_can_be_run(run, repository, examples, tmp_path):
    """All blocks of docs/python.md, one after the other, as one program."""
    (tmp_path / "secret").write_text("t0p")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Makefile").write_text("all:\n")
    manual = (repository / "docs/python.md").read_text()
    program = tmp_path / "manual.py"
    program.write_text("\n".join(PYTHON_BLOCK.findall(manual)))

    done = run(program)

    assert done.returncode == 0, done.stderr
    assert "the command ended with 1 1" in done.stdout
    assert (tmp_path / "counted").read_text() == "1 project/Makefile\n"
    assert examples.leased() == {}


def test_work_is_shared_among_twenty(run, folder, examples):
    """And nothing of it is left."""
    done = run(folder / "fan_out.py", "--instances", 20)

    assert done.stdout == "78498\n", done.stderr
    assert examples.leased() == {}
