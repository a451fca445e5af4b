"""What one claim saw ready and the next one tries first."""

import json
from dataclasses import replace

import pytest

from asgwarm.domain.record import Record, State
from asgwarm.leasing.remembered import FRESH_S, ReadyLists
from tests.unit.domain.make import HOST_KEY, NOW, STACK, meta

PLACE = ("us-east-1", None, None)
RECORD = Record(
    instance_id="i-1",
    state=State.READY,
    gen=3,
    epoch=STACK,
    address="198.51.100.7",
    os_user="ec2-user",
    host_key=HOST_KEY,
    history=("1800000000 ready function ",),
)


@pytest.fixture
def lists(tmp_path):
    """Lists in a folder that does not exist yet."""
    return ReadyLists(tmp_path / "cache/ready", PLACE)


def test_a_list_comes_back_whole_and_once(lists):
    """Records, META and age are what they were; the second to ask gets nothing."""
    lists.put("dev", meta(), [RECORD], NOW)

    found = lists.take("dev", NOW + FRESH_S)

    assert (found.meta, found.records, found.read_at) == (meta(), [RECORD], NOW)
    assert lists.take("dev", NOW) is None


@pytest.mark.parametrize("later_s", [FRESH_S + 1, -1])
def test_a_list_of_another_time_is_forgotten(lists, later_s):
    """Too old, or from a clock that was set back since."""
    lists.put("dev", meta(), [RECORD], NOW)

    assert lists.take("dev", NOW + later_s) is None


@pytest.mark.parametrize(
    ("pool", "place"),
    [
        ("other", PLACE),
        ("dev", ("eu-west-1", None, None)),
        ("dev", ("us-east-1", "http://127.0.0.1:1", None)),
        ("dev", ("us-east-1", None, "work")),
    ],
)
def test_a_list_is_of_one_pool_of_one_place(lists, tmp_path, pool, place):
    """Another region, endpoint or profile has instances of its own."""
    lists.put("dev", meta(), [RECORD], NOW)

    assert ReadyLists(tmp_path / "cache/ready", place).take(pool, NOW) is None


@pytest.mark.parametrize(
    ("changes", "records"),
    [({}, []), ({"pool_mode": "DRAINING"}, [RECORD]), ({"owner_cap": 1}, [RECORD])],
)
def test_only_what_may_be_claimed_unseen_is_remembered(lists, changes, records):
    """Not an empty list, a pool that goes down, nor one that counts leases."""
    lists.put("dev", meta(**changes), records, NOW)

    assert lists.take("dev", NOW) is None


def test_the_number_of_shards_is_remembered_without_a_list(lists):
    """The next claim on this computer need not begin at the first of them."""
    lists.put("dev", meta(shards=4), [], NOW)

    found = lists.take("dev", NOW)

    assert (found.meta.shards, found.records) == (4, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"version": 3}',
        "[" * 100_000,
        "\x00",
    ],
)
def test_a_file_without_sense_is_as_good_as_none(lists, tmp_path, text):
    """Whatever it holds: no error, no list."""
    lists.put("dev", meta(), [RECORD], NOW)
    (tmp_path / "cache/ready/dev.json").write_text(text)

    assert lists.take("dev", NOW) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"meta": {}},
        {"meta": 1},
        {"records": {}},
        {"records": [1]},
        {"records": [{"history": []}]},
        {"read_at": "now"},
        {"read_at": True},
    ],
)
def test_a_list_with_a_part_without_sense_is_as_good_as_none(lists, tmp_path, broken):
    """One wrong part spoils all of it."""
    lists.put("dev", meta(), [RECORD], NOW)
    file = tmp_path / "cache/ready/dev.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | broken))

    assert lists.take("dev", NOW) is None


def test_a_later_list_replaces_an_earlier_one(lists):
    """The last who read knows best."""
    newer = replace(RECORD, instance_id="i-2")
    lists.put("dev", meta(), [RECORD], NOW)
    lists.put("dev", meta(), [newer], NOW + 1)

    assert lists.take("dev", NOW + 1).records == [newer]


def test_a_folder_that_cannot_be_made_is_no_harm(tmp_path):
    """Nothing is remembered, nothing fails."""
    (tmp_path / "file").write_text("")
    lists = ReadyLists(tmp_path / "file/ready", PLACE)

    lists.put("dev", meta(), [RECORD], NOW)

    assert lists.take("dev", NOW) is None


def test_a_list_is_its_users_alone(lists, tmp_path):
    """Nobody else reads which instances there are."""
    lists.put("dev", meta(), [RECORD], NOW)

    folder = tmp_path / "cache/ready"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "dev.json").stat().st_mode & 0o777 == 0o600
