"""Where instances listen: each on an address of its own where the system allows it.

On Linux all of 127.0.0.0/8 is the machine itself, so an instance gets one of
127.0.1.1 … 127.0.255.254. macOS has 127.0.0.1 only: there they differ by port. Port 22
needs root, so the port is whatever is free; whoever connects learns it from the record.
"""

import socket

ONLY_ADDRESS = "127.0.0.1"
_PER_NET = 254
_NETS = 255


class Addresses:
    """Hands addresses out in turn, one that is in use never twice."""

    def __init__(self) -> None:
        self._next = 0
        self._used: set[str] = set()
        self._many = _can_bind("127.0.1.1")

    def take(self) -> str:
        """An address for a new instance."""
        if not self._many:
            return ONLY_ADDRESS
        for _ in range(_NETS * _PER_NET):
            net, host = divmod(self._next, _PER_NET)
            self._next = (self._next + 1) % (_NETS * _PER_NET)
            address = f"127.0.{1 + net}.{1 + host}"
            if address not in self._used:
                self._used.add(address)
                return address
        return ONLY_ADDRESS

    def give_back(self, address: str) -> None:
        """The instance that had it has ended."""
        self._used.discard(address)


def _can_bind(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
