"""Files and folders there and back, over a real SSH connection."""

import hashlib
import os
from pathlib import Path

import pytest

from asgwarm.errors import PathNotFound, TransferFailed
from asgwarm.files.progress import Progress
from asgwarm.files.sides import part_of
from asgwarm.files.transfer import fetch, put
from tests.integration.files.conftest import tree_of

BYTES = bytes(range(256)) * 5000  # five blocks and a bit
THEN_S = 1_600_000_000

NAMES = [
    b"plain",
    b"with a space",
    b"with\na line break",
    "ünïcode ☂".encode(),
    b"not utf-8 \xff\xfe",
    b"-n",
    b"it's $HOME `x`; \"*?\\",
    b"n" * 255,
]


def plant(folder: Path) -> None:
    """Make a tree with everything that a tree may have."""
    inner = folder / "inner" / "most"
    inner.mkdir(parents=True)
    (folder / "empty").mkdir()
    for number, name in enumerate(NAMES):
        (inner / os.fsdecode(name)).write_bytes(b"%d" % number * number)
    (inner / "large").write_bytes(BYTES)
    (inner / "run").write_bytes(b"#!/bin/sh\n")
    (inner / "run").chmod(0o755)
    (inner / "locked").write_bytes(b"")
    (inner / "locked").chmod(0o400)
    (folder / "link").symlink_to("inner/most/large")
    (folder / "nowhere").symlink_to("/no/such/file")
    (folder / "inner" / "folder link").symlink_to("most")
    for path in [*inner.iterdir(), inner, folder / "empty", folder]:
        os.utime(path, (THEN_S, THEN_S + 7))
    inner.chmod(0o555)


@pytest.fixture(params=["put", "fetch"])
def way(request):
    """Both ways."""
    return request.param


@pytest.fixture
def ends(way, machine, here):
    """The folders that a copy goes from and to, and the copy."""
    source, to = (here, machine.home) if way == "put" else (machine.home, here)

    async def copy(conn, name: str, wanted: str, **how):
        if way == "put":
            return await put(conn, source / name, wanted, **how)
        return await fetch(conn, name, f"{to}/{wanted}", **how)

    return source, to, copy


async def test_a_file_arrives_with_its_bytes_mode_and_time(ends, conn):
    """And under its own name in a folder that is there."""
    source, to, copy = ends
    (source / "run").write_bytes(BYTES)
    (source / "run").chmod(0o751)
    os.utime(source / "run", (THEN_S, THEN_S + 7))

    done = await copy(conn, "run", "")

    arrived = to / "run"
    assert arrived.read_bytes() == BYTES
    assert (arrived.stat().st_mode & 0o7777, arrived.stat().st_mtime) == (
        0o751,
        THEN_S + 7,
    )
    assert (done.files, done.moved_bytes, done.unverified) == (1, len(BYTES), 0)


async def test_a_tree_arrives_as_it_was(ends, conn):
    """Every name, link, empty folder, mode and time; nothing is left beside it."""
    source, to, copy = ends
    plant(source / "tree")

    done = await copy(conn, "tree", "copy")

    assert tree_of(to / "copy") == tree_of(source / "tree")
    assert [path.name for path in to.iterdir()] == ["copy"]
    assert (done.unverified, done.left_out) == (0, ())


@pytest.mark.parametrize(
    ("name", "wanted", "arrives"),
    [
        ("file", "", "file"),
        ("file", "there", "there/file"),
        ("file", "other", "other"),
        ("file", "new/", "new/file"),
        ("tree", "", "tree/leaf"),
        ("tree", "there", "there/tree/leaf"),
        ("tree", "other", "other/leaf"),
        ("tree/", "other", "other/leaf"),
        ("tree", "new/", "new/tree/leaf"),
        ("tree/.", "there", "there/leaf"),
        ("link", "other", "other/leaf"),
    ],
)
async def test_things_are_named_as_cp_names_them(ends, conn, name, wanted, arrives):
    """Into a folder that is there, else as it is called."""
    source, to, _ = ends
    (source / "tree").mkdir()
    (source / "tree" / "leaf").write_text("leaf")
    (source / "link").symlink_to("tree")
    (source / "file").write_text("leaf")
    (to / "there").mkdir()

    if to.name == "instance":
        await put(conn, f"{source}/{name}", wanted)
    else:
        await fetch(conn, f"~/{name}", f"{to}/{wanted}")

    assert (to / arrives).read_text() == "leaf"


