"""`asgwarm cp`."""

import re
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.options import Argument
from asgwarm.domain.names import LEASE_PATTERN, NAME_PATTERN
from asgwarm.domain.value import value
from asgwarm.errors import FINDINGS, ConfigError, SessionFailed

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.files.progress import Copied, OnProgress
    from asgwarm.leasing.holding import Session


@value
class Flags:
    """What `cp` accepts."""

    source: Annotated[
        str, Argument(metavar="SRC", help="A file or folder, here or LEASE:PATH.")
    ]
    to: Annotated[
        str, Argument(metavar="DST", help="Where it goes, on the other side.")
    ]


@value
class Ends:
    """What is copied, and which way. `lease` is an id or a name."""

    lease: str
    local: str
    remote: str
    is_put: bool


def run(flags: Flags, invocation: "Invocation") -> int:
    """Copy a file or folder to a lease's instance, or from it, as `cp -r` names them.

    Modes, times and links are kept and checksums compared. After an interruption the
    same command goes on where it was. The lease is kept.
    """
    ends = ends_of(flags.source, flags.to)
    invocation.clients.open_ahead()
    return invocation.run(_copy(ends, invocation))


def ends_of(source: str, to: str) -> Ends:
    """Return which end is on an instance.

    Raises:
        ConfigError: None is, or both are.
    """
    there, here = _on_lease(source), _on_lease(to)
    if there and not here:
        return Ends(lease=there[0], local=to, remote=there[1], is_put=False)
    if here and not there:
        return Ends(lease=here[0], local=source, remote=here[1], is_put=True)
    raise ConfigError(
        "one of the two has to be on an instance, as LEASE:PATH, and one here",
        hint="asgwarm cp ./results web:results",
    )


def _on_lease(typed: str) -> tuple[str, str] | None:
    lease, colon, path = typed.partition(":")
    is_lease = re.fullmatch(f"{NAME_PATTERN}|{LEASE_PATTERN}", lease)
    return (lease, path) if colon and is_lease else None


async def _copy(ends: Ends, invocation: "Invocation") -> int:
    from asgwarm.cli.views import copying
    from asgwarm.connect.timings import Timings

    pool, lease = await invocation.find(ends.lease, verb="cp")
    async with pool.session(lease, timings=Timings(), release=False) as session:
        with copying.progress(invocation.output) as show:
            try:
                done = await _moved(ends, session, show)
            except SessionFailed as error:
                raise await session.verdict() or error from error
    copying.report(done, invocation.output)
    return FINDINGS if done.left_out else 0


async def _moved(ends: Ends, session: "Session", show: "OnProgress") -> "Copied":
    from asgwarm.files.transfer import fetch, put  # with SSH, which is loaded by now

    if ends.is_put:
        return await put(session.conn, ends.local, ends.remote, on_progress=show)
    return await fetch(session.conn, ends.remote, ends.local, on_progress=show)
