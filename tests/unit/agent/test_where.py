"""Where the agent listens."""

import socket
import sys

import pytest

from asgwarm.agent.where import LONGEST, folder, peer_uid, reach


def test_the_runtime_folder_comes_first():
    """It is the user's alone and is gone after logging out."""
    env = {"XDG_RUNTIME_DIR": "/run/user/7", "XDG_STATE_HOME": "/s", "HOME": "/h"}

    assert folder(env) == "/run/user/7/asgwarm/agent"
    del env["XDG_RUNTIME_DIR"]
    assert folder(env) == "/s/asgwarm/agent"
    del env["XDG_STATE_HOME"]
    assert folder(env) == "/h/.local/state/asgwarm/agent"


def test_a_relative_folder_is_none():
    """The XDG specification has relative paths ignored."""
    env = {"XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state", "HOME": "/h"}

    assert folder(env) == "/h/.local/state/asgwarm/agent"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
@pytest.mark.parametrize("length", [20, 120])
def test_a_path_that_is_too_long_for_a_socket_is_reached_all_the_same(tmp_path, length):
    """Bound and connected to, whatever the length of the folder's name."""
    place = tmp_path / ("x" * length)
    place.mkdir()
    assert length < LONGEST or len(str(place)) > LONGEST
    with (
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as caller,
    ):
        reach(str(place), "socket", listener.bind)
        listener.listen()

        reach(str(place), "socket", caller.connect)

        assert (place / "socket").is_socket()


def test_the_kernel_says_who_is_at_the_other_end():
    """Both ends of a pair are this process's user."""
    one, other = socket.socketpair()
    with one, other:
        assert peer_uid(one) == peer_uid(other) == __import__("os").getuid()
