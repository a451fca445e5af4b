"""Another user of the same computer, and the agent of this one."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.integration.agent.conftest import agent_home

pytestmark = pytest.mark.debian

NOBODY = 65534
# Runs as the other user, with nothing but Python's own library.
KNOCK = """if True:
    import json, socket, sys
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    try:
        sock.connect(sys.argv[1])
        sock.sendall(bytes.fromhex(sys.argv[2]))
        answer = sock.recv(1000).decode()
    except OSError as error:
        answer = type(error).__name__
    print(json.dumps(answer))
"""


@pytest.fixture
def folder():
    """A folder that the other user can enter, unlike those of pytest."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))  # where everybody may be
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def knock(home, body: bytes, user: int | None) -> str:
    """What a user hears who sends *body* to the agent."""
    message = len(body).to_bytes(4, "big") + body
    path = home.folder / "run/asgwarm/agent/socket"
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", KNOCK, str(path), message.hex()],
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd="/",
        capture_output=True,
        check=True,
        timeout=60,
    )
    return str(json.loads(done.stdout))


def test_another_user_gets_no_answer(folder):
    """Not through the folder, and not either when somebody has opened it."""
    with agent_home(folder) as home:
        version = home.run("--version").out.split()[1]
        body = b"\0".join([b"status", version, b"/", b"0"])

        assert '"pid"' in knock(home, body, None)
        assert knock(home, body, NOBODY) == "PermissionError"

        place = home.folder / "run/asgwarm/agent"
        for path in (place, place.parent, place.parent.parent):
            path.chmod(0o755)
        (place / "socket").chmod(0o777)
        assert knock(home, body, NOBODY) in (
            "",
            "BrokenPipeError",
            "ConnectionResetError",
        )
