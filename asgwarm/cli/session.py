"""What `get` and `connect` do once they are inside.

Rule: the one line about the way in comes before a shell, where it is out of the
way, and after a command, whose output stands first.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asgwarm.cli.entering import Entry
from asgwarm.errors import ConnectionDropped, LeaseLost

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.connect.timings import Timings
    from asgwarm.domain.forwards import Forward
    from asgwarm.leasing.holding import Session
    from asgwarm.leasing.lease import Lease


async def inside(
    session: "Session", timings: "Timings", invocation: "Invocation", entry: Entry
) -> int:
    """Run the remote command, or a shell, or neither; returns the exit code."""
    if entry.agent:
        session.forward_agent(entry.agent)
    if not entry.forwards:
        return await _inside(session, timings, invocation, entry)
    from asgwarm.connect.forwarding import forwards

    async with forwards(session.conn, entry.forwards) as listening:
        return await _inside(session, timings, invocation, entry, listening)


async def _inside(
    session: "Session",
    timings: "Timings",
    invocation: "Invocation",
    entry: Entry,
    listening: "Sequence[Forward]" = (),
) -> int:
    _tell(listening, invocation)
    if invocation.remote is not None:
        return await _command(
            session, timings, invocation, invocation.remote, listening
        )
    measured, notes = timings.as_dict(), timings.notes
    if not entry.forwards_only:
        invocation.output.hand_over()
    report(session.lease, measured, invocation, notes, listening)
    if entry.forwards_only:
        invocation.output.note("connected until Ctrl-C")
        await session.stay(invocation.output.note)
    return await session.shell(invocation.streams, outlives=entry.tmux)


async def _command(
    session: "Session",
    timings: "Timings",
    invocation: "Invocation",
    command: Sequence[str],
    listening: "Sequence[Forward]",
) -> int:
    from asgwarm.connect.remote import OutputLost

    entered = timings.as_dict()
    try:
        code = await session.run(command, invocation.streams)
    except (ConnectionDropped, LeaseLost, OutputLost):
        invocation.output.hand_over()  # the command may have been started
        raise
    measured = timings.as_dict()
    # A silent command has no first byte, and its run is no part of the way in.
    silent = "first_byte_ms" not in measured
    shown = entered if silent else measured
    report(session.lease, shown, invocation, timings.notes, listening)
    return code


def _tell(listening: "Sequence[Forward]", invocation: "Invocation") -> None:
    """Say what is forwarded, a line each."""
    for each in listening:
        goes_to = each.goes_to or "wherever a SOCKS client says"
        ends = ("here", "there") if each.listens_here else ("there", "here")
        invocation.output.note(
            f"forwarding {each.listens_at} {ends[0]} to {goes_to} {ends[1]}"
        )


def report(
    lease: "Lease",
    measured: Mapping[str, int],
    invocation: "Invocation",
    notes: Mapping[str, str] = {},
    listening: "Sequence[Forward]" = (),
) -> None:
    """Write the way in: one line of text, or the lease's document with --json."""
    from asgwarm.cli.views import documents, leases

    if invocation.output.json:
        document = documents.lease(lease, measured, notes)
        if listening:
            document |= {"forwards": documents.forwards(listening)}
        invocation.output.document(document)
    else:
        invocation.output.note(leases.hit(lease, measured))
