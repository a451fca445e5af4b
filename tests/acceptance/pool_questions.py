"""What is asked of a pool that serves: where instances come from, and how fast.

Every look works with what the pool does anyway; none changes a setting.
"""

from datetime import datetime
from statistics import median

from asgwarm.domain.fleet import template_of
from tests.acceptance.answers import Question, Seen, Unseen, seen, yes_if
from tests.acceptance.live import Live

FROM_WARM_POOL = "from warm pool"


def _refill(live: Live) -> Seen:
    """A get takes the ready one; the next has to wait for what replaces it."""
    for _ in range(2):
        live.must("get", live.pool, "--wait", "5m", "--", "true")
    said = [str(activity["Description"]) for activity in live.activities()]
    warm = [line for line in said if FROM_WARM_POOL in line]
    return yes_if(bool(warm), f"{len(warm)} of {len(said)} activities", *warm[:3])


def _which(live: Live) -> Seen:
    """By the order in which those were launched that were woken."""
    events = live.events()
    born = {e["instance_id"]: e["at"] for e in events if e["edge"] == "register"}
    rested: set[str] = set()
    places = []
    for event in events:
        instance_id = event["instance_id"]
        if event["edge"] == "warmed":
            rested.add(instance_id)
        elif event["edge"] == "leave":
            order = sorted(rested, key=lambda i: born.get(i, ""))
            if len(order) > 1 and instance_id in order:
                places.append(f"{order.index(instance_id) + 1} of {len(order)}")
            rested.discard(instance_id)
    if not places:
        raise Unseen("never did more than one rest when one was woken")
    return seen(f"place by age, 1 is the oldest: {', '.join(places)}")


def _starts(live: Live) -> Seen:
    """As the bench measures them, and as the pool's own history has them."""
    done = live.must(
        *("bench", live.pool, "-n", str(live.rounds), "--compare", "warm,cold"),
        *("--yes", "--json"),
    )
    ways = done.result["ways"]
    lines = [
        f"{name}: {way['p50_ms']} ms p50, {way['p95_ms']} ms p95, n = {way['n']}"
        for name, way in ways.items()
    ]
    skipped = [f"{name}: {why}" for name, why in done.result["skipped"].items()]
    verdict = done.result["verdict"]
    return seen(*lines, *skipped, *([verdict["sentence"]] if verdict else []))


def _told(live: Live) -> Seen:
    """From what the group notes to what the function wrote into the row."""
    rows = {
        (e["instance_id"], e["edge"]): e["at"]
        for e in live.events()
        if e["edge"] in ("register", "leave")
    }
    lags = []
    for activity in live.activities():
        instance_id = str(activity["Description"]).rpartition(": ")[2]
        edge = "leave" if FROM_WARM_POOL in activity["Description"] else "register"
        if at := rows.get((instance_id, edge)):
            began_s = activity["StartTime"].timestamp()
            lags.append(_unix_s(at) - began_s)
    if not lags:
        raise Unseen("no activity of the group belongs to a line of the history")
    return seen(
        f"{median(lags):.1f} s in the median, {max(lags):.1f} s at most",
        f"n = {len(lags)}",
        "from the activity's StartTime to the row's line, which has whole seconds",
    )


def _unix_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _stale(live: Live) -> Seen:
    """As a look by tag, once a second while the pool came up, had it."""
    lags: dict[str, int] = live.kept.get("first_listed", {})
    if not lags:
        raise Unseen("nobody looked while instances were launched")
    return seen(
        f"at most {max(lags.values())} s after LaunchTime, n = {len(lags)}",
        "one look a second: a second of it is the look's",
    )


def _suspended(live: Live) -> Seen:
    found = live.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[live.group]
    )["AutoScalingGroups"][0]
    names = sorted(each["ProcessName"] for each in found["SuspendedProcesses"])
    return yes_if("AZRebalance" in names, f"suspended: {', '.join(names) or 'nothing'}")


def _versions(live: Live) -> Seen:
    """Else the function would roll what is new, or nothing at all."""
    client = live.client("autoscaling")
    group = client.describe_auto_scaling_groups(AutoScalingGroupNames=[live.group])[
        "AutoScalingGroups"
    ][0]
    resting = client.describe_warm_pool(AutoScalingGroupName=live.group)["Instances"]
    named = [template_of(member) for member in [*group["Instances"], *resting]]
    if not named:
        raise Unseen("the group has no member")
    own = template_of(group)
    return yes_if({own} == {*named} != {""}, f"group {own!r}, n = {len(named)}", *named)


def _cost(live: Live) -> Seen:
    """What `cost` makes of an hour in which everything was done."""
    found = live.must("cost", live.pool, "--json").result
    amount = found["total"]["amount"] if found["total"] else found["why_no_price"]
    tiers = [f"{t['tier']} {t['spent_ms'] // 1000} s" for t in found["tiers"]]
    return seen(f"total {amount} (estimate)", ", ".join(tiers))


QUESTIONS = (
    Question("Is a detached instance replaced from the warm pool?", _refill),
    Question("How long do a hot, a warm and a cold start take?", _starts),
    Question("Which instance of the warm pool is woken?", _which),
    Question("How soon does the function know of what the group does?", _told),
    Question("How late does EC2 list a new instance by its tag?", _stale),
    Question("Is AZRebalance suspended, so that no zone costs anybody?", _suspended),
    Question("Do members name the group's launch template by number?", _versions),
    Question("What does `asgwarm cost` say of this test?", _cost, only_aws=False),
)
