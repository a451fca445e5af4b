"""Events that are nobody's, or another group's, reach the deployed function."""

import pytest

LAUNCHED = "EC2 Instance Launch Successful"
INSTANCE = {"EC2InstanceId": "i-0123456789abcdef0"}
EVENTS = {
    "nothing": {},
    "another kind": {"detail-type": "Something Else", "detail": {"x": 1}},
    "no detail": {"detail-type": LAUNCHED, "detail": None},
    "detail of another type": {"detail-type": LAUNCHED, "detail": [1]},
    "another group": {
        "detail-type": LAUNCHED,
        "detail": INSTANCE | {"AutoScalingGroupName": "theirs"},
    },
    "records of another type": {"Records": "many"},
    "a record of another type": {"Records": [{"dynamodb": {"Keys": 3}}]},
    "a record without keys": {"Records": [{"dynamodb": {}}]},
    "keys of another type": {"Records": [{"dynamodb": {"Keys": {"pk": {"N": "1"}}}}]},
    "a time that is none": {"time": 7, "detail-type": LAUNCHED, "detail": {}},
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_that_means_nothing_here_changes_nothing(pool, event):
    """No error that would be tried again, no row that is another."""
    before = pool.records()

    assert pool.invoke(event) == ""

    assert pool.records() == before


@pytest.mark.parametrize("instance_id", ["i-0123456789abcdef0", "nonsense", 7, None])
def test_an_instance_that_does_not_exist_gets_no_row(pool, instance_id):
    """Even when the event says that it is the group's."""
    before = pool.records()
    detail = {"AutoScalingGroupName": pool.group_name, "EC2InstanceId": instance_id}

    assert pool.invoke({"detail-type": LAUNCHED, "detail": detail}) == ""

    assert pool.records() == before
