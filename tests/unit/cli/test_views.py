"""What leases and pools look like, to people and to programs."""

import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.console import Console, Group

from asgwarm.cli.views import documents, leases
from asgwarm.cli.views import status as status_view
from asgwarm.domain.record import Record, State

TIMINGS = {"query_ms": 4, "claim_ms": 8, "first_byte_ms": 20, "total_ms": 95}


def drawn(table: Group, width: int = 200) -> list[str]:
    """The lines of a table, without colour."""
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue().splitlines()


def test_a_lease_document_is_enough_to_connect(lease):
    """Another program needs address, port, user and the pinned host key."""
    document = documents.lease(lease, TIMINGS)

    assert json.loads(json.dumps(document)) == {
        "schema": "asgwarm.lease/v1",
        "lease_id": "dev.abc",
        "name": "web",
        "pool": "dev",
        "instance_id": "i-0b",
        "host": "127.0.1.7",
        "port": 2200,
        "user": "ec2-user",
        "host_key": lease.target.host_key,
        "endpoint": None,
        "owner": "ada@lab:42",
        "expires_at": "2026-01-31T12:20:00Z",
        "tier": "hot",
        "timings": TIMINGS,
    }


def test_a_lease_document_says_how_ssh_was_opened(lease):
    """The notes of the way in stand beside its timings, which stay numbers."""
    notes = {"ssh": "stock", "ssh_why": "asyncssh 3 is not tested"}

    document = documents.lease(lease, TIMINGS, notes)

    assert document == documents.lease(lease, TIMINGS) | notes


def test_a_status_document_has_what_programs_wait_for(status):
    """`why` is null when the pool is full; tombstones are no instances."""
    document = json.loads(json.dumps(documents.status(status)))

    assert document["schema"] == "asgwarm.status/v1"
    assert document["why"] is None
    assert document["counts"] == status.counts
    assert document["targets"] == status.targets
    assert document["rate_per_hour"] is None
    assert [entry["instance_id"] for entry in document["instances"]] == ["i-0b", "i-0a"]


def test_a_rate_is_a_marked_estimate(status):
    """Money is a text with its currency, so that nobody adds up floats."""
    rated = replace(status, rate_per_hour=Decimal("0.1069"))

    assert documents.status(rated)["rate_per_hour"] == {
        "amount": "0.1069",
        "currency": "USD",
        "estimate": True,
    }
    assert "$0.11 an hour (estimate)" in status_view.headline(rated)


def test_a_listing_has_leases_and_ready_instances(status, lease, ready):
    """`ls --json` is one document."""
    document = documents.listing("dev", "us-east-1", [lease], [ready], {lease.id})

    assert document["schema"] == "asgwarm.ls/v1"
    assert document["leases"] == [documents.lease(lease) | {"spare": True}]
    assert document["ready"] == [
        {"instance_id": "i-0a", "tier": "warm", "since": "2026-01-31T11:58:30Z"}
    ]


def test_leases_come_before_what_is_ready(lease, ready, now):
    """A lease shows its name, what is left of it and whose it is."""
    head, held, free = drawn(leases.table([lease], [ready], now=now, width=200))

    assert head.split()[:2] == ["LEASE", "NAME"]
    assert held.split() == [
        *("dev.abc", "web", "i-0b", "hot", "20m", "10m", "ada@lab:42")
    ]
    assert free.startswith("(ready)")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_tables_fit(status, lease, ready, now, width):
    """Nothing is wider than the terminal, at any usual width."""
    long_owner = replace(lease.record, lease_owner="a-long-name@" + "host." * 20)
    lease = replace(lease, record=long_owner)
    full = replace(status, records=[long_owner, ready])
    tables = (
        leases.table([lease], [ready], now=now, width=width),
        status_view.counts(full, width),
        status_view.instances(full, now=now, width=width),
    )

    assert all(len(line) <= width for table in tables for line in drawn(table, width))


def test_instances_are_listed_in_the_order_of_their_life(status, ready, now):
    """READY first, what is on its way out last, tombstones not at all."""
    leaving = replace(ready, instance_id="i-0d", state=State.DRAINING, why="expired")
    pool = replace(status, records=[leaving, *status.records])

    lines = drawn(status_view.instances(pool, now=now, width=200))

    assert [line.split()[0] for line in lines[1:]] == ["i-0a", "i-0b", "i-0d"]
    assert lines[3].endswith("expired")


