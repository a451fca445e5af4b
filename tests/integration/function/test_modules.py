"""The function's modules, run here as they stand in the package.

What is deployed is their text, flattened, in a process of the region's own. In these
tests that one hears nothing, and this process does its work with the same clients.
"""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest

from asgwarm.clock import now_s
from asgwarm.domain.record import State
from asgwarm.lambdas import handler as function
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry
from asgwarm.stack.deploy import deploy
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions

pytestmark = pytest.mark.long

POOL = "modules"
SCHEDULED = {"detail-type": "Scheduled Event"}
WISH = Wish(lease_id="modules.1", lease_owner="me@here:1", lease_name="", dur_s=3600)
FOREIGN: tuple[dict[str, Any], ...] = (
    {},
    {"Records": [{"dynamodb": {}}]},
    {"Records": "nonsense"},
    {"detail": {"AutoScalingGroupName": "asgwarm-modules-pool"}, "time": "never"},
)


@pytest.fixture
def leases(fresh_region):
    """The leases of a pool whose deployed function hears of nothing."""
    region, client = fresh_region, fresh_region.client
    region.control.set_faults(events="lost", stream_lost=True)
    options = PoolOptions(
        pool=POOL, warm=1, subnets=default_network(client("ec2")).subnets
    )

    def pause(_):
        region.control.wait_change(0.2)

    deploy(client("cloudformation"), options, on_event=lambda _: None, sleep=pause)
    events = client("events")
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])
    return Leases(Registry(client("dynamodb"), POOL, "me@here:1"))


@pytest.fixture
def serve(fresh_region, leases, monkeypatch):
    """The handler, in the environment that the template gives to the function."""
    functions = fresh_region.client("lambda")
    (name,) = [
        one["FunctionName"]
        for one in functions.list_functions()["Functions"]
        if f'"{POOL}"' in one["Environment"]["Variables"].get("SETTINGS", "")
    ]
    configuration = functions.get_function_configuration(FunctionName=name)
    for variable, value in configuration["Environment"]["Variables"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(boto3, "client", fresh_region.client)
    function.world.cache_clear()
    yield lambda event: function.handler(event, None)
    function.world.cache_clear()


@pytest.fixture
def answers():
    """Where CloudFormation waits for answers, and those that came."""
    heard = []

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self):
            length = int(self.headers["content-length"])
            heard.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Waiting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join()


def changed(instance_id):
    """What the stream says of a changed row."""
    keys = {"pk": {"S": f"POOL#{POOL}#0"}, "sk": {"S": f"I#{instance_id}"}}
    return {"Records": [{"dynamodb": {"Keys": keys}}]}


def states(leases):
    """How many rows are in which state."""
    return Counter(record.state for record in leases.all().values())


def test_the_modules_do_what_the_deployed_text_does(
    fresh_region, leases, serve, answers
):
    """They fill the pool, follow a lease to its end, and guard the deletion."""
    until = fresh_region.until

    def passes_make(**wanted):
        serve(SCHEDULED)
        found = states(leases)
        return all(found[State(name)] == count for name, count in wanted.items())

    until(lambda: passes_make(READY=1, WARMED=1))

    (ready,) = leases.ready("0")
    held = leases.claim(ready, WISH, key_fp="SHA256:x", now=now_s())
    serve(changed(held.instance_id))
    until(lambda: passes_make(LEASED=1, READY=1, WARMED=1))

    url, heard = answers
    request = {
        "RequestType": "Delete",
        "ResponseURL": url,
        "StackId": held.epoch,
        "RequestId": "1",
        "LogicalResourceId": "Guard",
    }
    serve(request)
    leases.release(held, now=now_s(), why="released")
    serve(changed(held.instance_id))
    ended = leases.all()[held.instance_id].state
    serve(request)
    serve(request | {"RequestType": "Update"})

    assert leases.meta().pool_mode == "ACTIVE"
    assert ended in (State.DRAINING, State.TERMINATED)
    assert [answer["Status"] for answer in heard] == ["FAILED", "SUCCESS", "SUCCESS"]
    assert held.lease_id in heard[0]["Reason"]


def test_what_could_not_be_settled_is_raised(fresh_region, leases, serve):
    """Lambda then counts an error, and the event is delivered again."""
    fresh_region.until(lambda: serve(SCHEDULED) or states(leases)[State.READY] == 1)
    (ready,) = leases.ready("0")
    held = leases.claim(ready, WISH, key_fp="SHA256:x", now=now_s())
    throttled = {"service": "autoscaling", "action": "Detach*", "kind": "throttle"}
    fresh_region.control.set_faults(events="lost", stream_lost=True, http=[throttled])

    with pytest.raises(RuntimeError, match="1 failed"):
        serve(changed(held.instance_id))


def test_an_event_about_nothing_of_ours_calls_nothing(fresh_region, serve):
    """It is an error neither."""

    def calls():
        mine = fresh_region.info.access_key_id
        said = fresh_region.control.requests()
        return [c["action"] for c in said if c["access_key_id"] == mine]

    before = calls()

    for event in FOREIGN:
        serve(event)

    assert calls() == before
