"""Files that belong to the user alone."""

from pathlib import Path

import pytest

from asgwarm.leasing.private import replace_private


def test_nobody_else_may_read_it_whatever_was_there(tmp_path):
    """The new file takes nothing over from the old one; nothing is left beside it."""
    path = tmp_path / "web.json"
    path.write_text("old")
    path.chmod(0o644)

    replace_private(path, "grüße\n")

    assert path.read_text(encoding="utf-8") == "grüße\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [path]


def test_what_cannot_be_replaced_stays_and_nothing_is_left(tmp_path):
    """Here a folder stands where the file should be."""
    path = tmp_path / "web.json"
    (path / "old").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        replace_private(path, "new\n")

    assert [*tmp_path.rglob("*")] == [path, path / "old"]


def test_a_link_is_not_followed(tmp_path):
    """Whoever could make one would choose where we write."""
    path, other = tmp_path / "web.json", tmp_path / "other"
    other.write_text("other")
    path.symlink_to(other)

    replace_private(path, "new")

    assert (other.read_text(), path.is_symlink()) == ("other", False)
    assert Path(path).read_text(encoding="utf-8") == "new"
