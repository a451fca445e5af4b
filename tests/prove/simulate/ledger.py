"""What was promised, held against every write and every end of an instance.

S1 an instance is leased at most once, and its row has one place. S2 only WARMING
becomes READY, and nothing that was used. S3 nothing of ours ends a lease that its
holder may still trust. S6 an instance is ended only when its row says that it is at
its end, or said so when the request was sent and a hand has spoilt it since. S7 a
change of state raises `gen`. L5 nobody who was refused holds a lease unawares.

Rule: what a hand from outside did to an instance releases us from S3 for it, and from
nothing else.
"""

from collections.abc import Callable
from typing import Any

from asgwarm.domain.capacity import LEFT
from asgwarm.domain.meta import Settings
from asgwarm.domain.record import Record, shard_of
from tests.prove.simulate.cloud import Box
from tests.prove.simulate.dynamo import Table
from tests.prove.simulate.expressions import Item
from tests.prove.simulate.lines import Line
from tests.prove.simulate.timeline import Timeline

ENDED = ("DRAINING", "TERMINATED")
HAND = {"S": "hand"}  # who wrote a row behind everybody's back


class Ledger:
    """Everything that has to be remembered of every instance."""

    def __init__(self, timeline: Timeline, table: Table, settings: Settings) -> None:
        self.timeline, self.table, self.settings = timeline, table, settings
        self.meta_pk = f"POOL#{settings.pool}"
        self.born: set[str] = set()
        self.leased: set[str] = set()  # ever
        self.used: set[str] = set()  # ever READY no more
        self.trusted: dict[str, tuple[str, float]] = {}  # id -> lease, until when
        self.touched: set[str] = set()  # by a hand from outside
        # When whose row became senseless, and what it said before; they must live on.
        self.spoilt: dict[str, tuple[float, str]] = {}
        self.over_at: dict[str, float] = {}  # id -> when its lease has ended
        self.claimed_at: dict[str, float] = {}
        self.asked_at: dict[str, float] = {}  # id -> when its end was asked for
        self.worst_l1_s = 0.0
        self.boots: Callable[[str], int] = lambda instance_id: 0
        self.waiters = 10**6  # who may wait at the same time
        table.watchers.append(self.on_row)

    def pk(self, instance_id: str) -> str:
        """The partition that the row of an instance belongs in."""
        return f"{self.meta_pk}#{shard_of(instance_id, self.settings.shards)}"

    def row(self, instance_id: str) -> Item:
        """The row of an instance; empty where there is none."""
        return self.table.rows(self.pk(instance_id)).get(f"I#{instance_id}", {})

    def rows(self) -> dict[str, Item]:
        """All rows of instances, by their sort keys."""
        shards = range(self.settings.shards)
        found = [self.table.rows(f"{self.meta_pk}#{shard}") for shard in shards]
        return {sk: row for rows in found for sk, row in rows.items()}

    def state(self, instance_id: str) -> str:
        """What the row of an instance says; nothing where there is none."""
        row = self.row(instance_id)
        return str(row.get("st", {}).get("S", ""))

    def trusts(self, record: Record, until: float) -> None:
        """A holder relies on its lease until then."""
        self.trusted[record.instance_id] = record.lease_id, until

    def gives_back(self, record: Record) -> None:
        """A holder does not rely on its lease any more."""
        self.trusted.pop(record.instance_id, None)

    def not_granted(self, instance_id: str, token: str, why: object) -> None:
        """A claimant was told that it has nothing; so nothing may be there."""
        row = self.row(instance_id)
        if row.get("lease_id") == {"S": token}:
            raise self.timeline.broken(f"L5: {token} strands {instance_id}: {why!r}")

    def told_lost(self, record: Record, why: object) -> None:
        """A holder was told that its lease is lost."""
        if record.instance_id not in self.spoilt:
            self._spare(record.instance_id, f"its holder was told: {why}")
            self.gives_back(record)

    def used_by_holder(self, record: Record) -> None:
        """S4: a holder goes in, trusting its lease."""
        instance_id = record.instance_id
        row = self.row(instance_id)
        ours = row.get("lease_id") == {"S": record.lease_id}
        if not ours and instance_id not in self.touched | self.spoilt.keys():
            raise self.timeline.broken(f"S4: {record.lease_id} used {instance_id}")

    def asked(self, line: Line, instance_id: str) -> None:
        """S6: the function asks for the end of an instance."""
        who, state = line.who, self.state(instance_id)
        spoilt_at, was = self.spoilt.get(instance_id, (0.0, ""))
        if line.sent_at < spoilt_at:
            state = was
        if not line.has_read_meta:
            raise self.timeline.broken(f"S6: {who} ends {instance_id} without META")
        if state not in ENDED and instance_id not in self.touched:
            what = f"{who} ends {instance_id}, which is {state or 'not known'}"
            raise self.timeline.broken(f"S6: {what}")
        self._spare(instance_id, f"{who} ends the instance")
        if instance_id not in self.asked_at:
            self.asked_at[instance_id] = self.timeline.now
            over_at = self.over_at.get(instance_id)
            if over_at and instance_id not in self.touched | self.spoilt.keys():
                took_s = self.timeline.now - over_at
                self.worst_l1_s = max(self.worst_l1_s, took_s)

    def on_end(self, box: Box) -> None:
        """An instance ends, whoever asked."""
        self._spare(box.id, "the instance ends")

    def _spare(self, instance_id: str, what: str) -> None:
        lease_id, until = self.trusted.get(instance_id, ("", 0.0))
        if until > self.timeline.now and instance_id not in self.touched:
            left_s = until - self.timeline.now
            raise self.timeline.broken(
                f"S3: {what}, {instance_id}, although {lease_id} is trusted for "
                f"another {left_s:.0f} s"
            )

    def spoils(self, instance_id: str) -> None:
        """A hand makes a row senseless, which is to be noticed soon."""
        self.spoilt[instance_id] = self.timeline.now, self.state(instance_id)
        self.over_at[instance_id] = self.timeline.now + self.settings.max_lease_s

    def on_row(self, pk: str, sk: str, before: Item | None, after: Item | None) -> None:
        """Hold a write against the promises."""
        instance_id = sk[2:]
        if not sk.startswith("I#"):
            return
        if pk != self.pk(instance_id):
            raise self.timeline.broken(f"S1: {instance_id} has a row in {pk}")
        self._on_instance(instance_id, before, after)

    def _on_instance(
        self, instance_id: str, before: Item | None, after: Item | None
    ) -> None:
        was, now = _state(before), _state(after)
        if after is None or after.get("updated_by") == HAND:
            return
        self._check_lease_time(instance_id, was, now, before, after)
        if was == now:
            return
        if now == "QUARANTINED":
            # Whoever may hold it gets the time that anybody may hold one.
            self.over_at[instance_id] = self.timeline.now + self.settings.max_lease_s
        self.timeline.note(f"  {instance_id} {was} -> {now}")
        if now == "DRAINING":
            self._check_sweeps(after)
        self._check_state(instance_id, was, now)
        is_ours = before and before.get("updated_by") != HAND
        if before and is_ours and int(after["gen"]["N"]) <= int(before["gen"]["N"]):
            raise self.timeline.broken(f"S7: {instance_id} {was} {now} keeps gen")
        by_holder = after.get("updated_by") != {"S": "function"}
        if was == "LEASED" and not by_holder and now != "QUARANTINED":
            self._spare(instance_id, f"the function writes {now}")

    def _check_state(self, instance_id: str, was: str, now: str) -> None:
        if was == "":
            if instance_id in self.born and instance_id not in self.touched:
                raise self.timeline.broken(f"S2: {instance_id} rises from the dead")
            self.born.add(instance_id)
        if was == "READY":
            self.used.add(instance_id)
        if now == "LEASED":
            if instance_id in self.leased or was != "READY":
                raise self.timeline.broken(f"S1: {instance_id} {was} is leased again")
            self.leased.add(instance_id)
        if now == "READY":
            self._check_ready(instance_id, was)
        if was == "TERMINATED":
            raise self.timeline.broken(f"S2: {instance_id} leaves TERMINATED: {now}")

    def _check_ready(self, instance_id: str, was: str) -> None:
        if was != "WARMING" or instance_id in self.used:
            raise self.timeline.broken(f"S2: {instance_id} {was} is ready again")
        report = self.table.rows(self.settings.instances + instance_id)["AGENT"]
        said = report["boot_id"]["S"]
        if said != f"{instance_id}-{self.boots(instance_id)}":
            raise self.timeline.broken(f"S5: {instance_id} is ready as {said} says")

    def _check_sweeps(self, after: Item) -> None:
        """S6: a list that lacks members costs a few instances, an empty one none."""
        writer = self.table.writer
        if after.get("why") != {"S": LEFT} or writer is None:
            return
        writer.swept += 1
        if writer.saw_nobody:
            raise self.timeline.broken(f"S6: {writer.who} believes an empty list")
        most = max(5, len(self.rows()) // 5) + writer.unheard
        if writer.swept > most:
            raise self.timeline.broken(f"S6: {writer.who} sweeps {writer.swept}")

    def on_ask(self, _: str, request: dict[str, Any], desired: int) -> None:
        """Cap: the wish of the group is raised, by what is wanted and never more."""
        wanted, settings = request["DesiredCapacity"], self.settings
        if wanted < desired:
            raise self.timeline.broken(f"cap: {desired} is lowered to {wanted}")
        if wanted > min(settings.cap, settings.hot + self.waiters):
            raise self.timeline.broken(f"cap: {wanted} are asked for")

    def _check_lease_time(
        self, instance_id: str, was: str, now: str, before: Item | None, after: Item
    ) -> None:
        """Note when a lease ends, by the table's writes and true time."""
        if now == "LEASED" and after.get("hb") != (before or {}).get("hb"):
            claimed_at = self.claimed_at.setdefault(instance_id, self.timeline.now)
            limit = claimed_at + self.settings.max_lease_s
            ends_at = self.timeline.now + int(after["dur_s"]["N"])
            self.over_at[instance_id] = min(ends_at, limit)
        elif was == "LEASED" and now == "DRAINING":
            over_at = self.over_at.get(instance_id, self.timeline.now)
            self.over_at[instance_id] = min(over_at, self.timeline.now)


def _state(item: Item | None) -> str:
    """The state in an item; a question mark where it makes none."""
    if item is None:
        return ""
    return str(item.get("st", {}).get("S", "?"))
