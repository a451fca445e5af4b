"""What `get` and `connect` do once they are inside.

Rule: the one line about the way in comes before a shell, where it is out of the
way, and after a command, whose output stands first.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asgwarm.errors import ConnectionDropped, LeaseLost

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.connect.timings import Timings
    from asgwarm.leasing.holding import Session
    from asgwarm.leasing.lease import Lease


async def inside(
    session: "Session", timings: "Timings", invocation: "Invocation"
) -> int:
    """Run the remote command, or a shell; returns its exit code."""
    from asgwarm.connect.remote import OutputLost

    if invocation.remote is None:
        invocation.output.hand_over()
        report(session.lease, timings.as_dict(), invocation, timings.notes)
        return await session.shell(invocation.streams)
    entered = timings.as_dict()
    try:
        code = await session.run(invocation.remote, invocation.streams)
    except (ConnectionDropped, LeaseLost, OutputLost):
        invocation.output.hand_over()  # the command may have been started
        raise
    measured = timings.as_dict()
    # A silent command has no first byte, and its run is no part of the way in.
    silent = "first_byte_ms" not in measured
    shown = entered if silent else measured
    report(session.lease, shown, invocation, timings.notes)
    return code


def report(
    lease: "Lease",
    measured: Mapping[str, int],
    invocation: "Invocation",
    notes: Mapping[str, str] = {},
) -> None:
    """Write the way in: one line of text, or the lease's document with --json."""
    from asgwarm.cli.views import documents, leases

    if invocation.output.json:
        invocation.output.document(documents.lease(lease, measured, notes))
    else:
        invocation.output.note(leases.hit(lease, measured))
