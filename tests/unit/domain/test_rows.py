"""Rows are read strictly."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.domain.fleet import report_from_row
from asgwarm.domain.meta import meta_from_row, settings_from
from asgwarm.domain.record import MalformedRecord, State, record_from_row
from tests.unit.domain.make import HOST_KEY, settings

GOOD = {
    "pk": "POOL#dev#0",
    "sk": "I#i-0123",
    "v": 1,
    "st": "READY",
    "gen": 2,
    "epoch": "e",
}
AGENT = {
    "boot_id": "b",
    "target": "InService",
    "phase": "done",
    "host_key": HOST_KEY,
    "port": 22,
    "setup": "none",
}
META = {
    "epoch": "e",
    "pool_mode": "ACTIVE",
    "hot": 1,
    "warm": 2,
    "cap": 3,
    "max_lease_s": 4,
    "trouble": "",
}
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers())
)


def test_a_good_row_is_read_and_what_it_has_beyond_is_ignored():
    """A newer version may add attributes."""
    record = record_from_row({**GOOD, "colour": "blue", "port": 2222})

    assert record.state is State.READY
    assert (record.instance_id, record.gen, record.port) == ("i-0123", 2, 2222)


@pytest.mark.parametrize(
    "change",
    [
        {"st": "READYISH"},
        {"st": None},
        {"gen": "2"},
        {"gen": True},
        {"epoch": 5},
        {"v": 2},
        {"sk": "META"},
        {"history": "claimed"},
        {"port": "22"},
        {"lease_id": 7},
    ],
    ids=str,
)
def test_a_row_that_makes_no_sense_is_refused(change):
    """Wrong type, unknown state, newer version, other key: malformed."""
    with pytest.raises(MalformedRecord):
        record_from_row({**GOOD, **change})


@given(st.dictionaries(st.sampled_from([*GOOD, "hb", "history", "why"]), ANYTHING))
def test_no_row_at_all_brings_the_reader_down(row):
    """Every row is a record or malformed, nothing else."""
    with suppress(MalformedRecord):
        record_from_row({**GOOD, **row})


@given(st.dictionaries(st.sampled_from(list(AGENT)), ANYTHING))
def test_a_guest_that_talks_nonsense_has_not_reported(change):
    """Its row is taken as a whole or not at all."""
    report = report_from_row({**AGENT, **change})

    assert report is None or 0 < report.port < 65536


@pytest.mark.parametrize(
    "host_key",
    ["", "ssh-rsa AAAA", f"{HOST_KEY} comment", f"{HOST_KEY}\n", "ssh-ed25519 short"],
)
def test_only_one_plain_ed25519_key_is_a_host_key(host_key):
    """No comment, no line break, no other type."""
    assert report_from_row({**AGENT, "host_key": host_key}) is None
    assert report_from_row(AGENT) is not None


@given(st.dictionaries(st.sampled_from(list(META)), ANYTHING))
def test_a_pool_row_is_read_as_a_whole_or_not_at_all(change):
    """A META row with one wrong attribute is none."""
    meta = meta_from_row({**META, **change})

    assert meta is None or isinstance(meta.hot, int)
    assert meta_from_row(META) is not None


def test_settings_are_as_the_stack_wrote_them():
    """What it leaves out is usual, and what nobody knows is an error at once."""
    known = settings(hot=3, metrics="yes")
    written = dict(vars(known))
    del written["endpoint"]

    assert settings_from(json.dumps(written)) == known
    with pytest.raises(TypeError):
        settings_from(json.dumps(written | {"colour": "red"}))
