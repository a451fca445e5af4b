"""Events that come twice or late, and states that nobody knows, change nothing."""

import pytest

from asgwarm.domain.record import State


@pytest.mark.parametrize("events", ["doubled", "late"])
def test_events_that_come_twice_or_late_lead_to_the_same_end(pool, events):
    """Every lease has an instance of its own, and what ended stays ended."""
    pool.faults(events=events)
    first = pool.claim()
    pool.periods_until(pool.is_full, most=4)
    second = pool.claim()
    pool.release(first)

    pool.periods_until(pool.is_full, most=4)
    third = pool.claim()
    pool.control.advance(120)
    pool.periods_until(pool.is_full, most=4)

    instances = {lease.instance_id for lease in (first, second, third)}
    assert len(instances) == 3
    assert pool.record(first.instance_id).state is State.TERMINATED
    assert pool.record(second.instance_id).lease_id == second.lease_id
    assert first.instance_id not in pool.running()


def test_an_instance_in_an_unknown_state_is_left_alone(pool):
    """Neither ended nor detached; once the state is known again the loop goes on."""
    (ready,) = pool.in_state(State.READY)
    pool.faults(shown_states={ready.instance_id: "Hovering"})

    pool.tick()
    pool.tick()
    assert pool.record(ready.instance_id) == ready
    lease = pool.claim()
    pool.control.settle()
    assert lease.instance_id in pool.members()

    pool.faults()
    pool.tick()
    pool.until(pool.is_full)
    assert pool.record(lease.instance_id).state is State.LEASED
    assert lease.instance_id not in pool.members()
