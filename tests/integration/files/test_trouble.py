"""Copies that break, and instances that lie."""

import os
import stat

import asyncssh
import pytest

from asgwarm.errors import SessionFailed, TransferFailed
from asgwarm.files.sides import part_of
from asgwarm.files.sums import Sums
from asgwarm.files.transfer import fetch, put
from asgwarm.local import login

BYTES = bytes(range(256)) * 10_000
BREAKS_AT = 1_000_000


class Breaks(login.Files):
    """Loses the connection once a file has got or given a million bytes."""

    def write(self, file_obj, offset, data):
        if offset + len(data) > BREAKS_AT:
            self.connection.abort()
        return super().write(file_obj, offset, data)

    def read(self, file_obj, offset, size):
        if offset + size > BREAKS_AT:
            self.connection.abort()
        return super().read(file_obj, offset, size)


class Garbles(login.Files):
    """Turns a byte over, in both directions."""

    def write(self, file_obj, offset, data):
        return super().write(file_obj, offset, data[:-1] + b"?")

    def read(self, file_obj, offset, size):
        data = super().read(file_obj, offset, size)
        assert isinstance(data, bytes)
        return data[:-1] + b"?"


def named(name: bytes, mode: int) -> asyncssh.SFTPName:
    """What a server says is in a folder."""
    about = asyncssh.SFTPAttrs(permissions=mode, size=4, uid=0, gid=0, atime=1, mtime=1)
    return asyncssh.SFTPName(name, name, about)


class Lies(login.Files):
    """Says that every folder holds what a test has told it to."""

    names: tuple[asyncssh.SFTPName, ...] = ()

    async def scandir(self, path: bytes):
        for name in self.names if not path.endswith(b"inner") else self.inside:
            yield name

    inside: tuple[asyncssh.SFTPName, ...] = ()

    def lstat(self, path: bytes):
        return super().stat(path)

    def readlink(self, path: bytes) -> bytes:
        return os.fsencode(self.map_path(b"").decode().replace("instance", "elsewhere"))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return super().open(b"any", pflags, attrs)


@pytest.mark.parametrize("way", ["put", "fetch"])
async def test_a_copy_that_broke_goes_on_where_it_was(machine, here, way):
    """What had arrived does not travel again."""
    source = here if way == "put" else machine.home
    (source / "file").write_bytes(BYTES)

    async def copy(conn):
        if way == "put":
            return await put(conn, here / "file", "copy")
        return await fetch(conn, "file", here / "copy")

    machine.files = Breaks
    async with machine.connected() as conn:
        with pytest.raises(SessionFailed, match="broke"):
            await copy(conn)
    machine.files = login.Files
    async with machine.connected() as conn:
        done = await copy(conn)

    to = machine.home if way == "put" else here
    assert (to / "copy").read_bytes() == BYTES
    assert 0 < done.moved_bytes < len(BYTES)


