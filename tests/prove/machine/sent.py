"""What the product sends with each edge, from what was read of a row."""

from typing import Any

from asgwarm.domain.record import Record

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-dev/1"
OTHER_STACK = STACK.replace("/1", "/0")
HOST_KEY = "ssh-ed25519 " + "A" * 68
READY = {
    "ready_key": "5eed",
    "host_key": HOST_KEY,
    "address": "198.51.100.7",
    "port": 22,
    "os_user": "ec2-user",
    "endpoint": "",
    "tier": "warm",
    "setup": "none",
}


def honest(edge: str, record: Record | None, now: int, number: int) -> dict[str, Any]:
    """The values of *edge*, as whoever takes it sends them.

    Args:
        number: Makes a new lease's id, and the place in the index.
    """
    values: dict[str, Any] = {"epoch": STACK, "why": "because", "boot_in": "boot-1"}
    values["template"] = "lt-0abc 3"
    values |= READY | {"ready_key": f"{number:08x}"}
    if edge == "quarantine":
        # Of a row that made no sense nothing but this is known.
        return values | {"gen": now, "last_gen": record.gen if record else -1}
    if record is None:
        return values
    values |= {
        "lease_id": record.lease_id,
        "last_lease": record.lease_id,
        "last_hb": record.hb,
        "hb": record.hb + (edge == "renew"),
        "hb_seen": record.hb,
        "dur_s": 600,
        "exp_at": now + 600,
        "lease_seen_at": record.lease_seen_at or now,
        "deadline": now,
    }
    if edge == "claim":
        values |= {"lease_id": f"machine.{number}", "lease_owner": "ada@lab:1"}
        values |= {"lease_name": "", "key_fp": "SHA256:x", "hb": 1}
    return values
