"""The live test as a program: what it does on AWS, it does here on an emulated region.

What an emulated region answers says nothing about AWS; that the program works does.
"""

import json
import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

ANSWERED = {
    "Is a detached instance replaced from the warm pool?": "yes",
    "How long do a hot, a warm and a cold start take?": "seen",
    "Is AZRebalance suspended, so that no zone costs anybody?": "yes",
    "Do members name the group's launch template by number?": "yes",
    "What does `asgwarm cost` say of this test?": "seen",
    "May an instance write its own row (ec2:SourceInstanceARN)?": "yes",
    "Does the instance's sshd speak strict key exchange?": "yes",
    "How long does a consistent read take from here?": "seen",
    "Does a failed condition carry the row (ALL_OLD)?": "yes",
}


@pytest.fixture
def account(own_region):
    """The account of the region's keys."""
    return own_region.client("sts").get_caller_identity()["Account"]


@pytest.fixture
def start(own_region, tmp_path):
    """Start the program, with these words; it ends with the test."""
    started = []

    def begin(*argv):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance", "--rounds", "1", *argv],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=env | own_region.environment(),
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with process:
            process.kill()


@pytest.fixture
def run_on(start, account, tmp_path):
    """Start it on the region's own account."""
    return lambda: start(
        *("--account", account, "--allow", "127.0.0.0/8", "--into", str(tmp_path))
    )


def _stacks(region):
    return region.client("cloudformation").describe_stacks()["Stacks"]


def test_it_asks_everything_and_leaves_nothing(run_on, own_region, tmp_path):
    """Price first, then answers with evidence, then the end."""
    process = run_on()
    _, said = process.communicate(timeout=300)

    report = json.loads((tmp_path / "live.json").read_text())
    says = {answer["question"]: answer["says"] for answer in report["answers"]}
    assert process.returncode == 0, said
    assert said.splitlines()[0].startswith("costs nothing here")
    assert "$1.28 at most (estimate)" in said.splitlines()[0]
    assert {question: says[question] for question in ANSWERED} == ANSWERED
    assert all(answer["evidence"] for answer in report["answers"])
    assert report["left"] == []
    assert report["endpoint"] == own_region.info.endpoint_url
    assert _stacks(own_region) == []


def test_who_interrupts_it_has_nothing_left_either(run_on, own_region, tmp_path):
    """The report says how far it came."""
    process = run_on()
    while "the pool serves" not in process.stderr.readline():
        assert process.poll() is None

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)

    report = json.loads((tmp_path / "live.json").read_text())
    assert process.returncode == 8
    assert report["trouble"] == "it was interrupted"
    assert report["left"] == []
    assert _stacks(own_region) == []


def test_other_credentials_than_those_of_the_account_are_refused(start, own_region):
    """Who named another account meant another one."""
    process = start("--account", "123456789012")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 9
    assert "not 123456789012" in said
    assert _stacks(own_region) == []


def test_a_stack_that_is_there_is_left_alone(start, account, own_region):
    """It may be somebody's; the command that ends it is named."""
    client = own_region.client("cloudformation")
    template = json.dumps(
        {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}},
    )
    client.create_stack(StackName="asgwarm-live-test", TemplateBody=template)

    process = start("--account", account)
    _, said = process.communicate(timeout=60)
    client.delete_stack(StackName="asgwarm-live-test")

    assert process.returncode == 9
    assert "asgwarm down live-test" in said
