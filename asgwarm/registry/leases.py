"""Leases as their holders write them: claim, renew, release.

Rule 1: a claim counts only when the answer shows our own lease id. One whose answer
was lost, broken or refused by our own retry is settled by a consistent read: ours is
ours, anything else is not, and what cannot be read is unknown and said so.
Rule 2: ending a lease is repeatable: `last_lease` tells whose end it was.
Rule 3: a time that decides is the one in AWS's answers; `now` is for people's eyes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.aws_errors import translate, translated
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import SCHEMA_VERSION as UNDERSTOOD
from asgwarm.domain.record import MalformedRecord, Record, State, record_from_row
from asgwarm.domain.value import value
from asgwarm.errors import (
    AccessDenied,
    AsgwarmError,
    AwsError,
    ConfigError,
    CredentialsMissing,
    PoolNotFound,
    UnknownOutcome,
)
from asgwarm.registry.registry import Registry
from asgwarm.registry.table import ConditionFailed, Row, decode, encode

T = TypeVar("T")
PAGE = 8  # candidates of one Query; see the contention figures in the documentation
_DEFINITE = (AccessDenied, CredentialsMissing, ConfigError)  # nothing was applied


@value
class Wish:
    """What a claimant asks for."""

    lease_id: str
    lease_owner: str
    lease_name: str
    dur_s: int
    has_token: bool = False  # the id is the claimant's, who may ask for it again
    why: str = ""  # what the row's history says about the claim


class Taken(Exception):
    """Somebody else was first, or the instance is not free any more."""


class Leases:
    """The leases of one pool, as one user's process sees them."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.pool = registry.pool
        self.answered_at: int | None = None  # AWS's time of its last list of `ready`

    def meta(self) -> Meta:
        """Return the pool's META.

        Raises:
            PoolNotFound: There is no such pool here, or it never served.
            PoolNewer: Its rows are of a version that is not known here.
        """
        if meta := self._meta():
            return meta
        raise self._no_pool()

    def _meta(self) -> Meta | None:
        """META, if there is one; what its rows say is understood here."""
        with self.named("dynamodb:GetItem"):
            meta = self.registry.meta()
        if meta and meta.v > UNDERSTOOD:
            raise _told().newer(self.pool, meta)
        return meta

    def all(self) -> dict[str, Record]:
        """Return every well-formed record of the pool, by instance id."""
        return self._listed(self.registry.records)

    def rows(self) -> list[Row]:
        """Return every instance row as it is, also those that make no sense."""
        return self._listed(lambda: list(self.registry.rows()))

    def again(self, record: Record) -> Record | None:
        """Return a record as its row is now; None when there is none of any sense."""
        with self.named("dynamodb:GetItem"):
            row = self.registry.get(record.pk, f"I#{record.instance_id}")
        return _record(row)

    def ready(self, start: str, shard: int = 0) -> list[Record]:
        """Return up to PAGE ready instances of a shard, from *start* on in its order.

        The list is a hint, the claim decides. Rows that make no sense are left out.
        """
        with self.named("dynamodb:Query"):
            answer = self.registry.client.query(
                TableName=self.registry.name,
                IndexName="ready",
                KeyConditionExpression="pk = :pk AND ready_key >= :start",
                ExpressionAttributeValues={
                    ":pk": encode(f"{self.registry.meta_pk}#{shard}"),
                    ":start": encode(start),
                },
                Limit=PAGE,
                ConsistentRead=True,
            )
        self.answered_at = _time_of(answer)
        rows = map(decode, answer["Items"])
        return [record for record in map(_record, rows) if record is not None]

    def claim(self, record: Record, wish: Wish, *, key_fp: str, now: int) -> Record:
        """Take a ready instance with one conditional write.

        Raises:
            Taken: It went to somebody else, or is not to be had.
            UnknownOutcome: The write may have been applied, and nobody can say.
        """
        try:
            written = self.registry.move(
                record.instance_id,
                record,
                "claim",
                now=now,
                why=wish.why,
                epoch=record.epoch,
                lease_id=wish.lease_id,
                lease_owner=wish.lease_owner,
                lease_name=wish.lease_name,
                dur_s=wish.dur_s,
                key_fp=key_fp,
                hb=1,
            )
        except ConditionFailed as failed:
            return _ours(_record(failed.row), wish)
        except MalformedRecord as broken:
            return self._settle_unknown(record, wish, UnknownOutcome(str(broken)))
        except (ClientError, BotoCoreError) as error:
            what = f"{self.registry.name}/{record.instance_id}"
            cause = translate(error, "dynamodb:UpdateItem", what)
            return self._settle_unknown(record, wish, cause)
        if written.lease_id != wish.lease_id:
            cause = UnknownOutcome("the answer does not show the lease")
            return self._settle_unknown(record, wish, cause)
        return written

    def _settle_unknown(self, record: Record, wish: Wish, why: AsgwarmError) -> Record:
        if isinstance(why, _DEFINITE):
            raise why
        try:
            found = self.again(record)
        except AsgwarmError as unreadable:
            raise UnknownOutcome(
                f"the claim of {record.instance_id} as {wish.lease_id} was sent, and "
                f"nobody can say whether it was applied: {why.message}",
                hint=f"asgwarm release {wish.lease_id}",
            ) from unreadable
        if found == record:  # not applied, for whatever reason: that reason stands
            raise why
        return _ours(found, wish)

    def renew(self, record: Record, *, now: int, dur_s: int = 0) -> Record:
        """Start a lease's time anew; return the record afterwards.

        Who renewed meanwhile is overtaken, and what they asked for is kept.

        Args:
            dur_s: The lease's length from now on; 0 leaves it as it is in the row.

        Raises:
            LeaseLost: The lease has ended.
        """
        while True:  # each turn means that somebody else renewed it
            try:
                with self.named("dynamodb:UpdateItem"):
                    return self.registry.move(
                        record.instance_id,
                        record,
                        "renew",
                        now=now,
                        lease_id=record.lease_id,
                        last_hb=record.hb,
                        hb=record.hb + 1,
                        dur_s=dur_s or record.dur_s,
                    )
            except ConditionFailed as failed:
                found = _record(failed.row)
                same = found and found.lease_id == record.lease_id
                if not found or not same or found.hb <= record.hb:
                    raise _told().lost(record.lease_id, found) from failed
                record = found

    def check(self, record: Record) -> Record:
        """Return the lease in *record* as it is now.

        Raises:
            LeaseLost: It has ended.
        """
        found = self.again(record)
        if not found or found.lease_id != record.lease_id or found.state != "LEASED":
            raise _told().lost(record.lease_id, found)
        return found

    def release(self, record: Record, *, now: int, why: str) -> None:
        """Give the instance back; it is terminated, nobody else gets it.

        Raises:
            LeaseLost: The lease had ended otherwise.
        """
        try:
            with self.named("dynamodb:UpdateItem"):
                self.registry.move(
                    record.instance_id,
                    record,
                    "release",
                    now=now,
                    last_lease=record.lease_id,
                    why=why,
                )
        except ConditionFailed as failed:
            found = _record(failed.row)
            if found is None or found.last_lease != record.lease_id:
                raise _told().lost(record.lease_id, found) from failed

    def _listed(self, read: Callable[[], T]) -> T:
        """Return what *read* makes of all rows; META says how many shards have some."""
        if not self.registry.shards:
            self._meta()
        with self.named("dynamodb:Query"):
            return read()

    @contextmanager
    def named(self, action: str) -> Iterator[None]:
        """Name what AWS answers; a table that is not there is a pool that is not."""
        with translated(action, self.registry.name):
            try:
                yield
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    raise self._no_pool() from error
                raise
            except MalformedRecord as error:
                raise AwsError(f"{action} answered nonsense: {error}") from error

    def _no_pool(self) -> PoolNotFound:
        region = self.registry.client.meta.region_name
        return PoolNotFound(
            f"there is no pool {self.pool!r} in {region}",
            hint=f"asgwarm up {self.pool}",
        )


def _time_of(answer: Any) -> int | None:
    """Return when AWS answered, Unix seconds; None when it does not say."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        return int(parsedate_to_datetime(said).timestamp())
    except ValueError:
        return None


def _record(row: Row | None) -> Record | None:
    try:
        return record_from_row(row) if row else None
    except MalformedRecord:
        return None


def _told() -> ModuleType:
    """The words for what is wrong, loaded when something is."""
    from asgwarm.registry import told

    return told


def _ours(found: Record | None, wish: Wish) -> Record:
    """Return the record if the lease in it is the one that was wished for."""
    if found and found.state is State.LEASED and found.lease_id == wish.lease_id:
        return found
    raise Taken
