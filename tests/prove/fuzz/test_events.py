"""Event payloads: whatever they hold, the function says when and where, or nothing."""

from typing import Any

from hypothesis import given

from asgwarm.clock import now_s
from asgwarm.lambdas import handler
from tests.prove.fuzz.kit import ANY, Nonsense, fuzz

BATCH = 20  # payloads of one invocation
INSTANCE = "i-0123456789abcdef0"
LIFECYCLE = {
    "version": "0",
    "detail-type": "EC2 Instance-launch Lifecycle Action",
    "source": "aws.autoscaling",
    "time": "2026-01-31T12:00:00Z",
    "resources": ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:x"],
    "detail": {
        "AutoScalingGroupName": "asgwarm-dev-pool",
        "EC2InstanceId": INSTANCE,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "Destination": "WarmPool",
    },
}
ROW = {
    "eventName": "MODIFY",
    "eventSource": "aws:dynamodb",
    "dynamodb": {
        "ApproximateCreationDateTime": 1769860800.0,
        "Keys": {"pk": {"S": "POOL#dev#0"}, "sk": {"S": f"I#{INSTANCE}"}},
        "NewImage": {"st": {"S": "LEASED"}, "gen": {"N": "3"}},
        "SequenceNumber": "1",
    },
}
SOUND: list[dict[str, Any]] = [
    LIFECYCLE,
    LIFECYCLE | {"detail-type": "Scheduled Event", "detail": {}},
    {"Records": [ROW]},
    {"Records": [ROW, ROW | {"dynamodb": {"Keys": {"pk": {"S": "WAIT#dev"}}}}]},
]


def event_of(nonsense: Nonsense) -> dict[str, Any]:
    """An event, more or less.

    Its root is an object: so EventBridge and streams send it, and nobody else may
    invoke the function.
    """
    made = nonsense.spoil(nonsense.choice(SOUND))
    return made if isinstance(made, dict) else {nonsense.text(): made}


def a_time(nonsense: Nonsense) -> str:
    """A time as ISO 8601 writes it, of any year and zone."""
    year = nonsense.choice([1, 1969, 2026, nonsense.randrange(1, 9999)])
    day = f"{year:04}-{nonsense.randrange(1, 13):02}-{nonsense.randrange(1, 29):02}"
    clock = f"{nonsense.randrange(24):02}:{nonsense.randrange(60):02}:00"
    return day + nonsense.choice(["", f"T{clock}", f"T{clock}Z", f"T{clock}-23:59"])


@fuzz()
@given(ANY)
def test_an_event_has_a_time_that_is_not_before_now(nonsense):
    """A late one, or one with nonsense for a time, turns nothing back."""
    before = now_s()
    event = event_of(nonsense)
    if nonsense.once_in(3):
        event["time"] = a_time(nonsense)

    assert handler._now(event) >= before


@fuzz(1 / BATCH)
@given(nonsense=ANY)
def test_the_deployed_function_survives_every_event(pool, nonsense):
    """No error that would be tried again, and a full pool stays as it is.

    A stream hands over many records at a time, and so does this.
    """
    event = event_of(nonsense)
    event.pop("RequestType", None)  # CloudFormation's own requests are another thing
    event["Records"] = [nonsense.spoil(ROW) for _ in range(BATCH)]

    assert pool.invoke(event_of(nonsense)) == ""
    assert pool.invoke(event) == ""

    assert pool.is_full()
