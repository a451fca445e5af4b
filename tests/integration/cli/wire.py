"""A network between a user and their instances, which a test can cut."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Wire:
    """A relay to a port, beside it at the same address, in threads of its own."""

    def __init__(self, address: str, port: int) -> None:
        self._there = (address, port)
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_silent = False
        self._start(self._accept)

    def silence(self) -> None:
        """Carry nothing any more, and close nothing: as if the other end were gone."""
        self._is_silent = True

    def cut(self) -> None:
        """End all connections without a word, as a network does; new ones may come."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._sockets.clear()

    def close(self) -> None:
        """End everything."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._there)
                self._sockets += [near, far]
                self._start(lambda near=near, far=far: self._carry(near, far))
                self._start(lambda near=near, far=far: self._carry(far, near))

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._is_silent:
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _start(self, work: Any) -> None:
        threading.Thread(target=work, daemon=True).start()


@contextmanager
def wired(pool: Any) -> Iterator[list[Wire]]:
    """Put a wire before every instance of *pool* that is ready now."""
    rows = {i: row for i, row in pool.rows().items() if row["st"] == "READY"}
    wires = {i: Wire(row["address"], int(row["port"])) for i, row in rows.items()}
    try:
        for instance_id, wire in wires.items():
            _lead(pool, instance_id, wire.port)
        yield [*wires.values()]
    finally:
        for instance_id, wire in wires.items():
            _lead(pool, instance_id, int(rows[instance_id]["port"]))
            wire.close()


def _lead(pool: Any, instance_id: str, port: int) -> None:
    pool.table.update_item(
        TableName=f"asgwarm-{pool.name}",
        Key=pool.key(instance_id),
        UpdateExpression="SET #port = :port",
        ExpressionAttributeNames={"#port": "port"},
        ExpressionAttributeValues={":port": {"N": str(port)}},
    )
