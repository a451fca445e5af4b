"""A program that uses a pool, as mypy and pyright see it; nobody else reads this.

An ignored error that is none is an error too, so each `ignore` below proves a refusal.
"""

import sys
from pathlib import Path
from typing import assert_type

from asgwarm import (
    DEVNULL,
    PIPE,
    STDOUT,
    AsyncInstance,
    AsyncPool,
    CommandFailed,
    Done,
    Instance,
    Lease,
    Pool,
)
from asgwarm.domain.history import Event
from asgwarm.files.progress import Copied
from asgwarm.leasing.standing import PoolStatus


def block(pool: Pool, folder: Path) -> None:
    """What a pool and an instance give, and of which type."""
    with pool.get(ttl="1h", wait=30, name="web", keep=True) as instance:
        assert_type(instance, Instance)
        assert_type(instance.lease, Lease)
        assert_type(instance.timings.total_ms, int)
        assert_type(instance.run(["make", "test"]), Done)
        done = instance.run("cat", stdin=b"in", stdout=sys.stdout.buffer, stderr=STDOUT)
        assert_type(done.returncode, int)
        assert_type(done.stdout, str)
        assert_type(done.stdout_bytes, bytes)
        with folder.open() as file:
            instance.run("cat", stdin=file, stdout=print, stderr=DEVNULL)
        instance.run("pwd", cwd=folder, env={"CI": "1"}, timeout=1.5, stdout=PIPE)
        assert_type(instance.put("dist/a.whl", "wheels/"), Copied)
        assert_type(instance.get(Path("out"), folder), Copied)
        assert_type(instance.shell(), int)
        with instance.forward(8080) as port:
            assert_type(port, int)
    assert_type(Pool.local(), Pool)
    assert_type(pool.name, str)
    assert_type(pool.status(), PoolStatus)
    assert_type(pool.leases(), list[Lease])
    assert_type(pool.find("web"), Lease)
    assert_type(pool.renew("web", ttl="2h"), Lease)
    assert_type(pool.events(), list[Event])
    pool.release("web")


async def wait(pool: AsyncPool) -> None:
    """The same for a program with a loop of its own."""
    async with pool.get() as instance:
        assert_type(instance, AsyncInstance)
        assert_type(await instance.run("true"), Done)
        await instance.ssh.run("true")
        async with instance.forward(8080) as port:
            assert_type(port, int)
    async with pool.connect(await pool.find("web")) as instance:
        assert_type(await instance.shell(), int)
    assert_type(await AsyncPool.local("dev", hot=3), AsyncPool)


def fail(error: CommandFailed) -> None:
    """What an error tells."""
    assert_type(error.returncode, int | None)
    assert_type(error.stdout, str)
    assert_type(error.exit_code, int)


def misuse(pool: Pool, lease: Lease, instance: Instance) -> None:
    """What a type checker refuses."""
    pool.get(ttl=None)  # type: ignore[arg-type]  # a text or seconds
    pool.get(time="1h")  # type: ignore[call-arg]  # there is no such thing
    pool.release(17)  # type: ignore[arg-type]  # a lease, its id or its name
    instance.run(17)  # type: ignore[arg-type]  # a line or words
    instance.run("ls", stdout=sys.stdout)  # type: ignore[arg-type]  # bytes, no text
    lease.pool = "other"  # type: ignore[misc]  # frozen
    with instance.run("true"):  # type: ignore[attr-defined]  # it is over
        pass
