"""Real processes of the command line, each with folders of its own."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

import asgwarm
from asgwarm import provision
from asgwarm.clients import AwsSettings, Clients
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions

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
        done = subprocess.run(
            [sys.executable, "-m", "asgwarm", *argv],
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


@dataclass
class Pool:
    """A pool that serves, looked at from outside."""

    name: str
    region: Any

    def rows(self) -> dict[str, dict[str, Any]]:
        """Instance rows of the registry as plain values, by instance id."""
        answer = self.region.client("dynamodb").query(
            TableName=f"asgwarm-{self.name}",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"POOL#{self.name}#0"}},
            ConsistentRead=True,
        )
        return {
            item["sk"]["S"][2:]: {
                name: next(iter(typed.values())) for name, typed in item.items()
            }
            for item in answer["Items"]
        }

    def in_state(self, state: str) -> list[str]:
        """Ids of the instances whose row says *state*."""
        return [i for i, row in self.rows().items() if row["st"] == state]

    def leased(self) -> dict[str, str]:
        """Instance ids by the id of the live lease that holds them."""
        rows = self.rows().items()
        return {row["lease_id"]: i for i, row in rows if row["st"] == "LEASED"}

    def until_ready(self, count: int = 1) -> list[str]:
        """Ids of the ready instances, once there are *count*."""
        found: list[str] = self.region.until(
            lambda: len(ready := self.in_state("READY")) >= count and ready
        )
        return found

    def until_leased(self, count: int = 1) -> dict[str, str]:
        """The live leases, once there are *count*."""
        found: dict[str, str] = self.region.until(
            lambda: len(held := self.leased()) >= count and held
        )
        return found


def clients_of(region: Any) -> Clients:
    """The product's own clients for *region*."""
    return Clients(
        AwsSettings(
            region=region.info.region,
            endpoint_url=region.info.endpoint_url,
            access_key_id=region.info.access_key_id,
            secret_access_key=region.info.secret_access_key,
        )
    )


def serve(region: Any, name: str, **options: int) -> Pool:
    """Create a pool and return once its hot instances are ready."""

    def pause(seconds: float) -> None:
        changes = region.control.status()["changes"]
        region.control.wait_change(changes, min(seconds, 0.2))

    clients = clients_of(region)
    network = default_network(clients.ec2)
    asked = PoolOptions(
        pool=name,
        vpc=network.vpc,
        subnets=network.subnets,
        allow="127.0.0.0/8",
        **options,  # type: ignore[arg-type]  # sizes are numbers
    )
    provision.up(asked, clients, on_event=lambda event: None, sleep=pause)
    return Pool(name, region)


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


@pytest.fixture(name="serve")
def serve_fixture() -> Callable[..., Pool]:
    """Makes a pool, by region, name and sizes."""
    return serve


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


@pytest.fixture
def users_clients() -> Callable[[Any], Clients]:
    """Makes the product's own clients for a region."""
    return clients_of
