"""A login as one would write it oneself: push a new key, connect, run a command.

Rule: one step after the other, with boto3 and asyncssh as they come. The host key is
pinned all the same.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from asgwarm.bench.desk import SAYS
from asgwarm.bench.phases import Phases
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.push import push_key
from asgwarm.connect.target import Target
from asgwarm.errors import SessionFailed

if TYPE_CHECKING:
    from mypy_boto3_ec2_instance_connect import EC2InstanceConnectClient

LOGIN_S = 30.0


async def log_in(
    target: Target,
    eic: "EC2InstanceConnectClient",
    phases: Phases,
    *,
    arrived: Callable[[], None],
) -> None:
    """Log in, run a command, leave.

    Args:
        arrived: Called at the first byte of what ran on the instance.

    Raises:
        SessionFailed: The instance did not let us in.
        KeyPushFailed: EC2 Instance Connect refused the key.
    """
    import asyncssh

    with phases.phase("keygen"):
        key = SessionKey.generate()
    with phases.phase("push"):
        await asyncio.to_thread(
            push_key,
            eic,
            instance_id=target.instance_id,
            os_user=target.os_user,
            public_line=key.public_line,
        )
    pinned = asyncssh.import_public_key(target.host_key)
    try:
        async with asyncio.timeout(LOGIN_S):
            with phases.phase("connect"):
                connection = await asyncssh.connect(
                    target.address,
                    port=target.port,
                    username=target.os_user,
                    client_keys=[key.private],
                    known_hosts=([pinned], [], []),
                    config=None,
                    agent_path=None,
                )
            async with connection:
                with phases.phase("first_byte"):
                    process = await connection.create_process(f"echo {SAYS}")
                    await process.stdout.read(1)
                arrived()
    except (OSError, asyncssh.Error, TimeoutError) as error:
        raise SessionFailed(f"{target} did not let us in: {error}") from error
