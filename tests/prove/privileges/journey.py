"""The end-to-end run: everybody does all that they do, and the region takes it down.

One region has people in it, who type every command; in another the function and the
guests of one pool go through all that happens to a pool. Both record what is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from asgwarm.stack.network import default_network
from asgwarm.stack.template import template_text
from tests.integration.cli.conftest import Home, home_in
from tests.integration.endpoint.conftest import deploy_endpoint
from tests.prove.faults.loop import LOOP_PLAYS, LoopPlay, loop_pool
from tests.prove.faults.plays import PLAYS
from tests.prove.faults.stage import Stage
from tests.prove.privileges import jobs, policies, who
from tests.prove.privileges.by_aws import (
    in_the_deployers_name,
    in_the_functions_name,
    in_the_planners_name,
)
from tests.prove.privileges.recorded import Asked, ChangeSets, read
from tests.prove.regions import running_region

LAST = "delete the stack"  # the pool of the function is gone after it
POOLS = ("dev", "idle", "fresh", "husk", "made", "inner", *set(jobs.POOLS.values()))


@dataclass(kw_only=True)
class Journey:
    """What was seen.

    Attributes:
        asked: What IAM is asked, by the names of the policies of who asked; with what
            was done there as its value.
        documents: All policies by their names.
        example: What the cases are about: the inline policies of pool `dev`'s own
            roles, and what GitHub's jobs may take of those for it, by their names.
        calls: How many calls were recorded.
    """

    asked: dict[tuple[tuple[str, ...], Asked], str] = field(default_factory=dict)
    documents: dict[str, policies.Document] = field(default_factory=dict)
    example: dict[str, policies.Document] = field(default_factory=dict)
    stack_id: str = ""
    endpoint_id: str = ""
    calls: int = 0

    def note(self, names: tuple[str, ...], what: Asked, doing: str) -> None:
        """Keep something that is asked with these policies."""
        self.asked.setdefault((names, what), doing)


def travel(folder: Path) -> Journey:
    """Let everybody do everything; takes a minute."""
    journey = Journey()
    with running_region(folder / "people") as region:
        _people(journey, region, folder)
    with running_region(folder / "pool") as region:
        _pool(journey, region)
    return journey


class _Log:
    """The region's record, read step by step, with the tags of its instances."""

    def __init__(self, journey: Journey, region: Any) -> None:
        self._journey, self._region = journey, region
        self._since = 0
        self._tags: dict[str, dict[str, str]] = {}
        self._change_sets = ChangeSets()
        self._ec2 = _watcher(region)
        region.control.record()

    def skip(self) -> None:
        """Leave out what was called until now."""
        self._calls()

    def take(
        self, owners: Mapping[str, tuple[tuple[str, ...], ...]], doing: str
    ) -> None:
        """Note what was called since: the policies of callers by their names."""
        for call in self._calls():
            for owner, holders in owners.items():
                if fnmatchcase(call["owner"], owner):
                    self._journey.calls += 1
                    for what in read(call, self._tags):
                        for names in holders:
                            self._journey.note(names, what, doing)

    def _calls(self) -> list[Any]:
        pages = self._ec2.describe_instances()["Reservations"]
        for instance in (one for page in pages for one in page["Instances"]):
            tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
            self._tags.setdefault(instance["InstanceId"], {}).update(tags)
        calls: list[Any] = self._region.control.requests(self._since)
        if calls:
            self._since = calls[-1]["n"]
        return [self._change_sets.told(call) for call in calls]


def _watcher(region: Any) -> Any:
    """A client of EC2 whose calls are nobody's that the proof is about."""
    key, secret = jobs.key_of(region, "watcher")
    return region.client("ec2", aws_access_key_id=key, aws_secret_access_key=secret)


def _names(pool: str, actor: str) -> tuple[str, ...]:
    return tuple(f"{pool}/{name}" for name in who.HAS[actor])


