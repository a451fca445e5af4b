"""What a recorded call asks of IAM: action, resource, and the keys of conditions.

Resources and condition keys are those of the Service Authorization Reference. A call
whose resource nobody here knows is one on everything, which the proof accepts only
where AWS offers no narrower one.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

REGION, ACCOUNT = "us-east-1", "000000000000"  # the emulated region's
ANY_ID = "11111111-2222-3333-4444-555555555555"
EVERYTHING = "*"
SSH_PORT = 22  # on AWS; emulated instances answer where there is room

Context = Mapping[str, Any]
Tags = Mapping[str, Mapping[str, str]]  # of instances, by their id


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that IAM is asked about a call."""

    action: str
    resource: str
    context: str  # JSON, so that equal ones are one

    @property
    def keys(self) -> dict[str, Any]:
        """The condition keys with their values."""
        return dict(json.loads(self.context))


def asked(action: str, resource: str, context: Context | None = None) -> Asked:
    """Put together what IAM is asked."""
    text = json.dumps(context or {}, sort_keys=True)
    return Asked(action=action, resource=resource, context=text)


def arn(
    service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT
) -> str:
    """The ARN of something."""
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def group_arn(name: str) -> str:
    """The ARN of an Auto Scaling group; its middle part is no secret and not known."""
    return arn("autoscaling", f"autoScalingGroup:{ANY_ID}:autoScalingGroupName/{name}")


class ChangeSets:
    """Which stack each change set is of: AWS knows, and calls need not say it."""

    def __init__(self) -> None:
        self._stacks: dict[str, str] = {}  # by the names of change sets

    def told(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return one of the region's recorded calls, with the stack that it is about.

        Calls are to come in their order.
        """
        if call["service"] != "cloudformation" or "ChangeSetName" not in call["asked"]:
            return call
        sent = _sent(call["asked"])
        name = sent["ChangeSetName"].rpartition("changeSet/")[2].partition("/")[0]
        self._stacks[name] = sent.get("StackName") or self._stacks[name]
        told = sent | {"StackName": self._stacks[name]}
        return {**call, "asked": urlencode(told)}


def read(call: Mapping[str, Any], tags: Tags) -> list[Asked]:
    """What IAM is asked about one of the region's recorded calls."""
    service = call["service"]
    name = f"{service}:{call['action']}"
    sent = _sent(call["asked"])
    of_service = _OF.get(service, _on_everything)
    return [asked(name, on, keys) for on, keys in of_service(name, sent, tags, call)]


def _sent(text: str) -> dict[str, Any]:
    """The parameters of a call: JSON, or a form with each name once."""
    if text.startswith("{"):
        return dict(json.loads(text))
    return {name: values[0] for name, values in parse_qs(text).items()}


Found = Iterator[tuple[str, Context]]
Reader = Callable[[str, dict[str, Any], Tags, Mapping[str, Any]], Found]


def _on_everything(*_: object) -> Found:
    yield EVERYTHING, {}


def _dynamodb(
    name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
) -> Found:
    table = arn("dynamodb", f"table/{sent['TableName']}")
    index = f"/index/{sent['IndexName']}" if "IndexName" in sent else ""
    context: dict[str, Any] = {
        "dynamodb:LeadingKeys": [_leading_key(sent)],
        "dynamodb:Attributes": sorted(_attributes(sent)),
    }
    if "ReturnValues" in sent:
        context["dynamodb:ReturnValues"] = sent["ReturnValues"]
    if call["owner"].startswith("i-"):
        instance = arn("ec2", f"instance/{call['owner']}")
        context["ec2:SourceInstanceARN"] = instance
    yield table + index, context


def _leading_key(sent: Mapping[str, Any]) -> str:
    """The partition key of the one partition that a request is about."""
    row = sent.get("Key") or sent.get("Item")
    if row:
        return str(row["pk"]["S"])
    found = re.search(r"\bpk = (:\w+)", sent["KeyConditionExpression"])
    assert found, sent
    return str(sent["ExpressionAttributeValues"][found[1]]["S"])


_GRAMMAR = re.compile(
    "SET|ADD|REMOVE|DELETE|AND|OR|NOT|IN|BETWEEN|contains|size|begins_with|"
    "attribute_(exists|not_exists|type)|if_not_exists|list_append"
)


def _attributes(sent: Mapping[str, Any]) -> set[str]:
    """The names of attributes that a request mentions."""
    names = sent.get("ExpressionAttributeNames", {})
    found = {*sent.get("Key", {}), *sent.get("Item", {})}
    for field, text in sent.items():
        if field.endswith("Expression"):
            words = re.findall(r"(?<![:\w])#?\w+", text)
            named = (names.get(w, w) for w in words if not _GRAMMAR.fullmatch(w))
            found |= set(named)
    return found


def _instance_connect(
    name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
) -> Found:
    if name.endswith(":OpenTunnel"):
        endpoint = f"instance-connect-endpoint/{sent['instanceConnectEndpointId']}"
        yield (
            arn("ec2", endpoint),
            {
                "ec2-instance-connect:remotePort": str(SSH_PORT),
                "ec2-instance-connect:privateIpAddress": sent["privateIpAddress"],
            },
        )
    else:
        instance = sent["InstanceId"]
        keys = {"ec2:osuser": sent["InstanceOSUser"]} | _tagged(tags, instance)
        yield arn("ec2", f"instance/{instance}"), keys


def _cloudformation(
    name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
) -> Found:
    if "StackName" not in sent:  # about a detection of drift, which has no ARN
        yield EVERYTHING, {}
        return
    stack = str(sent["StackName"])
    is_arn = stack.startswith("arn:")
    yield stack if is_arn else arn("cloudformation", f"stack/{stack}/{ANY_ID}"), {}


def _autoscaling(
    name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
) -> Found:
    if ":Describe" in name:
        yield EVERYTHING, {}
    elif "AutoScalingGroupName" in sent:
        yield group_arn(sent["AutoScalingGroupName"]), {}
    else:
        pool = tags[sent["InstanceId"]]["asgwarm:pool"]
        yield group_arn(f"asgwarm-{pool}-pool"), {}


def _ec2(name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]) -> Found:
    if name != "ec2:TerminateInstances":
        yield EVERYTHING, {}
        return
    for field, instance in sent.items():
        if field.startswith("InstanceId."):
            yield arn("ec2", f"instance/{instance}"), _tagged(tags, instance)


