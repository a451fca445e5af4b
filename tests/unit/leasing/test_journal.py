"""The user's own journal of leases."""

import json
from dataclasses import replace

import pytest

from asgwarm.errors import ConfigError
from asgwarm.leasing.journal import Entry, Journal

ENTRY = Entry(
    lease_id="dev.abc",
    name="web",
    pool="dev",
    region="eu-west-1",
    endpoint=None,
    instance_id="i-1",
    created_at=1_800_000_000,
    outcome="held",
)


@pytest.fixture
def said():
    """What the journal reported."""
    return []


@pytest.fixture
def journal(tmp_path, said):
    """A journal in a folder that does not exist yet."""
    return Journal(tmp_path / "state/leases", report=said.append)


def test_what_was_added_is_found_by_id_and_by_name(journal):
    """A lease comes back as it was written, under both of its names."""
    journal.add(ENTRY)

    assert journal.find("dev.abc") == [ENTRY]
    assert journal.find("web") == [ENTRY]
    assert journal.find("other") == []


def test_an_empty_journal_needs_no_folder(journal):
    """Reading writes nothing."""
    assert journal.all() == []
    assert not journal.folder.exists()


def test_all_are_listed_oldest_first(journal):
    """The order is the order of claiming."""
    young = replace(ENTRY, lease_id="dev.aaa", created_at=ENTRY.created_at + 1)
    journal.add(young)
    journal.add(ENTRY)

    assert journal.all() == [ENTRY, young]


def test_adding_again_replaces(journal):
    """An unknown outcome becomes held in place."""
    journal.add(replace(ENTRY, outcome="unknown", instance_id=""))
    journal.add(ENTRY)

    assert journal.all() == [ENTRY]


def test_removing_forgets_and_may_be_repeated(journal):
    """A lease that is not there can be removed all the same."""
    journal.add(ENTRY)

    journal.remove(ENTRY.lease_id)
    journal.remove(ENTRY.lease_id)

    assert journal.all() == []


def test_files_belong_to_the_user_alone(journal):
    """A file is 0600 in a 0700 folder, and nothing else is left beside it."""
    journal.add(ENTRY)

    [file] = journal.folder.iterdir()
    assert file.name == "dev.abc.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert journal.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"lease_id": "dev.bad"}),
        '{"lease_id": "dev.bad", "outcome": "lost"}',
        "\udcff",
    ],
)
def test_a_corrupt_file_is_reported_and_skipped(journal, said, text):
    """One bad file never hides the others."""
    journal.add(ENTRY)
    bad = journal.folder / "dev.bad.json"
    bad.write_bytes(text.encode("utf-8", "surrogateescape"))

    assert journal.all() == [ENTRY]
    assert len(said) == 1
    assert str(bad) in said[0]


def test_a_file_about_another_lease_is_skipped(journal, said):
    """The name of a file and the lease in it must agree."""
    journal.add(ENTRY)
    (journal.folder / "dev.abc.json").rename(journal.folder / "dev.other.json")

    assert journal.all() == []
    assert "dev.abc" in said[0]


@pytest.mark.parametrize("lease_id", ["../x", "dev.a/b", "", "dev", "dev.a.b"])
def test_a_lease_id_cannot_leave_the_folder(journal, lease_id):
    """What is no lease id becomes no path."""
    with pytest.raises(ConfigError):
        journal.add(replace(ENTRY, lease_id=lease_id))
    with pytest.raises(ConfigError):
        journal.remove(lease_id)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, said):
    """The error says which folder stands in the way."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    journal = Journal(tmp_path / "file/leases", report=said.append)

    with pytest.raises(ConfigError, match="cannot be written"):
        journal.add(ENTRY)
