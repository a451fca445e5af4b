"""The two faces of a pool: the same methods, and nothing left when they are done."""

import asyncio
import contextlib
import inspect
import json
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from asgwarm import AsyncInstance, AsyncPool, Instance, LeaseLost, Pool
from asgwarm.errors import ConnectionDropped, LeaseNotFound
from tests.integration.pools import settings_of


def _public(face):
    return {name for name in dir(face) if not name.startswith("_")}


def test_the_faces_have_the_same_methods():
    """But for what only a program with a loop can use."""
    assert _public(AsyncInstance) - {"ssh"} == _public(Instance) - {"timings"}
    assert _public(AsyncPool) == _public(Pool) - {"name"}
    for name in ("__init__", "local"):
        ours, theirs = (
            inspect.signature(getattr(face, name)).parameters
            for face in (Pool, AsyncPool)
        )
        assert list(ours.values()) == list(theirs.values())
    for face, blocking in ((AsyncPool, Pool), (AsyncInstance, Instance)):
        for name in _public(blocking) - {"name", "lease", "timings", "local"}:
            assert getattr(blocking, name).__doc__ == getattr(face, name).__doc__


def test_an_instance_is_given_back_whatever_leaves_the_block(pool, served):
    """The end of the block, an error, an interruption."""
    for error in (None, ZeroDivisionError, KeyboardInterrupt, StopIteration):
        raises = pytest.raises(error) if error else contextlib.nullcontext()
        with raises, pool.get() as instance:
            lease_id = instance.lease.id
            assert lease_id in served.leased()
            if error:
                raise error

        assert lease_id not in served.leased()


async def test_an_instance_is_given_back_where_its_connection_breaks(
    async_pool, served
):
    """A program does not come back to it as a person does."""
    with pytest.raises(ConnectionDropped) as caught:
        async with async_pool.get() as instance:
            lease_id = instance.lease.id
            asyncio.get_running_loop().call_later(0.1, instance.ssh.abort)
            await instance.run("exec sleep 1000")

    assert "still yours" not in str(caught.value)
    assert lease_id not in served.leased()


def test_a_lease_may_be_kept_found_connected_to_and_released(pool, served):
    """All that the command line can do with one."""
    with pool.get(name="web", keep=True, ttl=90) as instance:
        lease = instance.lease
        instance.run("echo mine > here")
        assert instance.timings.total_ms > 0

    with pool.connect("web") as again:
        assert again.run("cat here").stdout == "mine\n"
    assert [one.id for one in pool.leases()] == [lease.id]
    assert pool.renew("web", ttl="10m").ttl_s == 600
    pool.release(pool.find("web"))
    assert served.leased() == {}
    with pytest.raises(LeaseNotFound):
        pool.find("web")
    assert pool.status().counts["leased"] == 0
    assert pool.events()


def test_the_same_token_gets_the_same_lease(pool):
    """For a program that was started again."""
    same = {"token": "build-7"}
    with pool.get(keep=True, **same) as first:
        pass
    with pool.get(**same) as second:
        assert second.lease.id == first.lease.id == "api.build-7"


def test_a_lease_that_somebody_ended_is_told_at_the_next_use(pool, served):
    """And the end of the block tells nothing new."""
    with pool.get() as instance:
        lease = instance.lease
        pool.release(lease)
        served.region.until(lambda: instance._one.ssh.is_closed())
        with pytest.raises(LeaseLost):
            instance.run("true")
        with pytest.raises(LeaseLost), instance.forward(80):
            pass


def test_files_and_folders_go_there_and_come_back(pool, tmp_path):
    """As `cp -r` would copy them; both ways tell how far they are."""
    source, back = tmp_path / "source", tmp_path / "back"
    (source / "inner").mkdir(parents=True)
    (source / "inner/file").write_bytes(bytes(100_000))
    told: list[Any] = []

    with pool.get() as instance:
        copied = instance.put(source, "there", on_progress=told.append)
        assert instance.run("wc -c < there/inner/file").stdout.strip() == "100000"
        instance.get("there", back)

    assert copied.total_bytes == told[-1].done_bytes == 100_000
    assert (back / "inner/file").read_bytes() == bytes(100_000)


def _page(port):
    web = HTTPConnection("127.0.0.1", port, timeout=10)
    web.request("GET", "/hello")
    with web.getresponse() as answer:
        return answer.read()


def test_a_port_of_the_instance_is_reached_while_a_block_lasts(pool, tmp_path):
    """A web server there answers here, and does no more afterwards."""
    serve = (
        'echo hi > hello; exec python3 -c "import http.server as h;'
        "s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler);"
        'print(s.server_port, flush=True); s.serve_forever()"'
    )
    with pool.get() as instance:
        told, ports = threading.Event(), []

        def hear(data):
            ports.append(int(data))
            told.set()

        def server():
            instance.run(serve, check=False, stdout=hear)

        thread = threading.Thread(target=server)
        thread.start()
        assert told.wait(20)
        with instance.forward(ports[0]) as port:
            assert _page(port) == b"hi\n"
        with pytest.raises(ConnectionRefusedError):
            _page(port)
        instance.run("pkill -f [s]erve_forever", check=False)
        thread.join(20)


def _descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_when_nobody_needs_it(pool):
    """No thread, no descriptor; the connections to AWS are kept for the next call."""
    with pool.get() as instance:
        instance.run("true")
    before = _descriptors()

    with pool.get() as instance:
        instance.run("true")
        assert "asgwarm" in {thread.name for thread in threading.enumerate()}

    assert [t.name for t in threading.enumerate() if t.name.startswith("asg")] == []
    assert _descriptors() <= before


async def test_a_program_with_a_loop_has_the_connection_itself(async_pool, served):
    """For all that asyncssh can do; several instances at once are a gather."""

    async def use():
        async with async_pool.get() as instance:
            there = await instance.ssh.run("pwd", check=True)
            done = await instance.run("pwd")
            assert there.stdout == done.stdout
            return done.stdout

    homes = await asyncio.gather(use(), use())

    assert len(set(homes)) == 2


async def test_a_command_whose_caller_is_cancelled_is_ended(async_pool):
    """Nobody waits for it any more."""
    async with async_pool.get() as instance:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(
            instance.run("echo $$; sleep 600", stdout=lambda b: told.set_result(int(b)))
        )
        pid = await told

        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        gone = f"while kill -0 {pid}; do sleep .02; done"
        await instance.run(gone, timeout=10, stderr=lambda _: None)


PROGRAM = """
import json, sys
from asgwarm import Pool
from asgwarm.clients import AwsSettings
asked = json.loads(sys.stdin.readline())
pool = Pool("api", settings=AwsSettings(**asked))
with pool.get() as instance:
    instance.run("echo $$; sleep 600", stdout=sys.stdout.buffer)
"""


def test_ctrl_c_ends_the_command_and_gives_the_instance_back(served, env, pool):
    """In a program that does nothing about it."""
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**env, "PYTHONPATH": root},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(json.dumps(asdict(settings_of(served.region))).encode())
        program.stdin.write(b"\n")
        program.stdin.flush()
        pid = int(program.stdout.readline())
        assert len(served.leased()) == 1

        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=20)

    assert said.decode().rstrip().endswith("KeyboardInterrupt")
    assert program.returncode == -signal.SIGINT
    assert served.leased() == {}
    served.region.until(lambda: not Path(f"/proc/{pid}").exists())
