"""`asgwarm cp` with OpenSSH's own SFTP server."""

import sys

import pytest

from tests.integration.files.conftest import tree_of
from tests.integration.files.test_transfer import BYTES, plant

pytestmark = pytest.mark.debian
CP = (sys.executable, "-m", "asgwarm", "cp")


@pytest.mark.usefixtures("instance")
def test_a_tree_goes_there_and_back_as_it_was(desk):
    """Every name, link, mode and time; what is repeated moves nothing."""
    here, there = desk.home.folder / "here", desk.home.folder / "there"
    plant(here / "tree")
    there.mkdir()

    desk.run(*CP, here / "tree", f"web:{there}")
    again = desk.run(*CP, here / "tree", f"web:{there}/")
    desk.run(*CP, f"web:{there}/tree", here / "back")

    planted = tree_of(here / "tree")
    assert tree_of(there / "tree") == planted
    assert tree_of(here / "back") == planted
    assert "were there already; checksums agree" in again.err
    assert [path.name for path in there.iterdir()] == ["tree"]


@pytest.mark.usefixtures("instance")
def test_what_is_there_is_replaced_in_one_step(desk):
    """A file of the same name, and a link, which is replaced itself."""
    here, there = desk.home.folder / "here", desk.home.folder / "there"
    for folder in (here, there):
        folder.mkdir()
    (here / "file").write_bytes(BYTES)
    (there / "mine").write_text("mine")
    (there / "file").symlink_to("mine")

    desk.run(*CP, here / "file", f"web:{there}")

    assert (there / "file").read_bytes() == BYTES
    assert not (there / "file").is_symlink()
    assert (there / "mine").read_text() == "mine"


@pytest.mark.usefixtures("instance")
def test_what_the_server_refuses_is_told(desk):
    """By the name that it is about."""
    (desk.home.folder / "file").write_text("x")

    done = desk.run(*CP, "file", "web:/no/such/folder/", code=8)

    assert "/no/such/folder" in done.err
    assert done.err.splitlines()[0].startswith("error: on the instance: ")