def test_a_failed_set_up_is_the_note_of_its_instance(status, ready, now):
    """The last lines of the script's output are what somebody looks for."""
    failed = replace(ready, setup="failed: status 1: no such package")
    pool = replace(status, records=[failed])

    assert (
        "no such package" in drawn(status_view.instances(pool, now=now, width=200))[1]
    )


def test_a_quarantined_instance_is_shown_with_its_reason(status, ready, now):
    """It exists, it costs, and somebody should look at it: last, and never claimed."""
    record = Record(
        instance_id="i-0e",
        state=State.QUARANTINED,
        gen=now,
        epoch="stack",
        since=now - 60,
        why="its row makes no sense",
    )
    pool = replace(status, records=[record, *status.records])

    lines = drawn(status_view.instances(pool, now=now, width=80), 80)

    assert lines[-1].split()[:2] == ["i-0e", "QUARANTINED"]
    assert "its row makes no sense" in lines[-1]
    listed = json.loads(json.dumps(documents.status(pool)))["instances"]
    assert listed[0]["state"] == "QUARANTINED"


def test_a_lease_that_was_made_longer_is_listed_with_its_new_end(lease, now):
    """Also before the reaper has seen it; an old stamp is no news."""
    stamped = replace(lease.record, hb=1, hb_seen=1, exp_at=now + 60, dur_s=7200)

    assert replace(lease, record=stamped).expires_at == now + 60
    renewed = replace(lease, record=replace(stamped, hb=2))
    assert renewed.expires_at == lease.since + 7200


def test_a_renewed_lease_says_when_it_ends(lease, now):
    """And, where the pool ends it sooner than asked for, that it does."""
    full = replace(lease, record=replace(lease.record, exp_at=now + 1800))
    cut = replace(lease, record=replace(lease.record, exp_at=now + 600))

    assert leases.renewed(full, now=now) == (
        "dev.abc ends in 30m, at 2026-01-31T12:30:00Z"
    )
    assert leases.renewed(cut, now=now).endswith(
        "at 2026-01-31T12:10:00Z: no lease of this pool lasts longer"
    )


@pytest.mark.parametrize(
    ("changes", "next_command"),
    [
        ({}, "asgwarm get dev"),
        ({"why": "1 is warming"}, "asgwarm get dev"),
        ({"why": "1 is warming", "counts": {"ready": 0}}, "asgwarm get dev --wait 2m"),
        ({"mode": "DRAINING"}, "asgwarm down dev"),
        ({"stack_status": "UPDATE_COMPLETE"}, "asgwarm get dev"),
        ({"stack_status": "UPDATE_IN_PROGRESS"}, "asgwarm get dev"),
        ({"stack_status": "DELETE_FAILED"}, "asgwarm down dev"),
    ],
)
def test_status_ends_with_a_command_to_type(status, changes, next_command):
    """Whatever the state of a pool, its reader knows what to do next."""
    assert status_view.advice(replace(status, **changes)) == next_command


def test_status_warns_of_a_stack_that_is_not_as_it_should_be(status):
    """A pool may serve while nothing can be changed in it; of a good one nothing."""
    failed = replace(status, stack_status="UPDATE_ROLLBACK_FAILED")

    assert status_view.warning(failed) == (
        "the stack is UPDATE_ROLLBACK_FAILED: an update failed and could not be undone"
    )
    assert status_view.warning(replace(status, stack_status="CREATE_COMPLETE")) == ""
    assert status_view.warning(status) == ""


def test_ls_ends_with_a_command_to_type(lease, ready):
    """A lease is connected to, a ready instance claimed, nothing is looked into."""
    assert leases.advice("dev", [lease], [ready]) == "asgwarm connect web"
    assert leases.advice("dev", [], [ready]) == "asgwarm get dev"
    assert leases.advice("dev", [], []) == "asgwarm status dev"


def test_the_line_of_a_get_names_instance_tier_and_phases(lease):
    """Phases that were not measured are not shown."""
    assert leases.hit(lease, TIMINGS) == (
        "i-0b (hot) in 95 ms: query 4, claim 8, first byte 20"
    )
