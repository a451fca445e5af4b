"""`asgwarm cp`: files to a lease's instance and back."""

import json

import pytest

from asgwarm.cli.commands.cp import Ends, ends_of
from asgwarm.errors import FINDINGS, ConfigError

BYTES = bytes(range(256)) * 20_000


@pytest.fixture(scope="module")
def web(own_pool):
    """The pool of the lease that is copied to."""
    own_pool.until_ready()
    return own_pool


@pytest.fixture
def user(own_home, web):
    """A user who holds a lease called web."""
    done = own_home.run("get", web.name, "--name", "web", "--no-shell")
    assert done.code == 0, done
    yield own_home
    own_home.run("release", "--mine", "--pool", web.name)


def test_a_folder_goes_there_and_back(user):
    """Repeating it moves nothing; what is said can be read by programs."""
    (user.folder / "tree" / "inner").mkdir(parents=True)
    (user.folder / "tree" / "inner" / "a file").write_bytes(BYTES)

    there = user.run("cp", "tree", "web:", "--json")
    again = user.run("cp", "tree", "web:")
    back = user.run("cp", "web:tree/inner", "copy")

    assert there.document == {
        "schema": "asgwarm.copy/v1",
        "files": 1,
        "bytes": len(BYTES),
        "moved_bytes": len(BYTES),
        "unverified": 0,
        "left_out": [],
    }
    assert again.err == (
        "copied 1 file, 5.1 MB, 5.1 MB of it were there already; checksums agree\n"
    )
    assert (again.code, again.out, back.code) == (0, b"", 0)
    assert (user.folder / "copy" / "a file").read_bytes() == BYTES


def test_what_was_left_out_is_a_finding(user):
    """The copy is made all the same."""
    lease = next(iter(user.journal()))
    user.run("connect", "web", "--", "sh", "-c", "mkdir t; mkfifo t/pipe; echo >t/file")

    done = user.run("cp", f"{lease}:t", ".")

    assert done.code == FINDINGS
    assert done.err.startswith("left out: pipe: no regular file\n")
    assert (user.folder / "t" / "file").exists()


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("missing", "web:"), 5, "PATH_NOT_FOUND"),
        (("web:missing", "."), 5, "PATH_NOT_FOUND"),
        (("asgwarm.toml", "web:no/such/folder/x"), 8, "TRANSFER_FAILED"),
        (("web:x", "nobody:x"), 2, "CONFIG"),
        (("nobody:x", "."), 5, "LEASE_NOT_FOUND"),
    ],
)
def test_what_goes_wrong_has_a_name_and_a_code(user, web, words, code, name):
    """With words for people and documents for programs."""
    (user.folder / "asgwarm.toml").write_text(f"pool = '{web.name}'\n")

    done = user.run("cp", *words, "--json")

    assert (done.code, json.loads(done.err)["code"]) == (code, name)


def test_a_lease_that_ends_meanwhile_is_named(user, own_region):
    """Rather than the connection that broke because of it."""
    (user.folder / "file").write_bytes(BYTES)
    user.run("cp", "file", "web:")
    hold = {"service": "ssh", "action": "session", "kind": "hold_before"}
    own_region.control.set_faults(http=[hold])
    process = user.start("cp", "file", "web:")  # which asks for a checksum first
    own_region.until(lambda: own_region.control.status()["held"])

    user.run("release", "web")

    _, said = process.communicate(timeout=60)
    assert process.returncode == 6, said
    assert b"it ended: released" in said


def test_a_terminal_shows_a_bar(user, terminal):
    """And nothing of it stays but the line at the end."""
    (user.folder / "file").write_bytes(BYTES)
    process = user.start(
        *("cp", "file", "web:"),
        stderr=terminal.screen,
        env=user.env | {"TERM": "xterm"},
    )

    terminal.until(b"checksums agree")

    assert process.wait(60) == 0
    assert b"\xe2\x94\x81" in terminal.seen  # of a bar
    assert b"MB" in terminal.seen


@pytest.mark.parametrize(
    ("source", "to", "ends"),
    [
        ("a", "web:b", Ends(lease="web", local="a", remote="b", is_put=True)),
        ("web:", ".", Ends(lease="web", local=".", remote="", is_put=False)),
        ("dev.a1:/x", "y", Ends(lease="dev.a1", local="y", remote="/x", is_put=False)),
        ("./a:b", "w:c:d", Ends(lease="w", local="./a:b", remote="c:d", is_put=True)),
    ],
)
def test_one_end_is_on_an_instance(source, to, ends):
    """A colon behind a slash belongs to a name of this computer's."""
    assert ends_of(source, to) == ends


@pytest.mark.parametrize(("source", "to"), [("a", "b"), ("x:a", "y:b"), (":a", "b")])
def test_two_ends_of_a_kind_are_refused(source, to):
    """Neither is guessed at."""
    with pytest.raises(ConfigError):
        ends_of(source, to)
