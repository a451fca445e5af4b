"""One way to a prompt in a process of its own: what was called, and what was loaded.

`python -m tests.integration.lean.hot_path < JSON`: settings, a pool and a folder come
on stdin, and what was loaded goes to stdout.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.connect.push import push_key
from asgwarm.connect.timings import Timings
from asgwarm.leasing.journal import Journal
from asgwarm.pool import LeasingPool


def complain(sentence: str) -> None:
    """Say what went wrong without being an error."""
    sys.stderr.write(sentence + "\n")


async def walk(asked: dict[str, Any]) -> None:
    """Claim an instance, push a key onto it, and give it back."""
    clients = Clients(AwsSettings(**asked["settings"]), asked["env"])
    pool = LeasingPool(
        asked["pool"],
        clients=clients,
        journal=Journal(Path(asked["journal"]), report=complain),
        owner="lean@lab:1",
        warn=complain,
    )
    lease = await pool.claim(ttl_s=600, wait_s=0, timings=Timings())
    assert lease.key is not None
    push_key(
        clients.eic,
        instance_id=lease.instance_id,
        os_user=lease.target.os_user,
        public_line=lease.key.public_line,
    )
    await pool.release(lease)


if __name__ == "__main__":
    asyncio.run(walk(json.loads(sys.stdin.readline())))
    sys.stdout.write(json.dumps(sorted(sys.modules)))
