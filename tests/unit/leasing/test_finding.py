"""Which lease is meant by an id or a name."""

import pytest

from asgwarm.domain.record import Record, State
from asgwarm.errors import GuardRefused, LeaseLost
from asgwarm.leasing.finding import ended, held_already, live, user_of
from asgwarm.registry.leases import Wish

ADA, BOB = "ada@lab:1", "bob@lab:2"


def _leased(n: int, lease_id: str, owner: str, name: str = "") -> Record:
    return Record(
        instance_id=f"i-{n}",
        state=State.LEASED,
        gen=4,
        epoch="stack",
        lease_id=lease_id,
        lease_owner=owner,
        lease_name=name,
    )


def _ended(lease_id: str) -> Record:
    return Record(
        instance_id="i-9",
        state=State.DRAINING,
        gen=5,
        epoch="stack",
        last_lease=lease_id,
        why="expired",
    )


def _wish(lease_id: str, name: str = "") -> Wish:
    return Wish(lease_id=lease_id, lease_owner="ada@lab:77", lease_name=name, dur_s=60)


def test_an_id_wins_over_a_name():
    """Another lease that is named like an id is not meant by it."""
    rows = [_leased(1, "dev.a", ADA, name="dev"), _leased(2, "dev.b", BOB)]

    found = live(rows, {"dev.b"}, "dev", ADA)

    assert found is rows[1]


def test_a_name_is_ones_own():
    """Another user's lease of that name is never found by it."""
    rows = [_leased(1, "dev.a", BOB, name="web"), _leased(2, "dev.b", ADA, name="web")]

    assert live(rows, (), "web", "ada@lab:5") is rows[1]
    assert live(rows[:1], (), "web", ADA) is None


def test_no_name_finds_nothing():
    """Leases without a name are not meant by an empty one."""
    assert live([_leased(1, "dev.a", ADA)], (), "", ADA) is None


def test_an_end_is_said_with_its_reason():
    """What has ended says why, and which pool to ask for another one."""
    lost = ended([_ended("dev.a")], {"dev.a"})

    assert lost is not None
    assert lost.message == "lease dev.a has ended: expired"
    assert lost.hint == "asgwarm get dev"
    assert ended([_leased(1, "dev.a", ADA)], {""}) is None


def test_the_same_wish_finds_what_it_got():
    """A token is bound to its lease while that lives, and spent afterwards."""
    held = _leased(1, "dev.build", ADA, name="web")

    assert held_already([held], _wish("dev.build", name="web")) is held
    assert held_already([held], _wish("dev.other")) is None
    with pytest.raises(LeaseLost):
        held_already([_ended("dev.build")], _wish("dev.build"))
    with pytest.raises(GuardRefused):
        held_already([held], _wish("dev.other", name="web"))


def test_a_user_is_the_same_in_every_process():
    """The process id is no part of who somebody is."""
    assert user_of("ada@lab:1") == user_of("ada@lab:2") == "ada@lab"
    assert user_of("you@demo") == "you@demo"
