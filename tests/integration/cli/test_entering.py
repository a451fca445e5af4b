"""Forwards, the user's agent, and no shell: what is typed with `get` and `connect`."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ASKS_AGENT = (
    "import os,socket;s=socket.socket(socket.AF_UNIX);"
    "s.connect(os.environ['SSH_AUTH_SOCK']);s.sendall(b'?');print(s.recv(9).decode())"
)


@contextmanager
def greeter(server: socket.socket) -> Iterator[None]:
    """Answer everybody who says something with `hello`."""

    def serve() -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            with near:
                if near.recv(1):
                    near.sendall(b"hello")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something that serves on this computer, hence on every instance."""
    server = socket.create_server(("127.0.0.1", 0))
    with greeter(server):
        yield server.getsockname()[1]


@pytest.fixture
def agent(tmp_path) -> Iterator[str]:
    """The socket of something that answers as an SSH agent would."""
    path = str(tmp_path / "agent")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    with greeter(server):
        yield path


def ask(port: int) -> bytes:
    """What a port of this computer's answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(b"?")
        return sock.recv(9)


def test_without_a_shell_ports_are_forwarded_until_ctrl_c(home, pool, service):
    """The document names the ports; SIGINT gives the lease back and is 130."""
    pool.until_ready()
    where = f"0:localhost:{service}"
    process = home.start("get", pool.name, "--json", "-N", "-L", where, "-R", where)
    lease = json.loads(process.stdout.readline())
    local, remote = lease["forwards"]

    assert ask(local["port"]) == ask(remote["port"]) == b"hello"
    assert (local["option"], remote["option"]) == ("-L", "-R")
    assert local["listens_at"] == f"127.0.0.1:{local['port']}"
    assert local["goes_to"] == f"localhost:{service}"
    assert lease["lease_id"] in pool.leased()

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    assert pool.leased() == {}
    with pytest.raises(ConnectionRefusedError):
        ask(local["port"])


def test_a_person_is_told_what_is_forwarded(home, pool):
    """One line each, which says which end listens."""
    pool.until_ready()
    process = home.start("get", pool.name, "-N", "-L", "0:db:5432", "-D", "0")

    said = [process.stderr.readline().decode() for _ in range(4)]
    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 143
    local, socks, way_in, last = said
    assert local.startswith("forwarding 127.0.0.1:")
    assert local.endswith(" here to db:5432 there\n")
    assert socks.endswith(" here to wherever a SOCKS client says there\n")
    assert way_in.startswith("i-")
    assert last == "connected until Ctrl-C\n"


def test_a_command_has_its_forwards(home, pool, service):
    """It finds what listens here under a port there, also when it is connected to."""
    pool.until_ready()
    asks = (
        "import socket,sys;s=socket.create_connection(('127.0.0.1',{port}));"
        "s.sendall(b'?');print(s.recv(9).decode())"
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ("-R", f"{port}:localhost:{service}", "--", "python3", "-c")
    command = (*words, asks.format(port=port))

    first = home.run("get", pool.name, "--keep", "--name", "fwd", *command)
    second = home.run("connect", "fwd", *command)

    assert (first.code, first.out) == (second.code, second.out) == (0, b"hello\n")
    assert f"forwarding localhost:{port} there to localhost:{service} here" in first.err
    assert home.run("release", "fwd").code == 0


WRONG = [
    (["-L", "{port}:localhost:80"], "port {port} is in use"),
    (["-D", "{port}"], "port {port} is in use"),
    (["-L", "80"], "-L '80' is not of its form"),
    (["-N", "--tmux"], "-N runs nothing"),
    (["--tmux"], "--tmux needs a terminal"),
    (["--no-shell", "-N"], "--no-shell connects to nothing"),
    (["-A"], "there is no SSH agent to forward: SSH_AUTH_SOCK is not set"),
    (["-N", "--", "true"], "-N runs nothing"),
    (["--tmux", "--", "true"], "--tmux is for a shell"),
]


@pytest.mark.parametrize(("words", "why"), WRONG, ids=lambda value: str(value))
def test_what_cannot_be_is_said_before_anything_is_claimed(
    home, pool, service, words, why
):
    """Exit code 2, and no instance was used up for it."""
    claims = _claims(pool)

    done = home.run("get", pool.name, *(word.format(port=service) for word in words))

    assert done.code == 2
    assert why.format(port=service) in done.err
    assert _claims(pool) == claims


def _claims(pool):
    calls = pool.region.control.requests()
    user = [call for call in calls if call["owner"] == "user"]
    return sum(call["action"] == "UpdateItem" for call in user)


def test_a_port_that_the_instance_does_not_give_costs_no_lease(home, pool, service):
    """125 with a command, as nothing was started; the instance is given back."""
    pool.until_ready()

    done = home.run("get", pool.name, "-R", f"{service}:localhost:1", "--", "true")

    assert done.code == 125
    assert f"the instance does not listen on port {service}" in done.err
    assert pool.leased() == {}


def test_an_agent_is_forwarded_when_asked_for(home, pool, agent):
    """What runs there reaches it by SSH_AUTH_SOCK."""
    pool.until_ready()

    done = home.run(
        *("get", pool.name, "-A", "--", "python3", "-c", ASKS_AGENT),
        SSH_AUTH_SOCK=agent,
    )

    assert (done.code, done.out) == (0, b"hello\n")


def test_an_agent_is_not_forwarded_unasked(home, pool, agent):
    """Whoever is root there could use its keys."""
    pool.until_ready()

    done = home.run(
        *("get", pool.name, "--", "echo ${SSH_AUTH_SOCK-none}"), SSH_AUTH_SOCK=agent
    )

    assert done.out == b"none\n"
