"""What an instance has to say before anybody gets it."""

from asgwarm.domain.record import State

BOOT_S = 100


def test_what_an_earlier_boot_said_makes_nothing_ready(make_pool):
    """Even when it claims to be for service: the boot that serves has to speak."""
    pool = make_pool(warm=1).fill()
    (rested,) = pool.in_state(State.WARMED)
    pool.faults(boot_s=BOOT_S)
    old = pool.said(rested.instance_id)
    pool.claim()
    pool.until(lambda: pool.record(rested.instance_id).state is State.WARMING)

    row = {k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in old.items()}
    row["target"] = {"S": "InService"}
    pool.put(pool.arn(rested.instance_id), "AGENT", row)
    pool.control.settle()
    pool.control.advance(BOOT_S / 2)

    assert pool.record(rested.instance_id).state is State.WARMING
    assert not pool.leases.ready("0")

    pool.control.advance(BOOT_S)
    pool.until(lambda: pool.record(rested.instance_id).state is State.READY)
    assert pool.said(rested.instance_id)["boot_id"] != old["boot_id"]


def test_rows_that_make_no_sense_harm_nobody_else(make_pool):
    """Neither an instance's nor a guest's; the pool goes on around them."""
    pool = make_pool(hot=2, warm=0).fill()
    (broken, good) = pool.in_state(State.READY)
    rows = broken.pk
    nonsense = {"st": {"N": "7"}, "gen": {"S": "x"}, "ready_key": {"S": "0"}}
    pool.put(rows, f"I#{broken.instance_id}", nonsense)
    pool.put(rows, "I#i-0123456789abcdef0", nonsense | {"st": {"S": "READY"}})
    pool.put(rows, "anything", {"st": {"L": []}})
    pool.put(pool.arn("i-0123456789abcdef0"), "AGENT", {"boot_id": {"N": "1"}})
    pool.put(pool.arn(good.instance_id), "AGENT", {"phase": {"BOOL": True}})

    assert pool.invoke() == ""
    lease = pool.claim()

    assert lease.instance_id == good.instance_id
    pool.until(lambda: lease.instance_id not in pool.members())
    pool.until(lambda: pool.counts()[State.READY] == 1)


def test_rows_of_another_stack_are_drained_and_never_offered(pool):
    """A pool that was made anew ends what the old one left in its table."""
    (ready,) = pool.in_state(State.READY)
    warmed, _ = pool.in_state(State.WARMED)
    for record in (ready, warmed):
        pool.dynamodb.update_item(
            TableName=pool.table,
            Key={"pk": {"S": record.pk}, "sk": {"S": f"I#{record.instance_id}"}},
            UpdateExpression="SET epoch = :other",
            ExpressionAttributeValues={":other": {"S": "arn:aws:another-stack"}},
        )

    pool.fire()

    for record in (ready, warmed):
        found = pool.record(record.instance_id)
        assert found.why in ("another stack's", "EC2 terminated it")
        assert found.state in (State.DRAINING, State.TERMINATED)
    assert ready.instance_id not in {r.instance_id for r in pool.leases.ready("0")}
    pool.until(lambda: not {ready.instance_id, warmed.instance_id} & pool.running())
    pool.periods_until(pool.is_full, most=4)
