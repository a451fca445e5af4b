"""Users whose agent runs."""

import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import (
    Home,
    home_in,
    own_pool,
    pool,
    terminal,
)

__all__ = ["own_pool", "pool", "terminal"]


@dataclass
class AgentHome(Home):
    """A user's folders, with an agent."""

    pids: set[int] = field(default_factory=set)

    def agent(self, *argv: str) -> Any:
        """What a command about the agent says."""
        done = self.run("agent", *argv, "--json")
        assert done.code == 0, done
        self.pids |= {done.document["pid"]} if "pid" in done.document else set()
        return done.document

    def stop(self) -> None:
        """End the agent, kindly if it can be."""
        self.close()
        try:
            self.agent("stop")
        finally:
            for pid in self.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@contextmanager
def agent_home(folder: Path, *start: str, **env: str) -> Iterator[AgentHome]:
    """A user below *folder* whose agent was started with the words *start*."""
    with home_in(folder, **env) as made:
        home = AgentHome(made.folder, made.env, made.started)
        assert home.agent("start", *start)["running"]
        try:
            yield home
        finally:
            home.stop()


@pytest.fixture
def home(tmp_path: Path, region: Any) -> Iterator[AgentHome]:
    """A user whose environment leads to the shared region, and `--local` too."""
    (tmp_path / "state/asgwarm").mkdir(mode=0o700, parents=True)
    (tmp_path / "state/asgwarm/local").symlink_to(region.info.state_dir)
    with agent_home(tmp_path, **region.environment()) as made:
        yield made


@pytest.fixture
def own_home(tmp_path: Path, own_region: Any) -> Iterator[AgentHome]:
    """A user whose environment leads to that region; faults end with the test."""
    with agent_home(tmp_path / "home", **own_region.environment()) as made:
        yield made
        own_region.control.set_faults()
