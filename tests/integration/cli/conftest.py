"""Real processes of the command line, each with folders of its own."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

import asgwarm
from tests.integration.pools import Pool, serve

TIMEOUT_S = 60
XDG = {
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_RUNTIME_DIR": "run",
}


@dataclass(frozen=True)
class Done:
    """What a run of the command line left."""

    code: int
    out: bytes
    err: str

    @property
    def document(self) -> Any:
        """The one document on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def documents(self) -> list[Any]:
        """The documents on stderr; a line that is none fails the test."""
        return [json.loads(line) for line in self.err.splitlines()]


@dataclass
class Home:
    """A user's folders, and what is typed there."""

    folder: Path
    env: dict[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, *argv: str, stdin: bytes = b"", **env: str) -> Done:
        """Run one command line to its end."""
        return self._run(["-m", "asgwarm", *argv], stdin, env)

    def run_python(self, code: str, *argv: str) -> Done:
        """Run Python code with arguments to its end."""
        return self._run(["-c", code, *argv], b"", {})

    def _run(self, argv: list[str], stdin: bytes, env: dict[str, str]) -> Done:
        done = subprocess.run(
            [sys.executable, *argv],
            input=stdin,
            capture_output=True,
            env=self.env | env,
            cwd=self.folder,
            timeout=TIMEOUT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def start(self, *argv: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start one command line; whatever is left of it ends with the test."""
        settings: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), PIPE)
        settings |= {"env": self.env, "cwd": self.folder} | options
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "asgwarm", *argv], **settings
        )
        self.started.append(process)
        return process

    def journal(self) -> dict[str, Any]:
        """The leases that the user's journal knows, by id."""
        files = (self.folder / "state/asgwarm/leases").glob("*.json")
        entries = [json.loads(file.read_text()) for file in files]
        return {entry["lease_id"]: entry for entry in entries}

    def close(self) -> None:
        """End what was started."""
        for process in self.started:
            with process:
                process.kill()


@contextmanager
def home_in(folder: Path, **env: str) -> Iterator[Home]:
    """A user's folders below *folder*; nothing of this process's own user."""
    names = {name: str(folder / part) for name, part in XDG.items()}
    for name in names.values():
        Path(name).mkdir(mode=0o700, parents=True, exist_ok=True)
    base = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    base["PYTHONPATH"] = str(Path(asgwarm.__file__).resolve().parents[1])
    base |= {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
    home = Home(folder, base | names | env)
    try:
        yield home
    finally:
        home.close()


@pytest.fixture
def home(tmp_path: Path, region: Any) -> Iterator[Home]:
    """A user whose environment leads to the shared region, and `--local` too."""
    (tmp_path / "state/asgwarm").mkdir(mode=0o700, parents=True)
    (tmp_path / "state/asgwarm/local").symlink_to(region.info.state_dir)
    with home_in(tmp_path, **region.environment()) as made:
        yield made


@pytest.fixture(scope="module")
def own_pool(own_region: Any) -> Pool:
    """A pool in it, two instances hot and none warm."""
    return serve(own_region, "dev", hot=2, warm=0, cap=20)


@pytest.fixture
def own_home(tmp_path: Path, own_region: Any) -> Iterator[Home]:
    """A user whose environment leads to that region; faults end with the test."""
    with home_in(tmp_path / "home", **own_region.environment()) as made:
        yield made
    own_region.control.set_faults()


@pytest.fixture
def fresh_home(tmp_path: Path, fresh_region: Any) -> Iterator[Home]:
    """A user whose environment leads to the test's own region."""
    with home_in(tmp_path / "home", **fresh_region.environment()) as made:
        yield made


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Home]:
    """A user who has no region and no AWS account."""
    with home_in(tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="session")
def pool(region: Any) -> Pool:
    """A pool in the shared region, with three instances hot and two warm."""
    return serve(region, "cli", hot=3, warm=2, cap=60)


@dataclass
class Terminal:
    """A terminal with a person's hands on it."""

    hands: int
    screen: int
    seen: bytes = b""

    def until(self, text: bytes, timeout_s: float = 20.0) -> None:
        """Read until *text* has been shown."""
        deadline = time.monotonic() + timeout_s
        os.set_blocking(self.hands, False)
        while text not in self.seen:
            left_s = deadline - time.monotonic()
            assert left_s > 0, f"{text!r} never came: {self.seen!r}"
            if select.select([self.hands], [], [], left_s)[0]:
                self.seen += os.read(self.hands, 65536)

    def type(self, text: bytes) -> None:
        """Type."""
        os.write(self.hands, text)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A pseudo-terminal."""
    hands, screen = pty.openpty()
    yield Terminal(hands, screen)
    os.close(hands)
    os.close(screen)