async def test_what_is_there_already_does_not_travel_again(ends, conn):
    """Its mode and time are brought up to date."""
    source, to, copy = ends
    plant(source / "tree")
    await copy(conn, "tree", "")
    large = to / "tree/inner/most/large"
    large.chmod(0o600)
    os.utime(large, (1, 1))

    done = await copy(conn, "tree", "")

    assert done.moved_bytes == 0
    assert tree_of(to / "tree") == tree_of(source / "tree")


async def test_what_has_only_the_size_in_common_travels(ends, conn):
    """A file is the same when its checksum is."""
    source, to, copy = ends
    (source / "file").write_bytes(b"new")
    (to / "file").write_bytes(b"old")

    await copy(conn, "file", "")

    assert (to / "file").read_bytes() == b"new"


async def test_a_part_is_continued_if_its_checksum_agrees(ends, conn):
    """What is there of it does not travel again."""
    source, to, copy = ends
    (source / "file").write_bytes(BYTES)
    part = to / os.fsdecode(part_of(b"file"))
    part.write_bytes(BYTES[:300_000])

    done = await copy(conn, "file", "")

    assert (to / "file").read_bytes() == BYTES
    assert done.moved_bytes == len(BYTES) - 300_000
    assert not part.exists()


@pytest.mark.parametrize("left", [b"x" * 300_000, BYTES + b"more"])
async def test_a_part_that_differs_is_begun_anew(ends, conn, left):
    """Be it other content or too much of it."""
    source, to, copy = ends
    (source / "file").write_bytes(BYTES)
    (to / os.fsdecode(part_of(b"file"))).write_bytes(left)

    done = await copy(conn, "file", "")

    assert (to / "file").read_bytes() == BYTES
    assert done.moved_bytes == len(BYTES)


async def test_what_is_no_file_is_left_out_and_said(ends, conn):
    """The rest arrives."""
    source, to, copy = ends
    (source / "tree").mkdir()
    os.mkfifo(source / "tree" / "pipe")
    (source / "tree" / "file").write_bytes(BYTES)

    done = await copy(conn, "tree", "")

    assert done.left_out == ("pipe: no regular file",)
    assert [path.name for path in (to / "tree").iterdir()] == ["file"]


async def test_what_is_not_there_is_said(ends, conn):
    """By the name that was typed."""
    _, to, copy = ends

    with pytest.raises(PathNotFound, match=r"no .*missing"):
        await copy(conn, "missing", "")

    assert list(to.iterdir()) == []


async def test_a_file_takes_no_folders_place(ends, conn):
    """Nothing is removed to make room."""
    source, to, copy = ends
    (source / "tree").mkdir()
    (source / "tree" / "name").write_text("file")
    (to / "tree" / "name" / "mine").mkdir(parents=True)

    with pytest.raises(TransferFailed, match="is a folder there"):
        await copy(conn, "tree", "")

    assert (to / "tree" / "name" / "mine").is_dir()


async def test_progress_ends_at_everything(ends, conn):
    """It never goes back, and its totals are known from the beginning."""
    source, _, copy = ends
    plant(source / "tree")
    told: list[Progress] = []

    await copy(conn, "tree", "", on_progress=told.append)

    done = [one.done_bytes for one in told]
    assert done == sorted(done)
    assert {(one.files, one.total_bytes) for one in told} == {
        (told[-1].files_done, done[-1])
    }


async def test_set_user_id_is_not_handed_on(ends, conn):
    """A file of an instance must not become a program of mine for everybody."""
    source, to, copy = ends
    (source / "file").write_text("x")
    (source / "file").chmod(0o4755)

    await copy(conn, "file", "")

    assert (to / "file").stat().st_mode & 0o7777 == 0o755


async def test_a_part_has_no_readers_but_its_owner(here, machine, conn):
    """Whatever the file may be in the end, on both sides."""
    (here / "file").write_bytes(BYTES)
    modes: list[int] = []

    def look(_: object) -> None:
        for folder in (machine.home, here):
            modes.extend(p.stat().st_mode & 0o777 for p in folder.glob(".asgwarm-*"))

    await put(conn, here / "file", "file", on_progress=look)
    (here / "file").unlink()
    await fetch(conn, "file", here / "file", on_progress=look)

    assert set(modes) == {0o600}
    assert (here / "file").read_bytes() == BYTES


def test_a_parts_name_fits_whatever_the_files_is():
    """A file system allows 255 bytes."""
    name = hashlib.sha256(b"x").hexdigest().encode() * 3

    assert len(part_of(b"a/" + name)) < 60
    assert part_of(b"a/" + name).startswith(b"a/.")