def _people(journey: Journey, region: Any, folder: Path) -> None:
    stage = Stage(region, folder).build()
    endpoint = deploy_endpoint(region)
    for pool in POOLS:
        policies.deploy_access(region, pool, endpoint.endpoint_id)
        journey.documents |= policies.of_access(region, pool)
    journey.endpoint_id = endpoint.endpoint_id
    journey.stack_id = stage.stack_id("dev")
    journey.example |= policies.of_pool(region, "dev")
    journey.example |= policies.of_jobs(region, "dev")
    log = _Log(journey, region)
    for name, play in PLAYS.items():
        stage.restore()
        play.prepare(stage)
        log.skip()
        stage.freeze(*play.faults, frozen=play.is_frozen)
        done = stage.run(*play.argv)
        assert done.code == play.code, (name, done.err)
        pool = next((pool for pool in POOLS if pool in play.argv), "dev")
        _took(log, play.argv[0], pool, f"asgwarm {' '.join(play.argv)}")
        play.tidy(stage)
    stage.restore()
    with home_in(folder / "errands", **region.environment()) as home:
        for errand in who.ERRANDS:
            log.skip()
            stage.freeze(*errand.faults, frozen=False)
            _run(home, errand)
            _took(log, errand.command, errand.pool, f"asgwarm {' '.join(errand.argv)}")
    _others(log, region)
    stage.thaw()
    _jobs(log, region, folder / "jobs", str(endpoint))
    for what in in_the_planners_name():
        journey.note(_names("ci", who.PLANNER), what, "CloudFormation")
    made = policies.resources(region, "asgwarm-dev", "dev")
    for what in in_the_deployers_name(made):
        journey.note(_names("dev", who.DEPLOYER), what, "CloudFormation")


def _jobs(log: _Log, region: Any, folder: Path, endpoint: str) -> None:
    """What GitHub's jobs do, each with what the stack gave its role."""
    network = default_network(region.client("ec2"))
    ids = {"VpcId": network.vpc, "Subnets": ",".join(network.subnets)}
    log.skip()
    jobs.work(region, folder, ids | {"Endpoint": endpoint})
    owners = {
        f"*:user/{role}": (policies.held(region, pool)[role],)
        for role, pool in jobs.POOLS.items()
    }
    log.take(owners, "templates/ci")


def _took(log: _Log, command: str, pool: str, doing: str) -> None:
    holders = tuple(_names(pool, actor) for actor in who.WHO[command])
    log.take({"user": holders}, doing)


def _run(home: Home, errand: who.Errand) -> None:
    done = home.run(*errand.argv)
    assert errand.code in (None, done.code), (errand.argv, done.err)


def _others(log: _Log, region: Any) -> None:
    """What CI and an auditor do with AWS's own tools."""
    client, stack = region.client("cloudformation"), "asgwarm-dev"
    log.skip()
    client.describe_stacks(StackName=stack)
    for cap, end in (
        ("21", client.delete_change_set),
        ("22", client.execute_change_set),
    ):
        which = {"StackName": stack, "ChangeSetName": f"cap-{cap}"}
        client.create_change_set(
            **which,
            TemplateBody=template_text(),
            Parameters=[
                {"ParameterKey": "Pool", "UsePreviousValue": True},
                {"ParameterKey": "Cap", "ParameterValue": cap},
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        region.until(lambda w=which: _is_made(client.describe_change_set(**w)))
        end(**which)
    log.take({"user": (_names("dev", who.DEPLOYER),)}, "aws cloudformation deploy")
    client.get_template(StackName=stack)
    client.list_stack_resources(StackName=stack)
    client.describe_stack_events(StackName=stack)
    log.take({"user": (_names("dev", who.AUDITOR),)}, "an auditor's look")


def _is_made(change_set: Any) -> bool:
    return bool(change_set["Status"] == "CREATE_COMPLETE")


def _pool(journey: Journey, region: Any) -> None:
    log = _Log(journey, region)
    pool = loop_pool(region)
    journey.documents |= policies.of_pool(region, pool.name)
    function = (f"{pool.name}/FunctionRole",)
    owners = {"lambda": (function,), "i-*": ((f"{pool.name}/GuestRole",),)}
    for name, play in LOOP_PLAYS.items():
        if name != LAST:
            _play(pool, play)
            play.restore(pool)
            log.take(owners, f"the pool: {name}")
    made = policies.resources(region, pool.stack, pool.name)
    queue = next(one.name for one in made if one.logical_id == "DeadLetters")
    table = pool.dynamodb.describe_table(TableName=pool.table)["Table"]
    for what in in_the_functions_name(pool.name, queue, table["LatestStreamArn"]):
        journey.note(function, what, "AWS for the function")
    _play(pool, LOOP_PLAYS[LAST])
    log.take(owners, f"the pool: {LAST}")


def _play(pool: Any, play: LoopPlay) -> None:
    since = int(pool.control.status()["calls"])
    pool.faults(stream_lost=play.stream_lost)
    play.act(pool)
    pool.control.fire_schedule()
    pool.until(lambda: set(play.calls) <= set(_made(pool, play, since)))
    pool.faults()
    pool.until(pool.control.idle)


def _made(pool: Any, play: LoopPlay, since: int) -> Iterator[str]:
    for call in pool.control.requests(since):
        if fnmatchcase(call["owner"], play.owner):
            yield f"{call['service']}:{call['action']}"
