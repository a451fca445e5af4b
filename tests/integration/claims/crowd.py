"""Several claimants in one process, as `crowd.py ENDPOINT … < JSON`; a line for each.

The settings come on stdin, so that no secret is among the arguments.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.errors import AsgwarmError
from asgwarm.leasing.journal import Journal
from asgwarm.pool import LeasingPool


def _complain(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


async def _one(asked: dict[str, Any], clients: Clients, number: int) -> dict[str, Any]:
    pool = LeasingPool(
        asked["pool"],
        clients=clients,
        journal=Journal(Path(asked["folder"]), report=_complain),
        owner=f"crowd@lab:{number}",
        warn=_complain,
    )
    try:
        async with pool.get(wait_s=asked["wait_s"], keep=asked["keep"]) as session:
            there = await session.conn.run("pwd", check=True)
            return {
                "lease_id": session.lease.id,
                "instance_id": session.lease.instance_id,
                "there": str(there.stdout).strip(),
                "exit_code": 0,
            }
    except AsgwarmError as error:
        return {"exit_code": error.exit_code, "code": error.code, "said": error.message}


async def _all(asked: dict[str, Any]) -> list[dict[str, Any]]:
    clients = Clients(AwsSettings(**asked["settings"]))
    each = range(asked["first"], asked["first"] + asked["count"])
    return await asyncio.gather(*(_one(asked, clients, number) for number in each))


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    for outcome in asyncio.run(_all(asked)):
        sys.stdout.write(json.dumps(outcome) + "\n")
