"""Our line in a user's ssh configuration."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.errors import ConfigError
from asgwarm.openssh.install import include_line, install, uninstall

THEIRS = b"# mine\r\n\r\nHost *\n\tUser me \xff\n  # no end of line"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Our file, in a folder that is not there yet."""
    return tmp_path / "config" / "asgwarm" / "ssh_config"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The user's file."""
    path = tmp_path / ".ssh" / "config"
    path.parent.mkdir(mode=0o700)
    return path


def test_the_line_comes_first_and_nothing_is_lost(ours, theirs):
    """What stands behind another Host would be for that host only."""
    theirs.write_bytes(THEIRS)

    install(ours, "ours\n", theirs)

    assert theirs.read_bytes() == include_line(ours) + THEIRS
    assert ours.read_text() == "ours\n"


def test_twice_is_once(ours, theirs):
    """Our file is the later one's; theirs is not even touched again."""
    theirs.write_bytes(THEIRS)
    install(ours, "first\n", theirs)
    inode = theirs.stat().st_ino

    install(ours, "second\n", theirs)

    assert theirs.read_bytes() == include_line(ours) + THEIRS
    assert theirs.stat().st_ino == inode
    assert ours.read_text() == "second\n"


def test_a_line_that_was_moved_comes_back_to_the_top(ours, theirs):
    """There it works for every host."""
    theirs.write_bytes(THEIRS + b"\n" + include_line(ours))

    install(ours, "", theirs)

    assert theirs.read_bytes() == include_line(ours) + THEIRS + b"\n"


@given(before=st.binary(max_size=200).filter(bool))
def test_taking_it_back_leaves_the_bytes_that_were_there(before):
    """Whatever they are."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours", Path(folder) / "theirs"
        theirs.write_bytes(before)

        install(ours, "ours\n", theirs)
        assert uninstall(ours, theirs)

        assert theirs.read_bytes() == before
        assert not ours.exists()
        assert not uninstall(ours, theirs)


def test_a_configuration_that_was_not_there_is_private_and_goes_again(ours, tmp_path):
    """Its folder stays: ssh has other things in it."""
    theirs = tmp_path / "new" / ".ssh" / "config"

    install(ours, "ours\n", theirs)
    assert theirs.parent.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (theirs, ours)} == {0o600}

    uninstall(ours, theirs)
    assert not theirs.exists()


def test_links_and_modes_stay(ours, theirs, tmp_path):
    """A configuration that lives in a folder of dotfiles goes on living there."""
    real = tmp_path / "dotfiles"
    real.write_bytes(THEIRS)
    real.chmod(0o644)
    theirs.symlink_to(real)

    install(ours, "ours\n", theirs)
    assert theirs.is_symlink()
    assert real.read_bytes() == include_line(ours) + THEIRS
    assert real.stat().st_mode & 0o777 == 0o644

    uninstall(ours, theirs)
    assert theirs.is_symlink()
    assert real.read_bytes() == THEIRS


def test_what_cannot_be_written_is_told(ours, tmp_path):
    """And nothing is half done."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    with pytest.raises(ConfigError, match="cannot be changed"):
        install(ours, "ours\n", in_the_way / "config")