def _function(
    name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
) -> Found:
    """Lambda: what a call is about stands in its path."""
    *_, kind, which = str(call["asked"]).removesuffix("/configuration").split("/")
    if kind == "functions":
        yield arn("lambda", f"function:{which}"), {}
    else:
        whose = arn("lambda", "function:asgwarm-dev-Function-ABC")  # AWS knows
        mapping = arn("lambda", f"event-source-mapping:{which}")
        yield mapping, {"lambda:FunctionArn": whose}


def _named(service: str, form: str, parameter: str) -> Reader:
    """Calls about one thing, whose name is the end of a parameter; lists name none."""

    def reader(
        name: str, sent: dict[str, Any], tags: Tags, call: Mapping[str, Any]
    ) -> Found:
        if parameter not in sent:
            yield EVERYTHING, {}
            return
        which = str(sent[parameter])
        which = which.rpartition("/")[2] if "://" in which else which
        yield arn(service, form.format(which)), {}

    return reader


def _tagged(tags: Tags, instance: str) -> dict[str, str]:
    found = tags.get(instance, {}).items()
    return {f"aws:ResourceTag/{key}": text for key, text in found}


_OF: Mapping[str, Reader] = {
    "autoscaling": _autoscaling,
    "cloudformation": _cloudformation,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "ec2-instance-connect": _instance_connect,
    "events": _named("events", "rule/{}", "Name"),
    "lambda": _function,
    "logs": _named("logs", "log-group:{}:*", "logGroupName"),
    "servicequotas": _named("servicequotas", "ec2/{}", "QuotaCode"),
    "sqs": _named("sqs", "{}", "QueueUrl"),
}
