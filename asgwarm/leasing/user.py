"""What somebody brings to a pool: their name, their journal, what they saw ready.

Rule: the command line and the Python API bring the same, so that a lease of the one
is found by the other.
"""

import getpass
import os
import socket
from collections.abc import Callable, Mapping

from asgwarm import config
from asgwarm.clients import Clients
from asgwarm.leasing.journal import Journal
from asgwarm.leasing.remembered import ReadyLists


def owner() -> str:
    """Who holds what is claimed by this process: `user@host:pid`."""
    return f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}"


def journal(env: Mapping[str, str], warn: Callable[[str], None]) -> Journal:
    """The user's own leases."""
    return Journal(config.state_dir(env) / "leases", report=warn)


def ready_lists(clients: Clients, env: Mapping[str, str]) -> ReadyLists:
    """What earlier claims of the user saw ready in the place that *clients* reach."""
    settings = clients.settings
    place = (clients.region, settings.endpoint_url, settings.profile)
    return ReadyLists(config.cache_dir(env) / "ready", place)
