"""A lease as its holder sees it: the right to one instance until it ends."""

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.target import Target
from asgwarm.domain.record import MalformedRecord, Record
from asgwarm.domain.value import value
from asgwarm.errors import SessionFailed


@value
class Lease:
    """One lease. Times are Unix seconds.

    `tier` is what the claim hit: hot for an instance that was ready at once, else
    how the one that was waited for came into service: warm or cold.
    """

    pool: str
    record: Record
    tier: str
    key: SessionKey | None = None  # of the session that the claim was made for
    # When the claim was sent, by clock.monotonic_s(); None for a lease that was found.
    sent_at_s: float | None = None

    @property
    def id(self) -> str:
        """The lease's id, which carries its pool: `dev.k3v…`."""
        return self.record.lease_id

    @property
    def name(self) -> str:
        """The name that its holder gave it, or an empty string."""
        return self.record.lease_name

    @property
    def owner(self) -> str:
        """Who holds it, as the holder said: `user@host:pid`."""
        return self.record.lease_owner

    @property
    def instance_id(self) -> str:
        """The instance that it holds."""
        return self.record.instance_id

    @property
    def since(self) -> int:
        """When it was claimed, by the holder's clock."""
        return self.record.since

    @property
    def ttl_s(self) -> int:
        """Its length from each renewal on, in seconds."""
        return self.record.dur_s

    @property
    def expires_at(self) -> int:
        """When it ends unless renewed; an estimate until the reaper has seen it."""
        record = self.record
        if record.exp_at and record.hb == record.hb_seen:
            return record.exp_at
        # Renewed since the reaper looked: it may have been made longer.
        return max(record.exp_at, record.since + record.dur_s)

    @property
    def target(self) -> Target:
        """The way into its instance.

        Raises:
            SessionFailed: The row says nothing usable about it.
        """
        try:
            return Target.from_record(self.record)
        except MalformedRecord as error:
            raise SessionFailed(
                f"the row of {self.instance_id} names no way in: {error}",
                hint=f"asgwarm release {self.id}",
            ) from error


def lease_of(pool: str, record: Record, *, tier: str = "") -> Lease:
    """Return the lease in a LEASED record."""
    return Lease(pool=pool, record=record, tier=tier or record.tier)


def is_reachable(record: Record) -> bool:
    """Whether a record says how to reach its instance."""
    try:
        Target.from_record(record)
    except MalformedRecord:
        return False
    return True
