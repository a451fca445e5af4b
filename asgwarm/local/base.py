"""The base of the region, ministack, made to follow the region's clock and switches.

Its CloudFormation takes more than a second to load. That happens on a thread while the
region already answers; a CloudFormation call that comes earlier waits for it.
"""

import asyncio
import importlib
from collections.abc import Callable

from asgwarm.local import (
    nat,
    seam,
    seam_changes,
    seam_deletion,
    seam_functions,
    seam_interfaces,
    seam_logs,
    seam_policy,
    seam_workers,
)
from asgwarm.local.clock import Clock
from asgwarm.local.faults import FaultTable
from asgwarm.local.functions import Running

CLOUDFORMATION = "cloudformation"


class Base:
    """The base's application, and when it may be asked.

    Args:
        handlers: Makes the CloudFormation handlers of our own services.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        faults: FaultTable,
        running: Running,
        handlers: Callable[[], seam.Handlers],
    ) -> None:
        self.app = seam.application()
        seam.keep_time(clock.now)
        seam_workers.keep_workers()
        seam_interfaces.list_by_tags()
        seam_logs.make_no_group()
        seam_functions.watch_functions(
            started=running.started,
            returned=running.returned,
            lose_stream=lambda: faults.now.stream_lost,
            now=clock.now,
        )
        self._handlers = handlers
        self._complete = asyncio.create_task(asyncio.to_thread(self._load_the_rest))

    def _load_the_rest(self) -> None:
        for module in ("asyncssh", "yaml"):  # needed by the first instance
            importlib.import_module(module)
        seam.overlay_resources(self._handlers() | nat.handlers())
        seam.describe_stacks()
        seam_changes.tell_replacements()
        seam_deletion.keep_what_is_needed()
        seam_policy.obey_policies()

    async def ready_for(self, service: str) -> None:
        """Return once *service* may be asked."""
        if service == CLOUDFORMATION:
            await asyncio.shield(self._complete)

    def stop(self) -> None:
        """End what the base has started."""
        self._complete.cancel()
        seam_functions.stop_functions()
