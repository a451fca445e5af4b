"""Going in with a key and a push of the test's own."""

from typing import Any

import asyncssh

from asgwarm.connect import way_in
from asgwarm.connect.approach import Approach


async def connect(
    *about: Any, timings: Any, **how: Any
) -> asyncssh.SSHClientConnection:
    """Approach with `Approach`'s arguments, and connect."""
    return await way_in.connect(Approach(*about, timings=timings), **how)
