"""A desk with programs that know nothing of asgwarm, on a region of its own.

They learn where AWS is from what `asgwarm local env` prints, evaluated by a real shell.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asgwarm.local import process
from asgwarm.local.control import Control
from asgwarm.local.info import RegionInfo

TIMEOUT_S = 60
ALLOWED = "203.0.113.7/32"  # an address for documentation
TOPIC = "arn:aws:sns:us-east-1:123456789012:people"
# What people have in their shells; each would send a client elsewhere.
LEFT_OVER = {
    "AWS_PROFILE": "work",
    "AWS_DEFAULT_PROFILE": "work",
    "AWS_SESSION_TOKEN": "stale",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CA_BUNDLE": "/nowhere.pem",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}
IN_A_SHELL = 'eval "$("$0" -m asgwarm local env)" && exec env -0'

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A shell in which the region's environment was evaluated, and the region."""

    folder: Path
    repository: Path
    environment: dict[str, str]
    info: RegionInfo

    @property
    def control(self) -> Control:
        """The region's control API."""
        return Control(self.info)

    def run(self, *command: object, code: int = 0, **options: Any) -> Done:
        """Run a program, whose exit code must be *code*."""
        settings: dict[str, Any] = {"text": True} | options
        done: Done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            cwd=self.folder,
            env=self.environment,
            timeout=TIMEOUT_S,
            check=False,
            **settings,
        )
        assert done.returncode == code, f"{command}: {done.stdout!r} {done.stderr!r}"
        return done

    def aws(self, *arguments: object, code: int = 0) -> Done:
        """Run the `aws` command."""
        return self.run("aws", *arguments, code=code)

    def ask(self, *arguments: object) -> Any:
        """What the `aws` command answers, as a document."""
        return json.loads(self.aws(*arguments, "--output", "json").stdout)

    def asgwarm(self, *arguments: object, code: int = 0) -> Done:
        """Run `asgwarm`, which finds the region by the environment as well."""
        return self.run(sys.executable, "-m", "asgwarm", *arguments, code=code)

    def deploying(self, pool: str, **parameters: object) -> list[str]:
        """The command that deploys the template without asgwarm."""
        return [
            *("aws", "cloudformation", "deploy", "--capabilities", "CAPABILITY_IAM"),
            *("--template-file", str(self.repository / "templates" / "pool.yaml")),
            *("--stack-name", f"asgwarm-{pool}", "--no-fail-on-empty-changeset"),
            *("--parameter-overrides", f"Pool={pool}"),
            *(f"{name}={value}" for name, value in parameters.items()),
        ]

    def deploying_operations(self, pool: str, **parameters: object) -> list[str]:
        """The command that deploys a pool's alarms."""
        return [
            *("aws", "cloudformation", "deploy"),
            "--template-file",
            str(self.repository / "templates" / "operations.yaml"),
            *("--stack-name", f"asgwarm-{pool}-operations"),
            *("--parameter-overrides", f"Pool={pool}"),
            *(f"{name}={value}" for name, value in parameters.items()),
        ]

    def begin(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a program that somebody else waits for."""
        return subprocess.Popen(command, cwd=self.folder, env=self.environment)

    def stack(self, pool: str) -> Any:
        """The pool's stack, with its parameters by name."""
        (stack,) = self.ask(
            "cloudformation", "describe-stacks", "--stack-name", f"asgwarm-{pool}"
        )["Stacks"]
        stack["Parameters"] = {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in stack["Parameters"]
        }
        return stack

    def until(self, done: Callable[[], Any]) -> Any:
        """What *done* returns once it is true; asked again after each change."""
        while True:
            status = self.control.status()
            if found := done():
                return found
            assert status["uptime_s"] < TIMEOUT_S * 4, f"it did not happen: {status}"
            self.control.wait_change(1.0, since=status["changes"])


@pytest.fixture(scope="session")
def desk(repository: Path) -> Iterator[Desk]:
    """A desk in a folder of its own, which is also its home and open to everybody."""
    folder = Path(tempfile.mkdtemp(prefix="asgwarm-desk-"))
    folder.chmod(0o755)  # only the region itself keeps others out of its part
    state_dir = folder / "state" / "asgwarm" / "local"
    try:
        info = process.start(state_dir)
        yield Desk(
            folder=folder,
            repository=repository,
            environment=evaluated(surroundings(repository, folder)),
            info=info,
        )
    finally:
        process.stop(state_dir)
        shutil.rmtree(folder)


def surroundings(repository: Path, folder: Path) -> dict[str, str]:
    """A shell's environment before anything of the region is known."""
    programs = repository / ".venv-aws" / "bin"
    if not (programs / "aws").exists():
        pytest.fail("there is no aws command here: make .venv-aws/.ready")
    measured = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "PYTHONPATH": str(repository),
        **LEFT_OVER,
        **measured,
    }


def evaluated(environment: dict[str, str]) -> dict[str, str]:
    """The environment after `eval "$(asgwarm local env)"` in the system's shell."""
    printed = subprocess.run(
        ["/bin/sh", "-c", IN_A_SHELL, sys.executable],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    ).stdout
    pairs = (line.partition("=") for line in printed.split("\0") if line)
    return {name: value for name, _, value in pairs}


@pytest.fixture(scope="session")
def deployed(desk: Desk) -> Desk:
    """The desk with two pools: `dev`, made by the `aws` command, and `ours`.

    `ours` was made by `up` and then updated by the `aws` command. `dev` has alarms.
    The command looks only every 30 s whether a stack is done, so that all three run
    at once.
    """
    desk.asgwarm("up", "ours", "--warm", "0", "--allow", ALLOWED, "--yes")
    commands = [
        desk.deploying("dev", Warm=1),
        desk.deploying("ours", Cap=6),
        desk.deploying_operations("dev", Topic=TOPIC, DeadLetters="q", Dashboard="yes"),
    ]
    running = [desk.begin(command) for command in commands]
    assert [program.wait(TIMEOUT_S) for program in running] == [0, 0, 0]
    return desk
