"""`python -m asgwarm.local`: the process of an emulated region; see process.py."""

import argparse
import asyncio
import logging
import resource
from pathlib import Path

from asgwarm.local import environment
from asgwarm.local.clock import Pace
from asgwarm.local.keyring import ACCOUNT_ID, Credential, new_credential
from asgwarm.local.serving import bind


def main() -> None:
    """Run a region until it is told to stop."""
    parser = argparse.ArgumentParser(prog="asgwarm.local")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--port", type=int)
    parser.add_argument("--pace", type=Pace, choices=list(Pace), default=Pace.REAL)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    _allow_descriptors()
    listener = bind(given.port)
    worker = Credential(
        access_key_id=ACCOUNT_ID,
        secret_access_key=new_credential("lambda").secret_access_key,
        owner="lambda",
    )
    environment.set_for_base(
        port=listener.getsockname()[1],
        region=given.region,
        folder=given.state / "base",
        worker=worker,
    )
    from asgwarm.local.region import Options, run

    options = Options(state_dir=given.state, region=given.region, pace=given.pace)
    asyncio.run(run(options, listener=listener, worker=worker))


def _allow_descriptors() -> None:
    """Have as many files open as may be: each session of each instance is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
