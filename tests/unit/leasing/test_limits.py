"""How long a lease may be, how many one user may have, and when one ends."""

import pytest

from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State
from asgwarm.errors import ConfigError, GuardRefused
from asgwarm.leasing.limits import check_owner_cap, check_ttl, end_of
from tests.unit.domain.make import NOW, meta


def _meta(owner_cap: int = 0) -> Meta:
    return meta(max_lease_s=7200, owner_cap=owner_cap)


def _record(owner: str, state: State = State.LEASED) -> Record:
    return Record(
        instance_id="i-1",
        state=state,
        gen=1,
        epoch="stack",
        since=NOW,
        lease_owner=owner,
        dur_s=3600,
    )


@pytest.mark.parametrize("ttl_s", [60, 7200])
def test_a_lease_may_last_a_minute_or_the_maximum(ttl_s):
    """Both ends belong to what is allowed."""
    check_ttl(ttl_s, _meta(), command="asgwarm get")


@pytest.mark.parametrize("ttl_s", [0, 59, 7201])
def test_a_length_outside_is_refused_with_one_that_is_allowed(ttl_s):
    """The hint is a command that works."""
    with pytest.raises(ConfigError, match="60 to 7200") as raised:
        check_ttl(ttl_s, _meta(), command="asgwarm renew dev.a")

    assert raised.value.hint == "asgwarm renew dev.a --ttl 3600"


def test_every_process_of_a_user_counts_against_the_limit():
    """Others do not, nor do leases that have ended."""
    mine = [_record("ada@lab:1"), _record("ada@lab:2")]
    others = [_record("bob@lab:1"), _record("ada@lab:3", State.DRAINING)]

    check_owner_cap(_meta(3), [*mine, *others], "ada@lab:9", pool="dev")
    with pytest.raises(GuardRefused, match="ada@lab holds 2 leases, and 2 is") as said:
        check_owner_cap(_meta(2), [*mine, *others], "ada@lab:9", pool="dev")

    assert said.value.exit_code == 9
    assert said.value.hint == "asgwarm release --mine --pool dev"


def test_zero_sets_no_limit():
    """A pool without a limit of its own lets everybody have any number."""
    check_owner_cap(_meta(0), [_record("ada@lab:1")] * 50, "ada@lab:9", pool="dev")


@pytest.mark.parametrize(
    ("age_s", "left_s"), [(0, 3600), (3600, 3600), (3601, 3599), (7200, 0)]
)
def test_no_renewal_goes_beyond_the_maximum(age_s, left_s):
    """A lease ends when its time is over, or the pool's longest lease is."""
    record = _record("ada@lab:1")

    assert end_of(record, _meta(), NOW + age_s) - (NOW + age_s) == left_s
