"""The agent of one key, asked by asyncssh's own client of agents."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.openssh.key_agent import TIMES_NAMED, KeyAgent


@dataclass
class Asked:
    """An agent, where it listens, and whether the instance has its key."""

    path: str
    key: SessionKey = field(default_factory=SessionKey.generate)
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    has_it: bool = True

    def __post_init__(self) -> None:
        self.agent = KeyAgent(self.key, self._opened)

    async def _opened(self) -> bool:
        self.waits.set()
        await self.opened.wait()
        return self.has_it


@pytest.fixture
async def asked(tmp_path) -> AsyncIterator[Asked]:
    """An agent that listens."""
    made = Asked(str(tmp_path / "agent"))
    async with await asyncio.start_unix_server(made.agent.serve, made.path):
        yield made


async def test_the_key_is_named_once_the_instance_has_it(asked):
    """Three times, for ssh to offer it again; nobody waits in vain."""
    async with asyncssh.connect_agent(asked.path) as client:
        naming = asyncio.create_task(client.get_keys())
        await asked.waits.wait()
        assert not naming.done()
        asked.opened.set()
        keys = await naming

    assert [key.public_data for key in keys] == [asked.key.blob] * TIMES_NAMED


async def test_a_key_that_the_instance_will_not_have_is_not_named(asked):
    """Then ssh has nothing to offer."""
    asked.has_it = False
    asked.opened.set()

    async with asyncssh.connect_agent(asked.path) as client:
        assert list(await client.get_keys()) == []


async def test_a_signature_is_good_and_is_noted(asked):
    """After it nothing more will be asked."""
    asked.opened.set()
    public = asyncssh.import_public_key(asked.key.public_line)

    async with asyncssh.connect_agent(asked.path) as client:
        await client.get_keys()
        assert not asked.agent.signed.is_set()
        signature = await client.sign(asked.key.blob, b"data")

    assert public.verify(b"data", signature)
    assert asked.agent.signed.is_set()


async def test_another_key_signs_nothing(asked):
    """Nor does anything else happen that an agent could do."""
    other = SessionKey.generate()

    async with asyncssh.connect_agent(asked.path) as client:
        with pytest.raises(ValueError, match="Unable to sign"):
            await client.sign(other.blob, b"data")
        with pytest.raises(ValueError, match="Unable to"):
            await client.remove_all()

    assert not asked.agent.signed.is_set()


@pytest.mark.parametrize("size", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
async def test_nonsense_ends_one_connection_and_no_more(asked, size):
    """An empty question, and an endless one, of which nothing is waited for."""
    asked.opened.set()
    reader, writer = await asyncio.open_unix_connection(asked.path)
    writer.write(size)

    assert await reader.read() == b""

    writer.close()
    async with asyncssh.connect_agent(asked.path) as client:
        assert list(await client.get_keys())
