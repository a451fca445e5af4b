"""How asyncssh is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

# What a program sees that notes every search for a library.
WATCHED = """if True:
    import ctypes.util, sys, threading
    searched = []
    def search(name):
        searched.append(name)
        return f"lib{name}.so.1"
    ctypes.util.find_library = search
    from asgwarm.connect.importing import import_asyncssh
"""


def run(program: str) -> None:
    """Run a program in a new interpreter; its assertions are ours."""
    done = subprocess.run(  # this interpreter, our own text
        [sys.executable, "-c", WATCHED + program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_import_searches_for_no_library_and_leaves_no_trace():
    """No compiler is started, and the next search is the real one."""
    run("""
    import_asyncssh()
    assert "asyncssh" in sys.modules
    assert searched == []
    assert ctypes.util.find_library is search
    """)


def test_another_thread_finds_its_library_meanwhile():
    """Only the thread that imports is told that there is none."""
    run("""
    found = []
    class Meanwhile:
        def find_spec(self, name, path=None, target=None):
            if name == "asyncssh.crypto.umac":
                other = threading.Thread(
                    target=lambda: found.append(ctypes.util.find_library("nettle"))
                )
                other.start()
                other.join()
    sys.meta_path.insert(0, Meanwhile())
    import_asyncssh()
    assert found == ["libnettle.so.1"]
    """)


def test_a_failed_import_leaves_no_trace_either():
    """The search is the real one after that, too."""
    run("""
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "asyncssh.connection":
                raise ImportError(name)
    sys.meta_path.insert(0, Broken())
    try:
        import_asyncssh()
    except ImportError:
        assert ctypes.util.find_library is search
    else:
        sys.exit("it was imported")
    """)


@pytest.mark.parametrize("times", [1, 2])
def test_who_goes_in_loads_it_this_way(times):
    """Also when two threads do so at once, as `get` does."""
    run(f"""
    from asgwarm.leasing.loading import load_hold
    threads = [threading.Thread(target=load_hold) for _ in range({times})]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert "asgwarm.connect.way_in" in sys.modules
    assert searched == []
    assert ctypes.util.find_library is search
    """)


def test_x509_is_not_loaded_where_asyncssh_could_not_use_it():
    """Without pyOpenSSL, which is not here; no trace of the omission either."""
    run("""
    import_asyncssh()
    assert "cryptography.x509" not in sys.modules
    assert "asyncssh.crypto.x509" not in sys.modules
    """)


def test_x509_is_there_for_others_where_pyopenssl_is():
    """Whoever uses asyncssh in this process, too, has all of it."""
    run("""
    import importlib.machinery, types
    class Installed:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] == "OpenSSL":
                return importlib.machinery.ModuleSpec(name, self, is_package=True)
        def create_module(self, spec):
            module = types.ModuleType(spec.name)
            module.crypto = types.SimpleNamespace()
            return module
        def exec_module(self, module): pass
    sys.meta_path.insert(0, Installed())
    import_asyncssh()
    assert "asyncssh.crypto.x509" in sys.modules
    """)
