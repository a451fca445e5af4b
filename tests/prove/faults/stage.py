"""Where the cells of the matrix are played: a region, its pools, and a user.

The user's commands run in this process, from their words to their exit code, with the
product's own clients. Two pools serve them: `dev` has instances, `idle` has none.

Rule 1: between cells the function is switched off, and what a cell did to the rows is
undone by putting the rows back. That is the stage's doing, never the product's.
Rule 2: a cell begins with an empty journal and without faults.
"""

import contextlib
import gc
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.session import Session, get_session

from asgwarm.cli import catalogue, main
from asgwarm.clients import Clients
from tests.integration.pools import Pool, serve, settings_of

# A real user waits ten seconds for a slow answer, and tries four times; the matrix
# has no time.
READ_TIMEOUT_S, SLOW_S = 1.0, 1.3
ATTEMPTS = 3
XDG = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
# The function is let near nothing.
FROZEN = {"kind": "denied", "owner": "lambda"}
HUSK = {
    "Description": "asgwarm pool, what an interrupted end has left of it",
    "Parameters": {"Pool": {"Type": "String"}},
    "Resources": {"Left": {"Type": "AWS::SQS::Queue"}},
}


@dataclass(frozen=True)
class Done:
    """What one command line left."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        """The error's document; empty when there was no error."""
        lines = [line for line in self.err.splitlines() if line.startswith("{")]
        documents = [json.loads(line) for line in lines]
        errors = [one for one in documents if one["schema"] == "asgwarm.error/v1"]
        return errors[-1] if errors else {}


class Remembering(Clients):
    """The product's clients; what boto3 knows of the services is read once for all."""

    _known = get_session().get_component("data_loader")

    @cached_property
    def _botocore(self) -> Session:
        session = super()._botocore
        session.register_component("data_loader", self._known)
        return session


