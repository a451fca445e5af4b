"""asyncssh, imported without what is not used.

While it is imported asyncssh looks for liboqs and nettle with ctypes, which starts
ldconfig, a compiler and a linker each time: more work than the rest of the import. What
they would add, sntrup761 and UMAC, is not offered here (see `handshake`). And it loads
all of X.509 before it finds that pyOpenSSL, without which it has no use for it, is not
installed: a sixth of the import.

Rule 1: who connects calls `import_asyncssh` before anything else imports it.
Rule 2: the search is skipped for those names, in this thread, during this import. Other
threads find what they look for, and afterwards everything is as it was.
Rule 3: where pyOpenSSL is installed X.509 is loaded, for whoever else uses asyncssh in
this process.
"""

import ctypes.util
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_UNUSED = frozenset({"oqs", "liboqs", "nettle", "libnettle", "libnettle-6"})
_X509 = "asyncssh.crypto.x509"
_ONE_AT_A_TIME = threading.Lock()


def import_asyncssh() -> None:
    """Import asyncssh, unless that has been done."""
    with _ONE_AT_A_TIME:
        if "asyncssh" not in sys.modules:
            with _unused_libraries_not_found(), _useless_x509_not_loaded():
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


@contextmanager
def _useless_x509_not_loaded() -> Iterator[None]:
    if importlib.util.find_spec("OpenSSL"):
        yield
        return
    sys.modules[_X509] = None  # type: ignore[assignment]  # means: not to be had
    try:
        yield
    finally:
        del sys.modules[_X509]
