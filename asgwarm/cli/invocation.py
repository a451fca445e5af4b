"""One run of a command: what was typed, and what is made of it on demand.

Rule: nothing is read, imported or started before a command asks for it.
"""

import re
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from asgwarm import config
from asgwarm.cli.flags import Common
from asgwarm.cli.output import Output
from asgwarm.cli.signals import run_async
from asgwarm.domain.escape import printable
from asgwarm.domain.names import LEASE_PATTERN, check_pool, pool_of_lease
from asgwarm.errors import ConfigError, LeaseNotFound, PoolNotFound

if TYPE_CHECKING:
    from asgwarm.clients import AwsSettings, Clients
    from asgwarm.connect.streams import Streams
    from asgwarm.leasing.journal import Entry, Journal
    from asgwarm.leasing.lease import Lease
    from asgwarm.pool import LeasingPool

T = TypeVar("T")


class Invocation:
    """What a command's `run` works with beside its own flags."""

    def __init__(
        self,
        common: Common,
        output: Output,
        *,
        remote: tuple[str, ...] | None,
        env: Mapping[str, str],
        cwd: Path,
    ) -> None:
        self.common = common
        self.output = output
        self.remote = remote
        self.env = env
        self._cwd = cwd

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a command's coroutine to its end, or until a signal ends it.

        Raises:
            Interrupted: A signal arrived, and *main* has put right what it had begun.
        """
        return run_async(main)

    @cached_property
    def streams(self) -> "Streams":
        """Where a remote command's bytes come from and go to."""
        from asgwarm.connect.streams import Streams

        return Streams.own()

    @cached_property
    def config(self) -> config.Config:
        """Flags, environment and asgwarm.toml in one."""
        flags = {"region": self.common.region, "profile": self.common.profile}
        return config.load(flags, self.env, self._cwd)

    @cached_property
    def state_dir(self) -> Path:
        """Where the journal and the local region live."""
        return config.state_dir(self.env)

    @cached_property
    def journal(self) -> "Journal":
        """The user's own leases."""
        from asgwarm.leasing import user

        return user.journal(self.env, self._warn)

    @cached_property
    def clients(self) -> "Clients":
        """AWS clients for the settings in force.

        Raises:
            RegionDown: --local, and the local region is not running.
        """
        from asgwarm.clients import Clients

        return Clients(self._settings(), self.env)

    def start_local_region(self) -> None:
        """Start the local region, or find it running."""
        from asgwarm import local_region

        local_region.start(
            local_region.folder(self.state_dir), region=self.config.region
        )

    @cached_property
    def owner(self) -> str:
        """Who holds what is claimed here: user@host:pid."""
        from asgwarm.leasing import user

        return user.owner()

    def pool_name(self, typed: str) -> str:
        """The pool that was typed, or the configured one."""
        return check_pool(typed or self.config.pool)

    def pool(
        self, typed: str, make: "Callable[..., LeasingPool] | None" = None
    ) -> "LeasingPool":
        """The pool that was typed, or the configured one.

        Args:
            make: Makes it, with the arguments of `LeasingPool`, which is the default.
        """
        name = self.pool_name(typed)
        from asgwarm.leasing import user
        from asgwarm.pool import LeasingPool

        return (make or LeasingPool)(
            name,
            clients=self.clients,
            journal=self.journal,
            owner=self.owner,
            warn=self._warn,
            ready_lists=user.ready_lists(self.clients, self.env),
        )

    async def find(
        self, lease_or_name: str, *, verb: str
    ) -> tuple["LeasingPool", "Lease"]:
        """Return a lease and its pool: its id names it, or the journal knows the name.

        Args:
            verb: The command that is run, for the hint.

        Raises:
            LeaseNotFound: Neither the journal nor the configured pool knows it.
            ConfigError: Leases of several pools have that name.
        """
        name = self._pool_of(lease_or_name, verb)
        pool = self.pool(name)
        try:
            return pool, await pool.find(lease_or_name)
        except PoolNotFound as error:
            if name:
                raise
            raise LeaseNotFound(
                f"no lease {lease_or_name!r} is known here, and {error.message}",
                hint="asgwarm ls POOL",
            ) from error

    def forget(self, lease_id: str) -> bool:
        """Strike a claim of unknown outcome from the journal; whether there was one."""
        is_id = re.fullmatch(LEASE_PATTERN, lease_id)
        return bool(is_id) and self.pool(pool_of_lease(lease_id)).forget(lease_id)

    def entries_here(self) -> "list[Entry]":
        """The journal's leases in this region."""
        return [entry for entry in self.journal.all() if self._is_here(entry)]

    def unknown_claims(self) -> list[str]:
        """Ids of the claims made here of which nobody knows what became."""
        return [e.lease_id for e in self.entries_here() if e.outcome == "unknown"]

    def _pool_of(self, lease_or_name: str, verb: str) -> str:
        """Name of the lease's pool, empty when nothing says it."""
        if re.fullmatch(LEASE_PATTERN, lease_or_name):
            return pool_of_lease(lease_or_name)
        entries = [e for e in self.journal.find(lease_or_name) if self._is_here(e)]
        if len({entry.pool for entry in entries}) > 1:
            ids = ", ".join(entry.lease_id for entry in entries)
            raise ConfigError(
                f"the name {lease_or_name!r} is used in several pools: {ids}",
                hint=f"asgwarm {verb} {entries[0].lease_id}",
            )
        return entries[0].pool if entries else ""

    def _warn(self, sentence: str) -> None:
        self.output.note(f"warning: {printable(sentence)}")

    def _is_here(self, entry: "Entry") -> bool:
        here = (self.clients.region, self.clients.settings.endpoint_url)
        return (entry.region, entry.endpoint) == here

    def _settings(self) -> "AwsSettings":
        if self.common.local:
            from asgwarm import local_region

            return local_region.settings(self.state_dir)
        from asgwarm.clients import AwsSettings

        return AwsSettings(region=self.config.region, profile=self.config.profile)
