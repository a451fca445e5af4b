"""The JSON documents, each with its `schema`.

Rule: within a version fields keep their names and are never taken away; a document
carries no secret.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from asgwarm.cli.views.words import money, utc

if TYPE_CHECKING:
    from asgwarm.domain.forwards import Forward
    from asgwarm.domain.record import Record
    from asgwarm.leasing.lease import Lease
    from asgwarm.leasing.standing import PoolStatus

Document = dict[str, object]


def lease(
    held: "Lease",
    timings: Mapping[str, int] | None = None,
    notes: Mapping[str, str] = {},
) -> Document:
    """`asgwarm.lease/v1`: enough for another program to connect.

    Args:
        notes: How SSH was opened, `ssh`, and why not faster, `ssh_why`.
    """
    document: Document = {
        "schema": "asgwarm.lease/v1",
        "lease_id": held.id,
        "name": held.name,
        "pool": held.pool,
        "instance_id": held.instance_id,
        "host": held.target.address,
        "port": held.target.port,
        "user": held.target.os_user,
        "host_key": held.target.host_key,
        "endpoint": held.target.endpoint.partition(" ")[0] or None,
        "owner": held.owner,
        "expires_at": utc(held.expires_at),
        "tier": held.tier,
    }
    if timings is not None:
        document["timings"] = dict(timings)
    return document | dict(notes)


def forwards(listening: "Iterable[Forward]") -> list[Document]:
    """What is forwarded: which end listens, by its option, where, and for what."""
    return [
        {
            "option": str(each.kind),
            "listens_at": each.listens_at,
            "port": each.port,
            "goes_to": each.goes_to,
        }
        for each in listening
    ]


def listing(
    pool: str,
    region: str,
    leases: Iterable["Lease"],
    ready: Iterable["Record"],
    spares: Collection[str] = (),
) -> Document:
    """`asgwarm.ls/v1`: the pool's leases and its ready instances.

    Args:
        spares: Ids of leases that nobody uses yet.
    """
    return {
        "schema": "asgwarm.ls/v1",
        "pool": pool,
        "region": region,
        "leases": [lease(held) | {"spare": held.id in spares} for held in leases],
        "ready": [
            {"instance_id": r.instance_id, "tier": r.tier, "since": utc(r.since)}
            for r in ready
        ],
    }


def status(pool: "PoolStatus") -> Document:
    """`asgwarm.status/v1`: how full the pool is; `why` is null when it is full."""
    return {
        "schema": "asgwarm.status/v1",
        "pool": pool.pool,
        "region": pool.region,
        "state": pool.mode,
        "counts": dict(pool.counts),
        "targets": dict(pool.targets),
        "why": pool.why,
        "stack_status": pool.stack_status or None,
        "rate_per_hour": money(pool.rate_per_hour),
        "instances": [_instance(record) for record in pool.records if _exists(record)],
    }


def released(lease_id: str) -> Document:
    """`asgwarm.released/v1`: one lease was given back."""
    return {"schema": "asgwarm.released/v1", "lease_id": lease_id}


def releases(released: int, asked: int) -> Document:
    """`asgwarm.release/v1`, the last line where several leases were to be released."""
    return {
        "schema": "asgwarm.release/v1",
        "type": "result",
        "released": released,
        "failed": asked - released,
    }


def _exists(record: "Record") -> bool:
    return record.state.value != "TERMINATED"


def _instance(record: "Record") -> Document:
    return {
        "instance_id": record.instance_id,
        "state": record.state.value,
        "tier": record.tier,
        "since": utc(record.since),
        "lease_id": record.lease_id or None,
        "why": record.why or None,
    }
