"""How a pool is doing, in counts and one sentence, from its rows alone."""

from collections.abc import Collection

from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State

RECENT_S = 900  # how long a failed instance is worth a mention
# Ten passes without one that found every ready instance where it should be. A table
# that was restored from a backup is that old at least: AWS takes longer to restore it.
STALE_S = 600


def counts_of(records: Collection[Record]) -> dict[str, int]:
    """Return how many instances are ready, warming, leased, draining and warm."""
    words = {
        "ready": State.READY,
        "warming": State.WARMING,
        "leased": State.LEASED,
        "draining": State.DRAINING,
        "warm": State.WARMED,
    }
    return {
        word: sum(record.state is state for record in records)
        for word, state in words.items()
    }


def is_stale(meta: Meta, now: int) -> bool:
    """Whether the rows may say ready of what is not, because nobody compared them."""
    return now - meta.seen_at > STALE_S


def why_not_full(meta: Meta, records: Collection[Record], now: int) -> str | None:
    """Return one sentence on why the pool is not full, or None when it is."""
    counts = counts_of(records)
    if meta.draining or is_stale(meta, now):
        return _out_of_service(meta, now)
    wanted = min(meta.hot, max(0, meta.cap - counts["leased"]))
    if counts["ready"] >= wanted and counts["warm"] >= meta.warm:
        if wanted < meta.hot:
            return f"{counts['leased']} instances are leased and the cap is {meta.cap}"
        return None
    if meta.trouble:
        return f"instances cannot be launched: {meta.trouble}"
    if failure := _last_failure(records, now):
        return f"the last instance did not become ready: {failure}"
    return _on_its_way(counts, records, now)


def _out_of_service(meta: Meta, now: int) -> str:
    if meta.draining:
        return "the pool is going down"
    minutes = (now - meta.seen_at) // 60
    since = f"for {minutes} minutes" if meta.seen_at else "yet"
    return f"its function has not compared its rows with the group {since}"


def _last_failure(records: Collection[Record], now: int) -> str:
    failed = [
        record
        for record in records
        if record.why.startswith(("set-up", "not ready"))
        and now - record.since < RECENT_S
    ]
    return max(failed, key=lambda record: record.since).why if failed else ""


def _on_its_way(counts: dict[str, int], records: Collection[Record], now: int) -> str:
    since = [record.since for record in records if record.state is State.WARMING]
    if since:
        waited_s = max(0, now - min(since))
        what = "instance is" if len(since) == 1 else "instances are"
        return f"{len(since)} {what} on the way, the first for {waited_s} s"
    if counts["draining"]:
        return "a used instance is being replaced"
    return "the group has not launched an instance yet"
