"""Rows of the table, in DynamoDB's own form: read strictly, shown safely."""

from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given

from asgwarm.domain.fleet import report_from_row
from asgwarm.domain.health import counts_of, why_not_full
from asgwarm.domain.history import events_of
from asgwarm.domain.meta import meta_from_row
from asgwarm.domain.record import MalformedRecord, Record, State, record_from_row
from asgwarm.errors import SessionFailed
from asgwarm.leasing.lease import is_reachable, lease_of
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry
from asgwarm.registry.table import decode
from tests.prove.fuzz.kit import ANY, Nonsense, fuzz
from tests.unit.domain.make import HOST_KEY, NOW, STACK

INSTANCE: dict[str, Any] = {
    "pk": {"S": "POOL#dev#0"},
    "sk": {"S": "I#i-0123456789abcdef0"},
    "v": {"N": "1"},
    "st": {"S": "LEASED"},
    "gen": {"N": "3"},
    "epoch": {"S": STACK},
    "since": {"N": str(NOW)},
    "address": {"S": "198.51.100.7"},
    "port": {"N": "22"},
    "os_user": {"S": "ec2-user"},
    "endpoint": {"S": "eice-0123456789abcdef0 e.example sg-0123456789abcdef0"},
    "host_key": {"S": HOST_KEY},
    "tier": {"S": "warm"},
    "template": {"S": "lt-0abc 3"},
    "lease_id": {"S": "dev.abc"},
    "lease_owner": {"S": "ada@lab:1"},
    "lease_name": {"S": ""},
    "hb": {"N": "1"},
    "dur_s": {"N": "600"},
    "evict": {"BOOL": False},
    "why": {"S": ""},
    "history": {"L": [{"S": "1800000000 register function "}]},
}
META: dict[str, Any] = {
    "epoch": {"S": STACK},
    "pool_mode": {"S": "ACTIVE"},
    "hot": {"N": "1"},
    "warm": {"N": "2"},
    "cap": {"N": "10"},
    "max_lease_s": {"N": "43200"},
    "trouble": {"S": ""},
    "owner_cap": {"N": "0"},
    "refresh_at": {"N": "0"},
    "shards": {"N": "4"},
}
AGENT: dict[str, Any] = {
    "boot_id": {"S": "boot-1"},
    "target": {"S": "InService"},
    "phase": {"S": "done"},
    "host_key": {"S": HOST_KEY},
    "port": {"N": "22"},
    "setup": {"S": "none"},
}


def instance(nonsense: Nonsense) -> dict[str, Any]:
    """An instance row, more or less."""
    state = {"st": {"S": str(nonsense.choice(list(State)))}}
    return nonsense.row(INSTANCE | state)


def instances(nonsense: Nonsense) -> list[dict[str, Any]]:
    """Up to four of them."""
    return [instance(nonsense) for _ in range(nonsense.randrange(5))]


def records(items: list[dict[str, Any]]) -> list[Record]:
    """The rows that are records."""
    found = []
    for item in items:
        with suppress(MalformedRecord):
            found.append(record_from_row(decode(item)))
    return found


@fuzz()
@given(ANY)
def test_an_instance_row_is_a_record_or_malformed(nonsense):
    """Every field of what is read has its type, whatever the table held."""
    for record in records([instance(nonsense)]):
        assert type(record.gen) is int
        assert type(record.epoch) is str
        assert type(record.port) is int
        assert isinstance(record.state, State)


@fuzz()
@given(ANY)
def test_a_pool_row_is_read_as_a_whole_or_not_at_all(nonsense):
    """Nothing is raised, and no field has another type."""
    meta = meta_from_row(decode(nonsense.row(META)))

    assert meta is None or (type(meta.hot), type(meta.epoch)) == (int, str)


@fuzz()
@given(ANY)
def test_a_guest_row_is_a_report_or_none(nonsense):
    """A guest that writes nonsense has not reported."""
    report = report_from_row(decode(nonsense.row(AGENT)))

    assert report is None or 0 < report.port < 65536


@fuzz()
@given(ANY)
def test_a_lease_has_a_way_in_or_a_typed_refusal(nonsense):
    """Nobody connects to what a row makes up."""
    for record in records([instance(nonsense)]):
        lease = lease_of("dev", record)
        try:
            assert lease.target.port > 0
        except SessionFailed:
            assert not is_reachable(record)


@fuzz()
@given(ANY)
def test_a_pool_of_any_rows_can_be_summed_up(nonsense):
    """Counts and the sentence on why it is not full."""
    found = records(instances(nonsense))
    pool = meta_from_row(decode(nonsense.row(META)))

    assert sum(counts_of(found).values()) <= len(found)
    if pool:
        why = why_not_full(pool, found, nonsense.getrandbits(40))
        assert why is None or isinstance(why, str)


@fuzz()
@given(ANY)
def test_what_happened_is_read_from_any_rows(nonsense):
    """Lines that make no sense are left out, the others are in order."""
    events = events_of([decode(item) for item in instances(nonsense)])

    assert [event.at for event in events] == sorted(event.at for event in events)


@fuzz(1 / 10)
@given(nonsense=ANY)
def test_what_is_listed_is_what_makes_sense(pool, nonsense):
    """A client that reads such rows from the table leaves out the others."""
    registry = Registry(pool.dynamodb, "fuzz", "me@here:1")
    registry.name = pool.table
    registry.shards = 1
    key = {"pk": {"S": f"{registry.meta_pk}#0"}, "sk": INSTANCE["sk"]}
    item = instance(nonsense) | key | {"ready_key": {"S": "5eed"}}
    with suppress(ClientError):  # what DynamoDB itself refuses to store
        pool.dynamodb.put_item(TableName=pool.table, Item=item)

    (row,) = registry.rows()
    sound = [row for row in [row] if _is_sound(row)]
    leases = Leases(registry)
    assert list(leases.all().values()) == [record_from_row(row) for row in sound]
    assert len(leases.ready("0")) == len(sound)


def _is_sound(row: dict[str, Any]) -> bool:
    try:
        record_from_row(row)
    except MalformedRecord:
        return False
    return True