async def test_a_tree_that_broke_is_not_there_and_goes_on(machine, here):
    """Its name appears when it is complete; what is complete of it is kept."""
    (here / "tree").mkdir()
    for name in ("a", "b"):
        (here / "tree" / name).write_bytes(BYTES[: BREAKS_AT // 2])
    (here / "tree" / "c").write_bytes(BYTES)

    machine.files = Breaks
    async with machine.connected() as conn:
        with pytest.raises(SessionFailed):
            await put(conn, here / "tree", "copy")
    assert not (machine.home / "copy").exists()

    machine.files = login.Files
    async with machine.connected() as conn:
        await put(conn, here / "tree", "copy")
    assert {p.name for p in (machine.home / "copy").iterdir()} == {"a", "b", "c"}
    assert [p.name for p in machine.home.iterdir()] == ["copy"]


@pytest.mark.parametrize("way", ["put", "fetch"])
async def test_what_arrives_otherwise_never_gets_its_name(machine, here, way):
    """What was there before stays, and the part is gone."""
    machine.files = Garbles
    source, to = (here, machine.home) if way == "put" else (machine.home, here)
    (source / "file").write_bytes(BYTES)
    (to / "copy").write_bytes(b"before")

    async with machine.connected() as conn:
        with pytest.raises(TransferFailed, match="another checksum"):
            if way == "put":
                await put(conn, here / "file", "copy")
            else:
                await fetch(conn, "file", here / "copy")

    assert (to / "copy").read_bytes() == b"before"
    assert not (to / os.fsdecode(part_of(b"copy"))).exists()


@pytest.mark.parametrize("way", ["put", "fetch"])
async def test_without_a_program_for_checksums_a_copy_says_so(
    machine, here, way, monkeypatch
):
    """It is made all the same; nothing is taken for the same and nothing continued."""
    source, to = (here, machine.home) if way == "put" else (machine.home, here)
    (source / "file").write_bytes(BYTES)
    (to / "copy").write_bytes(BYTES)
    (to / os.fsdecode(part_of(b"copy"))).write_bytes(BYTES[:5000])
    monkeypatch.setenv("PATH", "/no/such/folder")  # which its sessions inherit

    async with machine.connected() as conn:
        if way == "put":
            done = await put(conn, here / "file", "copy")
        else:
            done = await fetch(conn, "file", here / "copy")

    assert (to / "copy").read_bytes() == BYTES
    assert (done.unverified, done.moved_bytes) == (1, len(BYTES))


async def test_a_program_for_checksums_that_has_ended_tells_nothing(machine):
    """Even when the question comes before anybody has heard of its end."""
    async with machine.connected() as conn:
        ended = await conn.create_process("exit 127", encoding=None)
        await ended.wait_closed()

        assert await Sums(ended).sha256(b"file", 1) is None


@pytest.mark.parametrize(
    "name", [b"../out", b"/out", b"a/../../out", b"", b"a\0b", b"inner/x"]
)
async def test_a_name_that_is_no_single_name_ends_the_copy(machine, here, name):
    """Nothing is written, least of all elsewhere."""
    (machine.home / "tree").mkdir()
    (machine.home / "any").write_text("evil")

    class Told(Lies):
        names = (named(name, stat.S_IFREG | 0o644),)

    machine.files = Told
    async with machine.connected() as conn:
        with pytest.raises(TransferFailed, match="would be elsewhere"):
            await fetch(conn, "tree", here / "copy")

    assert list(here.iterdir()) == []
    assert not (here.parent / "out").exists()


async def test_a_link_that_is_also_a_folder_leads_nowhere(machine, here):
    """The instance says so; nothing of that folder is written behind the link."""
    elsewhere = machine.home.parent / "elsewhere"
    elsewhere.mkdir()
    (machine.home / "tree").mkdir()
    (machine.home / "any").write_text("evil")

    class Told(Lies):
        names = (
            named(b"inner", stat.S_IFLNK | 0o777),
            named(b"inner", stat.S_IFDIR | 0o755),
        )
        inside = (named(b"file", stat.S_IFREG | 0o644),)

    machine.files = Told
    async with machine.connected() as conn:
        with pytest.raises(TransferFailed):
            await fetch(conn, "tree", here / "copy")

    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("link", ["folder", "file"])
async def test_a_link_that_is_here_already_is_not_followed(machine, here, conn, link):
    """An earlier copy may have brought it, from the same instance."""
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    (machine.home / "tree" / "inner").mkdir(parents=True)
    (machine.home / "tree" / "inner" / "file").write_text("evil")
    (here / "tree").mkdir()
    if link == "folder":
        (here / "tree" / "inner").symlink_to(elsewhere)
        with pytest.raises(TransferFailed):
            await fetch(conn, "tree", here)
    else:
        (here / "tree" / "inner").mkdir()
        (here / "tree" / "inner" / "file").symlink_to(elsewhere / "file")
        await fetch(conn, "tree", here)

    assert (elsewhere / "file").read_text() == "mine"
    assert [path.name for path in elsewhere.iterdir()] == ["file"]


async def test_a_part_that_is_a_link_is_not_followed(machine, here, conn):
    """Whoever can write here beforehand gains nothing by it."""
    mine = here / "mine"
    mine.write_text("mine")
    (here / os.fsdecode(part_of(b"file"))).symlink_to(mine)
    (machine.home / "file").write_bytes(BYTES)

    await fetch(conn, "file", here / "file")

    assert mine.read_text() == "mine"
    assert (here / "file").read_bytes() == BYTES


async def test_folders_without_end_end_the_copy(machine, here):
    """An instance may say that a folder holds itself."""
    (machine.home / "tree").mkdir()

    class Told(Lies):
        names = (named(b"deeper", stat.S_IFDIR | 0o755),)

    machine.files = Told
    async with machine.connected() as conn:
        with pytest.raises(TransferFailed, match="folders within folders"):
            await fetch(conn, "tree", here / "copy")

    assert list(here.iterdir()) == []


async def test_a_file_that_shrinks_meanwhile_is_said(machine, here, conn):
    """Fewer bytes than were announced are no file."""
    (machine.home / "file").write_bytes(BYTES)

    def shrink(_: object) -> None:
        (machine.home / "file").write_bytes(BYTES[:1000])

    with pytest.raises(TransferFailed, match=r"changed meanwhile|another checksum"):
        await fetch(conn, "file", here / "file", on_progress=shrink)

    assert not (here / "file").exists()
