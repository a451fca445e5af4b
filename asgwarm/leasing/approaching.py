"""The approach to a leased instance, begun as soon as there is a lease."""

import asyncio

from asgwarm.clients import Clients
from asgwarm.connect.approach import Approach
from asgwarm.connect.beside import Notices
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.push import push_key
from asgwarm.connect.timings import Timings
from asgwarm.leasing.lease import Lease


def approach(
    lease: Lease,
    clients: Clients,
    timings: Timings,
    *,
    os_user: str = "",
) -> Approach:
    """Begin to push the lease's key, or a new one, and to dial its instance.

    Args:
        os_user: Whom to log in as, if not the one that the row names.

    Raises:
        SessionFailed: The lease's row names no way in.
        ConfigError: There can be no such user.
    """
    target, key = lease.target, lease.key
    if os_user:
        target = target.for_user(os_user)
    if key is None:
        with timings.phase("keygen"):
            key = SessionKey.generate()
    public_line = key.public_line

    def send() -> None:
        push_key(
            clients.eic,
            instance_id=lease.instance_id,
            os_user=target.os_user,
            public_line=public_line,
        )

    async def push() -> None:
        await asyncio.to_thread(send)

    tunnel, notices = None, Notices()
    if target.endpoint:
        from asgwarm.leasing.tunnelling import tunnel_to  # for the few who need it

        tunnel = tunnel_to(target, clients, notices.say)
    return Approach(target, key, push, timings=timings, tunnel=tunnel, notices=notices)