@dataclass
class Stage:
    """A running region with two pools, and a user's folders below *folder*."""

    region: Any
    folder: Path
    pools: dict[str, Pool] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _prepared: Callable[["Stage"], None] | None = None

    def __post_init__(self) -> None:
        self.env = {name: str(self.folder / "home") for name in XDG}
        self.env |= {"HOME": str(self.folder / "home"), "PATH": os.environ["PATH"]}
        self.client: dict[str, Any] = {}
        for name in ("dynamodb", "cloudformation", "ec2", "logs"):
            self.client[name] = self.region.client(name)
        self.new_clients()

    def new_clients(self) -> None:
        """Forget connections and what is left of the budget for tries."""
        usual = replace(settings_of(self.region), attempts=ATTEMPTS)
        hasty = replace(usual, read_timeout_s=READ_TIMEOUT_S)
        self.clients = {False: Remembering(usual), True: Remembering(hasty)}

    def build(self) -> "Stage":
        """Create the pools, and remember their rows as they are when all is well."""
        for name, hot in (("dev", 2), ("idle", 0)):
            self.pools[name] = serve(self.region, name, hot=hot, warm=0, cap=20)
        self.region.control.settle()
        self.freeze()
        for name in self.pools:
            self.rows[name] = self._scan(name)
        return self

    def freeze(self, *http: Any, frozen: bool = True) -> None:
        """Switch on exactly these faults; while *frozen* the function does nothing."""
        still = [FROZEN] if frozen else []
        self.region.control.set_faults(http=[*still, *http], stream_lost=frozen)

    def wait_for_late_calls(self) -> None:
        """Return when every slow call has been performed that nobody waits for."""
        control = self.region.control
        until_s = control.status()["uptime_s"] + SLOW_S
        while (status := control.status())["uptime_s"] < until_s:
            control.wait_change(until_s - status["uptime_s"], since=status["changes"])
        control.settle()

    def prepare(
        self, prepare: Callable[["Stage"], None], *, is_lasting: bool = False
    ) -> None:
        """Set up what a play needs; once for all plays that leave it as it was."""
        if is_lasting and self._prepared is prepare:
            return
        self.restore()
        prepare(self)
        self._prepared = prepare if is_lasting else None

    def restore(self) -> None:
        """Put the rows back and forget the user's journal."""
        self.freeze()
        puts = {
            f"asgwarm-{name}": [{"PutRequest": {"Item": item}} for item in rows]
            for name, rows in self.rows.items()
        }
        self.client["dynamodb"].batch_write_item(RequestItems=puts)
        shutil.rmtree(self.folder / "home/asgwarm", ignore_errors=True)

    def thaw(self) -> None:
        """Let the function do its work."""
        self.region.control.set_faults()

    def status(self, pool: str) -> str:
        """The status of a pool's stack; empty when there is none."""
        found = self.client["cloudformation"].describe_stacks()["Stacks"]
        mine = [one for one in found if one["StackName"] == f"asgwarm-{pool}"]
        return str(mine[0]["StackStatus"]) if mine else ""

    def stack_id(self, pool: str) -> str:
        """The id of a pool's stack; empty when there is none."""
        found = self.client["cloudformation"].describe_stacks()["Stacks"]
        mine = [one for one in found if one["StackName"] == f"asgwarm-{pool}"]
        return str(mine[0]["StackId"]) if mine else ""

    def running(self, pool: str) -> list[str]:
        """The ids of a pool's instances that are not ended, by their tag."""
        tag = {"Name": "tag:asgwarm:stack", "Values": [self.stack_id(pool)]}
        pages = self.client["ec2"].describe_instances(Filters=[tag])["Reservations"]
        ended = ("terminated", "shutting-down")
        found = [one for page in pages for one in page["Instances"]]
        return [i["InstanceId"] for i in found if i["State"]["Name"] not in ended]

    def _scan(self, pool: str) -> list[dict[str, Any]]:
        answer = self.client["dynamodb"].scan(TableName=f"asgwarm-{pool}")
        items: list[dict[str, Any]] = answer["Items"]
        return [item for item in items if item["pk"]["S"].startswith("POOL#")]

    def run(self, *argv: str, is_slow: bool = False) -> Done:
        """Run one command line, documents and all, to its exit code.

        Args:
            is_slow: Whether answers may come later than the user waits for them.
        """
        self._clients = self.clients[is_slow]
        (self.folder / "home").mkdir(mode=0o700, parents=True, exist_ok=True)
        words = list(argv)
        words.insert(1, "--json")
        with _streams(self.folder) as (out, err):
            code = main.run(words, self.env, self._load)
            gc.collect(1)  # whoever complains about what was left does it now
            read = [_all_of(stream) for stream in (out, err)]
        return Done(code, *read)

    def _load(self, command: catalogue.Command) -> Any:
        module = main.module_of(command)

        def run(flags: Any, invocation: Any) -> int:
            invocation.clients = self._clients
            return int(module.run(flags, invocation))

        run.__doc__ = module.run.__doc__
        return SimpleNamespace(Flags=module.Flags, run=run)

    def journal(self) -> dict[str, str]:
        """What the user's journal says of each lease, by its id."""
        files = (self.folder / "home/asgwarm/leases").glob("*.json")
        entries = [json.loads(file.read_text()) for file in files]
        return {entry["lease_id"]: entry["outcome"] for entry in entries}

    def counted(self, since: int) -> dict[tuple[str, str], int]:
        """How often the user called what since call number *since*."""
        found: dict[tuple[str, str], int] = {}
        for call in self.region.control.requests(since):
            if call["owner"] == "user":
                key = call["service"], call["action"]
                found[key] = found.get(key, 0) + 1
        return found

    def last_call(self) -> int:
        """The number of the newest call."""
        return int(self.region.control.status()["calls"])


def _all_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _streams(folder: Path) -> Iterator[Sequence[Any]]:
    """Real files for stdout and stderr, and nothing on stdin."""
    stdin = sys.stdin
    with (
        Path(os.devnull).open(encoding="utf-8") as nothing,
        (folder / "out").open("w+", encoding="utf-8") as out,
        (folder / "err").open("w+", encoding="utf-8") as err,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        sys.stdin = nothing
        try:
            yield out, err
        finally:
            sys.stdin = stdin
