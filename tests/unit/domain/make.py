"""Values for the tests of the domain; what is not the point is filled in."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from asgwarm.domain.capacity import EXCESS, LEFT, OLD, Capacity
from asgwarm.domain.decide import View
from asgwarm.domain.fleet import Ec2Instance, GroupView, GuestReport
from asgwarm.domain.meta import Meta, Settings
from asgwarm.domain.record import Record, State

NOW = 1_800_000_000
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-dev/1"
HOST_KEY = "ssh-ed25519 " + "A" * 68
TEMPLATE, EARLIER = "lt-0abc 3", "lt-0abc 2"
RUNNING = Ec2Instance(state="running", address="198.51.100.7")


def settings(**changes: Any) -> Settings:
    """Settings of a pool of one hot and two warm instances."""
    known = Settings(
        pool="dev",
        group="asgwarm-dev-pool",
        stack_id=STACK,
        instances="arn:aws:ec2:us-east-1:123456789012:instance/",
        hot=1,
        warm=2,
        cap=10,
        max_lease_s=43_200,
        owner_cap=0,
        grace_s=30,
        hook_timeout_s=180,
        setup_timeout_s=600,
        pool_state="Stopped",
        address_type="public",
        os_user="ec2-user",
        on_delete="refuse",
        shards=1,
    )
    return replace(known, **changes)


def meta(**changes: Any) -> Meta:
    """META of that pool."""
    known = Meta(
        epoch=STACK,
        pool_mode="ACTIVE",
        hot=1,
        warm=2,
        cap=10,
        max_lease_s=43_200,
        trouble="",
        seen_at=NOW,
    )
    return replace(known, **changes)


def group(desired: int = 1, **changes: Any) -> GroupView:
    """A group without members."""
    known = GroupView(
        desired=desired, lifecycle_states={}, template=TEMPLATE, templates={}
    )
    return replace(known, **changes)


def capacity(
    desired: int = 1, target: int = 1, old: Collection[str] = (), **left: int
) -> Capacity:
    """A pool as it should be, in which one may be missed: `LEFT=0, OLD=1, EXCESS=2`."""
    words = {"LEFT": LEFT, "OLD": OLD, "EXCESS": EXCESS}
    known = {LEFT: 1, OLD: 0, EXCESS: 0} | {words[w]: n for w, n in left.items()}
    return Capacity(desired=desired, target=target, strays=0, old=set(old), left=known)


def record(state: State, **changes: Any) -> Record:
    """A record that has rested in *state* for two minutes."""
    known = Record(
        instance_id="i-0123456789abcdef0",
        state=state,
        gen=3,
        epoch=STACK,
        since=NOW - 120,
        born_at=NOW - 300,
    )
    return replace(known, **changes)


def leased(**changes: Any) -> Record:
    """A lease that its holder renewed and the reaper has stamped."""
    known = record(
        State.LEASED,
        lease_id="dev.abc",
        hb=4,
        hb_seen=4,
        dur_s=600,
        exp_at=NOW + 500,
        lease_seen_at=NOW - 100,
    )
    return replace(known, **changes)


def report(**changes: Any) -> GuestReport:
    """A guest that is done, on its way into service."""
    known = GuestReport(
        boot_id="boot-2",
        target="InService",
        phase="done",
        host_key=HOST_KEY,
        port=22,
        setup="none",
    )
    return replace(known, **changes)


def view(of: Record | None, lifecycle: str, **changes: Any) -> View:
    """What is known of an instance, its lifecycle state written as AWS does."""
    known = View(
        settings=settings(),
        meta=meta(),
        capacity=capacity(),
        now=NOW,
        instance_id="i-0123456789abcdef0",
        record=of,
        lifecycle=lifecycle.removesuffix(":Wait"),
        template=TEMPLATE,
        waits=lifecycle.endswith(":Wait"),
        ec2=RUNNING,
        report=None,
    )
    return replace(known, **changes)
