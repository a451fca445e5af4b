"""One lease for a token, one for a name of a user, however many ask at once.

Two claims of one token may both find nothing and both get an instance. A row of its
own decides which of them counts: it names the instance, and is written by whoever has
claimed one and read the row before.

Rule 1: who finds a live lease in the row gives its own back. The rows of instances are
read after the row, so that what was written there before is seen.
Rule 2: the row is written on the condition that it is as it was read. Who comes second
reads again, and finds the first.
Rule 3: that the row is gone does no harm: whoever asks looks for a live lease first.
"""

from asgwarm.clock import now_s
from asgwarm.domain.record import Record, State
from asgwarm.leasing.finding import user_of
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import TOMBSTONE_S
from asgwarm.registry.table import ConditionFailed


def sole(leases: Leases, wish: Wish, mine: Record) -> Record:
    """Return the lease that counts for a wish: *mine* or one that was first. Blocks.

    Raises:
        AwsError: It cannot be found out.
    """
    keys = [f"TOKEN#{wish.lease_id}"] if wish.has_token else []
    if wish.lease_name:
        keys.append(f"NAME#{user_of(wish.lease_owner)}#{wish.lease_name}")
    for key in keys:
        first = _first(leases, key, mine)
        if first.instance_id != mine.instance_id:
            return first
    return mine


def _first(leases: Leases, key: str, mine: Record) -> Record:
    table, pk = leases.registry, f"SOLE#{leases.pool}"
    while True:  # each turn means that another claim was written down
        with leases.named("dynamodb:GetItem"):
            row = table.get(pk, key) or {}
        found = leases.all().get(str(row.get("instance_id")))
        if found and found.state is State.LEASED and row["lease_id"] == found.lease_id:
            return found
        try:
            with leases.named("dynamodb:UpdateItem"):
                table.write(
                    pk,
                    key,
                    "SET instance_id = :instance_id, lease_id = :lease_id, "
                    "ttl_at = :ttl_at ADD gen :one",
                    "gen = :gen" if row else "attribute_not_exists(pk)",
                    gen=row.get("gen"),
                    instance_id=mine.instance_id,
                    lease_id=mine.lease_id,
                    ttl_at=now_s() + TOMBSTONE_S,
                )
        except ConditionFailed:
            continue
        return mine
