"""asyncssh, imported without the search for libraries that are not used.

While it is imported asyncssh looks for liboqs and nettle with ctypes, which starts
ldconfig, a compiler and a linker each time: more work than the rest of the import. What
they would add, sntrup761 and UMAC, is not offered here (see `handshake`).

Rule 1: who connects calls `import_asyncssh` before anything else imports it.
Rule 2: the search is skipped for those names, in this thread, during this import. Other
threads find what they look for, and afterwards everything is as it was.
"""

import ctypes.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_UNUSED = frozenset({"oqs", "liboqs", "nettle", "libnettle", "libnettle-6"})
_ONE_AT_A_TIME = threading.Lock()


def import_asyncssh() -> None:
    """Import asyncssh, unless that has been done."""
    with _ONE_AT_A_TIME:
        if "asyncssh" not in sys.modules:
            with _unused_libraries_not_found():
                import asyncssh  # noqa: F401


@contextmanager
def _unused_libraries_not_found() -> Iterator[None]:
    here, search = threading.get_ident(), ctypes.util.find_library

    def find(name: str) -> str | None:
        if name in _UNUSED and threading.get_ident() == here:
            return None
        return search(name)

    ctypes.util.find_library = find
    try:
        yield
    finally:
        ctypes.util.find_library = search
