"""Claimants and holders on the real table: what each is told, and whether it is so."""

from dataclasses import dataclass, field
from typing import Any

from asgwarm.domain.record import Record
from asgwarm.errors import AwsError, LeaseLost
from asgwarm.registry.leases import Taken, Wish
from tests.prove.machine.play import Play, well_formed
from tests.prove.machine.rules import RULES, VERSION
from tests.prove.machine.sent import HOST_KEY


@dataclass
class Holders:
    """Those who hold leases, or believe that they do, and everything they have sent."""

    play: Play
    held: list[Record] = field(default_factory=list)  # as each was answered last
    wished: int = 0

    def claim(self, record: Record, *, again: bool) -> None:
        """Claim with a wish of one's own, or with the last one, sent twice."""
        self.wished += not (again and self.wished)
        wish = Wish(
            lease_id=f"{self.play.registry.pool}.{self.wished}",
            lease_owner="ada@lab:1",
            lease_name="",
            dur_s=600,
        )
        wanted = {"epoch": record.epoch, "hb": 1, "dur_s": 600, "key_fp": HOST_KEY}
        wanted |= {"lease_id": wish.lease_id, "lease_owner": wish.lease_owner}
        granted = self._apply(record, "claim", lease_name="", **wanted)
        try:
            mine = self.play.leases.claim(
                record, wish, key_fp=HOST_KEY, now=self.play.now
            )
        except Taken:
            row = self.play.rows.get(record.instance_id)
            # A row that made no sense before is no proof of anything to a claimant.
            assert not granted or not well_formed(row or {})
            assert not self._is_held_by(wish.lease_id, record.instance_id)
            return
        assert granted or self._is_held_by(wish.lease_id, record.instance_id)
        self.held.append(mine)

    def renew(self, which: int) -> None:
        """Renew a lease, from the answer that its holder had last."""
        mine, record = self.held[which], self.held[which]
        while not (applied := self._apply(record, "renew", **_renewal(record))):
            row = well_formed(self.play.rows.get(record.instance_id, {}))
            if not row or row.lease_id != mine.lease_id or row.hb <= record.hb:
                break
            record = row  # somebody else has renewed the same lease
        try:
            self.held[which] = self.play.leases.renew(mine, now=self.play.now)
        except LeaseLost:
            assert not applied
        except AwsError:
            self._was_nonsense(mine)
        else:
            assert applied

    def release(self, which: int) -> None:
        """Release a lease; its holder stays, and may do it again."""
        mine = self.held[which]
        ends = {"last_lease": mine.lease_id, "why": "released"}
        self._apply(mine, "release", **ends)
        row = well_formed(self.play.rows.get(mine.instance_id, {}))
        is_over = row is not None and row.last_lease == mine.lease_id
        try:
            self.play.leases.release(mine, now=self.play.now, why="released")
        except LeaseLost:
            assert not is_over
        except AwsError:
            self._was_nonsense(mine)
        else:
            assert is_over

    def _was_nonsense(self, record: Record) -> None:
        assert not well_formed(self.play.rows[record.instance_id])

    def _apply(self, record: Record, edge: str, **values: Any) -> bool:
        """Change the model as the write will change the table; whether it will."""
        rule, row = RULES[edge], self.play.rows.get(record.instance_id)
        now, actor = self.play.now, self.play.registry.actor
        sent = {"v": VERSION, "gen": record.gen, "by": actor, "now": now} | values
        sent["line"] = f"{now} {edge} {actor} {values.get('why', '')}"
        permitted = rule.permits(row, sent)
        if permitted:
            self.play.expect(record.instance_id, rule.apply(row, sent))
        return permitted

    def _is_held_by(self, lease_id: str, instance_id: str) -> bool:
        row = well_formed(self.play.rows.get(instance_id, {}))
        return row is not None and row.state == "LEASED" and row.lease_id == lease_id


def _renewal(record: Record) -> dict[str, Any]:
    values = {"lease_id": record.lease_id, "last_hb": record.hb}
    return values | {"hb": record.hb + 1, "dur_s": record.dur_s}
