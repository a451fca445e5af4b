"""What is asked of IAM, EC2 Instance Connect, sshd and DynamoDB."""

import json
import socket
from time import perf_counter
from typing import Any

from botocore.exceptions import ClientError

from asgwarm.connect.keys import SessionKey
from tests.acceptance.answers import Question, Seen, Unseen, seen, yes_if
from tests.acceptance.live import Live

BURST = 40  # calls, sent one after the other; the first that is throttled ends it
STRICT_KEX = b"kex-strict-s-v00@openssh.com"
LONGEST_KEXINIT = 4096  # bytes


def _own_row(live: Live) -> Seen:
    """Every instance that became ready wrote its own row, under that condition."""
    ready = [e for e in live.events() if e["edge"] == "ready"]
    return yes_if(bool(ready), f"{len(ready)} instances became ready by it")


def _other_row(live: Live) -> Seen:
    """With the instance's own role, from the instance."""
    done = live.on_an_instance(
        "aws dynamodb update-item --region $(ec2-metadata --quiet -R) "
        f"--table-name {live.stack} "
        '--key \'{"pk":{"S":"POOL#x#0"},"sk":{"S":"I#i-0"}}\' '
        "--update-expression 'SET boot_id = :b' "
        '--expression-attribute-values \'{":b":{"S":"x"}}\''
    )
    if "AccessDenied" not in done.err and done.code not in (0, 254):
        raise Unseen(f"the AWS CLI did not run there: {done.err[-200:]}")
    return yes_if("AccessDenied" in done.err, done.err[-300:])


def _userid(live: Live) -> Seen:
    done = live.on_an_instance("aws sts get-caller-identity --output json")
    if done.code:
        raise Unseen(f"the AWS CLI did not run there: {done.err[-200:]}")
    user_id = str(json.loads(done.out)["UserId"])
    return yes_if(":i-" in user_id, user_id)


def _system(live: Live) -> Seen:
    done = live.on_an_instance(
        "grep PRETTY_NAME /etc/os-release; getenforce; "
        "rpm -q ec2-instance-connect ec2-instance-connect-selinux openssh-server"
    )
    return seen(*done.out.splitlines())


def _strict_kex(live: Live) -> Seen:
    """The server's first packet of key exchange is plain; it lists what it can."""
    lease = live.must("get", live.pool, "--wait", "5m", "--no-shell", "--json").result
    try:
        where = (lease["host"], lease["port"])
        with socket.create_connection(where, timeout=20) as way:
            way.sendall(b"SSH-2.0-asgwarm-look\r\n")
            said = b""
            while b"ssh-ed25519" not in said and len(said) < LONGEST_KEXINIT:
                if not (more := way.recv(LONGEST_KEXINIT)):
                    break
                said += more
    finally:
        live.asgwarm("release", lease["lease_id"])
    banner = said.partition(b"\r\n")[0].decode(errors="replace")
    return yes_if(STRICT_KEX in said, banner)


def _pushes(live: Live) -> Seen:
    """Pushes to one instance of ours, one after the other."""
    lease = live.must("get", live.pool, "--wait", "5m", "--no-shell", "--json").result
    key = SessionKey.generate().public_line
    eic = live.client("ec2-instance-connect")

    def push() -> None:
        eic.send_ssh_public_key(
            InstanceId=lease["instance_id"],
            InstanceOSUser=lease["user"],
            SSHPublicKey=key,
        )

    try:
        return _burst(push)
    finally:
        live.asgwarm("release", lease["lease_id"])


def _describes(live: Live) -> Seen:
    """Looks at one group, one after the other."""
    group = live.client("autoscaling")
    return _burst(
        lambda: group.describe_auto_scaling_groups(AutoScalingGroupNames=[live.group])
    )


def _burst(call: Any) -> Seen:
    began_s, done = perf_counter(), 0
    try:
        for _ in range(BURST):
            call()
            done += 1
    except ClientError as error:
        took_s = perf_counter() - began_s
        code = error.response["Error"]["Code"]
        return seen(f"{code} after {done} calls in {took_s:.1f} s")
    took_s = perf_counter() - began_s
    return seen(f"none of {done} calls in {took_s:.1f} s was refused")


def _table(live: Live) -> Seen:
    client = live.client("dynamodb")
    key = {"pk": {"S": f"POOL#{live.pool}"}, "sk": {"S": "META"}}
    took_ms = []
    for _ in range(BURST + 1):
        began_s = perf_counter()
        client.get_item(TableName=live.stack, Key=key, ConsistentRead=True)
        took_ms.append((perf_counter() - began_s) * 1000)
    warm = sorted(took_ms[1:])
    return seen(
        f"first {took_ms[0]:.0f} ms, then {warm[len(warm) // 2]:.1f} ms p50 and "
        f"{warm[int(len(warm) * 0.95)]:.1f} ms p95, n = {len(warm)}"
    )


def _all_old(live: Live) -> Seen:
    """A condition that never holds: nothing is written."""
    try:
        live.client("dynamodb").update_item(
            TableName=live.stack,
            Key={"pk": {"S": f"POOL#{live.pool}"}, "sk": {"S": "META"}},
            UpdateExpression="SET never = :n",
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeValues={":n": {"S": "never"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        item: Any = error.response.get("Item", {})
        return yes_if("pk" in item, f"{len(item)} attributes")
    raise Unseen("the condition held, which it cannot")


def _trail(live: Live) -> Seen:
    """Which may take a quarter of an hour to arrive there."""
    of_pushes = [{"AttributeKey": "EventName", "AttributeValue": "SendSSHPublicKey"}]
    found = live.client("cloudtrail").lookup_events(
        LookupAttributes=of_pushes,
        MaxResults=1,
    )["Events"]
    if not found:
        raise Unseen("no push is in CloudTrail yet; look again in a quarter of an hour")
    event = json.loads(found[0]["CloudTrailEvent"])
    parameters = event.get("requestParameters") or {}
    return seen(f"fields {', '.join(event)}", f"parameters {', '.join(parameters)}")


QUESTIONS = (
    Question("May an instance write its own row (ec2:SourceInstanceARN)?", _own_row),
    Question("Is it refused another row?", _other_row),
    Question("Does aws:userid of an instance end in its id?", _userid),
    Question("What does the image bring along for the way in?", _system),
    Question("Does the instance's sshd speak strict key exchange?", _strict_kex),
    Question("How many key pushes in a row does EC2 Instance Connect take?", _pushes),
    Question("How many looks in a row does Auto Scaling take?", _describes),
    Question("How long does a consistent read take from here?", _table),
    Question("Does a failed condition carry the row (ALL_OLD)?", _all_old),
    Question("Which fields does CloudTrail keep of a key push?", _trail),
)
