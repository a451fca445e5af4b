"""Where a user's agent listens, and who is at the other end.

Rule: what starts with every `get` is imported here: os, sys and what is built in.
"""

import _socket
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOCKET, LOCK, STARTING, LOG = "socket", "lock", "starting", "log"
LONGEST = 103  # bytes of a socket's path; macOS has the smaller limit, 104 with the NUL


def folder(env: "Mapping[str, str]") -> str:
    """Return the folder of the agent that serves this environment."""
    run = env.get("XDG_RUNTIME_DIR", "")
    if run.startswith("/"):
        return f"{run}/asgwarm/agent"
    state = env.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        home = env.get("HOME") or os.path.expanduser("~")  # noqa: PTH111  # see above
        state = f"{home}/.local/state"
    return f"{state}/asgwarm/agent"


def reach(place: str, name: str, use: "Callable[[str], None]") -> None:
    """Call *use* with an address of the socket *name* in the folder *place*.

    A longer one than fits goes by the folder's descriptor, which Linux can.

    Raises:
        OSError: There is no such folder, or no address for it.
    """
    path = f"{place}/{name}"
    if len(os.fsencode(path)) <= LONGEST:
        return use(path)
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return use(f"/proc/self/fd/{handle}/{name}")
    finally:
        os.close(handle)


def peer_uid(sock: _socket.socket) -> int:
    """Return the user at the other end, as the kernel knows it."""
    if sys.platform == "linux":
        told = sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    else:
        told = sock.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: version, uid, …
    return int.from_bytes(told[4:8], sys.byteorder)
