"""What an update does to instances, in numbers and in words."""

from dataclasses import replace

import pytest

from asgwarm.domain.record import State
from asgwarm.stack.changes import Change, Do
from asgwarm.stack.impact import impact_of
from asgwarm.stack.options import PoolOptions
from tests.unit.domain.make import NOW, record

BEFORE = PoolOptions(pool="dev", hot=1, warm=2, cap=10).filled()
READY, WARM, LEASED = (
    record(state=State.READY),
    record(state=State.WARMED),
    record(state=State.LEASED, lease_seen_at=NOW - 7_200),
)


def change(logical_id, *properties, do=Do.CHANGE):
    """A change of one resource."""
    return Change(do=do, logical_id=logical_id, type="T", properties=properties)


def said(*changes, records=(), **after):
    """What an update says that it does."""
    return list(_impact(changes, records, after).sentences)


def _impact(changes, records, after):
    return impact_of(
        changes, records, before=BEFORE, after=replace(BEFORE, **after), now=NOW
    )


TEMPLATE = change("LaunchTemplate", "LaunchTemplateData")
WAY_IN = change("SecurityGroup", "SecurityGroupIngress")


def test_a_new_launch_template_replaces_what_is_nobodys():
    """Leased instances stay; the numbers say the same as the words."""
    impact = _impact([TEMPLATE], [READY, WARM, WARM, LEASED], {})

    assert impact.sentences == (
        "the launch template changes: 1 ready and 2 warm instances are replaced one by "
        "one, 1 leased stays",
    )
    assert (impact.ready, impact.warm, impact.warming) == (1, 2, 0)
    assert (impact.leased, impact.ended) == (1, 0)


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([], "no instance is there to be replaced"),
        ([READY], "1 ready instance is replaced"),
        (
            [LEASED, LEASED],
            "no instance is there to be replaced, 2 leased stay",
        ),
        (
            [READY, WARM, record(state=State.WARMING)],
            "1 ready, 1 warm and 1 warming instances are replaced one by one",
        ),
    ],
)
def test_one_and_many_are_told_in_words_that_fit(records, sentence):
    """Also where there is none."""
    expected = f"the launch template changes: {sentence}"

    assert said(TEMPLATE, records=records) == [expected]


def test_what_is_beyond_the_new_sizes_is_ended_and_not_replaced():
    """A smaller warm pool launches nothing for what it loses."""
    assert said(TEMPLATE, records=[READY, WARM, WARM], warm=1) == [
        "the launch template changes: 1 ready and 1 warm instances are replaced one by "
        "one",
        "1 warm instance is ended",
    ]


@pytest.mark.parametrize(
    ("records", "after", "sentences"),
    [
        ([READY], {"hot": 3}, ["2 more instances are started and kept ready"]),
        ([READY], {"hot": 0}, ["1 ready instance is ended"]),
        ([], {"hot": 0}, ["no instance is touched"]),
        ([WARM], {"warm": 3}, ["1 more instance is launched into the warm pool"]),
        ([WARM, WARM], {"warm": 0}, ["2 warm instances are ended"]),
        (
            [LEASED, LEASED, READY],
            {"cap": 2},
            [
                "2 leased and 1 ready are more than the cap of 2: nothing is started "
                "until leases end"
            ],
        ),
        ([LEASED], {"cap": 2}, ["no instance is touched"]),
    ],
)
def test_other_sizes_are_told_by_what_they_start_and_end(records, after, sentences):
    """What is not there cannot be ended."""
    assert said(change("Function", "Environment"), records=records, **after) == (
        sentences
    )


def test_a_shorter_maximum_names_the_leases_that_it_ends():
    """By the time since the function first saw them, as the function counts."""
    young = replace(LEASED, lease_seen_at=NOW - 60)

    impact = _impact([], [LEASED, young], {"max_lease_s": 3_600})

    assert impact.sentences == (
        "1 lease is older than the new maximum and ends",
        "1 other lease may end sooner",
    )
    assert (impact.leased, impact.ended) == (1, 1)
    assert said(records=[young], max_lease_s=3_600) == ["1 lease may end sooner"]
    assert said(records=[LEASED], max_lease_s=86_400) == ["no instance is touched"]


def test_who_may_come_in_changes_for_the_leased_as_well():
    """All instances share the security group."""
    assert said(WAY_IN, records=[LEASED]) == [
        "the way in changes for every instance, 1 leased instance included"
    ]
    assert said(change("SecurityGroup", "Tags")) == ["no instance is touched"]


@pytest.mark.parametrize(
    ("do", "verb"), [(Do.REPLACE, "is"), (Do.PERHAPS, "may be"), (Do.REMOVE, "is")]
)
def test_what_would_lose_leases_is_said_first(do, verb):
    """No update of ours does; a template that was changed by hand could."""
    table, group = change("Table", do=do), change("Group", do=do)

    first, second, *_ = said(TEMPLATE, table, group, records=[LEASED])

    assert first == (
        f"the table {verb} replaced: who holds what is forgotten, and with it 1 leased "
        "instance"
    )
    assert second.startswith(f"the group {verb} replaced")
