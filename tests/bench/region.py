"""The region of one run: the stand-in for AWS and the instances' sshd, at their place.

Rule: what is started here is gone when the block ends, and so is its folder.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.bench import certificates, sshd
from tests.bench.command import REPOSITORY, running
from tests.bench.conditions import Conditions
from tests.bench.network import HOSTS, PREFIX, Network, tunnelled
from tests.bench.proxy import proxied
from tests.bench.stand_in import Orders
from tests.bench.supply import Door
from tests.bench.ways import Desk, sit_down


@contextmanager
def laid_out(conditions: Conditions) -> Iterator[Desk]:
    """Start a region; its services may not listen yet when the block begins.

    Raises:
        BenchFailed: Something that is needed is not there.
    """
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the region's user is another one
        with _network(conditions, folder) as network:
            keys = sshd.make_keys(folder / "sshd")
            tls = certificates.write(folder, (*HOSTS, "localhost"))
            orders = Orders(
                listen=network.listen,
                port=network.aws_port,
                chain=str(tls.chain),
                tls_key=str(tls.key),
                keys=str(keys.pushed),
                eic_ms=conditions.eic_ms,
                door=_door(network, keys),
            )
            desk = Desk(
                folder=folder / "desk", network=network, keys=keys, trusted=tls.root
            )
            sit_down(desk)
            with (
                _serving(orders, network, folder / "orders.json"),
                sshd.serving(keys, network, conditions),
            ):
                yield desk


def _network(conditions: Conditions, folder: Path) -> AbstractContextManager[Network]:
    if os.geteuid() == 0:
        return tunnelled(conditions.rtt_ms, folder)
    return proxied(conditions.rtt_ms)


def _door(network: Network, keys: sshd.Keys) -> Door:
    return Door(
        address=network.address,
        port=network.ssh_port,
        os_user=network.os_user,
        host_key=keys.host_key,
    )


@contextmanager
def _serving(orders: Orders, network: Network, file: Path) -> Iterator[None]:
    orders.write(file)
    command = [*network.region, sys.executable, "-m", "tests.bench.stand_in", str(file)]
    with running(command, cwd=REPOSITORY):
        yield
