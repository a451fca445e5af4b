"""What the region uses of the internals of its base, ministack.

Only the seam_*.py files beside this one do so too.

The base is an ASGI application that answers most AWS services. What is used of it
beyond its public face stands here, one function per use, and each has a test that
fails when another version of the base works otherwise. Its own start-up is never run:
that keeps away its schedulers, its MQTT and SFTP listeners, its Docker clean-up and
its persistence.

Rule: the environment is set (environment.py) before anything of the base is imported,
which happens inside the functions: importing this file costs nothing.
"""

import asyncio
import importlib
import json
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asgwarm.local.keyring import ACCOUNT_ID, Credential

Handlers = dict[str, dict[str, Any]]

RESPONSE_URL_PATH = "/_ministack/cfn-response/"
ROUNDING_S = 0.001  # a rule is asked for a little after it is due, never before
LONG_AGO_S = 400 * 86_400  # every rule is due after more than a year
_WORKER_THREADS = 32


class Ec2Refused(Exception):
    """EC2 answered an error; the message is AWS's own."""


def part(module: str) -> Any:
    """A module of the base, imported now."""
    return importlib.import_module(f"ministack.{module}")


def application() -> Callable[..., Awaitable[None]]:
    """The base's ASGI application, ready to be called from the running loop."""
    app = part("app")
    loop = asyncio.get_running_loop()
    app._MAIN_LOOP = loop
    loop.set_default_executor(
        ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="region")
    )
    return app.app  # type: ignore[no-any-return]


def issued_credential(access_key_id: str) -> Credential | None:
    """The credential of a key that the base's IAM or STS gave out."""
    iam = part("core.iam_evaluator")
    if iam.is_root_access_key(access_key_id):
        return None
    found = iam.resolve_credential(access_key_id, ACCOUNT_ID)
    if isinstance(found, iam.CredentialResolutionError):
        return None
    return Credential(
        access_key_id=access_key_id,
        secret_access_key=found.secret_access_key,
        owner=found.principal_arn,
        session_token=found.session_token,
    )


def overlay_resources(handlers: Handlers) -> None:
    """Let *handlers* make these resource types, each call on a thread of its own.

    A handler may therefore wait; the base would run it on the loop otherwise.
    """
    part("services.cloudformation.provisioners")._RESOURCE_HANDLERS.update(handlers)
    stacks = part("services.cloudformation.stacks")
    base = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind in handlers or base(kind)


def describe_stacks() -> None:
    """Let a stack carry its template's description, however it was deployed.

    The base gives it to what CreateStack makes, not to change sets and updates.
    """
    stacks = part("services.cloudformation")._stacks

    def describing(deploy: Callable[..., Any]) -> Callable[..., Any]:
        def described(name: str, *rest: Any, **more: Any) -> Any:
            stacks[name]["Description"] = rest[1].get("Description", "")
            return deploy(name, *rest, **more)

        return described

    for name in ("changesets", "handlers"):
        module = part(f"services.cloudformation.{name}")
        module._deploy_stack_async = describing(module._deploy_stack_async)


async def ec2(action: str, **parameters: str) -> str:
    """Make one EC2 call and return its XML.

    Raises:
        Ec2Refused: EC2 answered an error.
    """
    status, _, body = await ec2_answer(_form(action, parameters))
    text = body.decode()
    if status >= 400:
        found = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
        raise Ec2Refused(found[1] if found else text)
    return text


async def ec2_answer(form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What EC2 answers to a form: status, headers, XML."""
    status, headers, body = await part("services.ec2").handle_request(
        "POST", "/", {}, b"", {name: [value] for name, value in form.items()}
    )
    return status, dict(headers), body if isinstance(body, bytes) else body.encode()


def _form(action: str, parameters: dict[str, str]) -> dict[str, str]:
    return {"Action": action, "Version": "2016-11-15"} | parameters


def ec2_instances() -> dict[str, dict[str, Any]]:
    """The base's own record of every instance, by id: changing it changes EC2."""
    return dict(part("services.ec2")._instances.items())


def ec2_subnets() -> dict[str, dict[str, Any]]:
    """The base's record of every subnet, by id."""
    module = part("services.ec2")
    module._ensure_defaults_initialized()
    return dict(module._subnets.items())


def ec2_security_groups() -> dict[str, dict[str, Any]]:
    """The base's record of every security group, by id."""
    return dict(part("services.ec2")._security_groups.items())


def ec2_default_group(vpc_id: str) -> str:
    """The id of the security group that a VPC has by itself."""
    for group_id, group in ec2_security_groups().items():
        if group["VpcId"] == vpc_id and group["GroupName"] == "default":
            return group_id
    raise Ec2Refused(f"{vpc_id} has no default security group")


def set_ec2_tag(resource_id: str, key: str, value: str | None) -> None:
    """Set or take away (None) one tag, an `aws:` one too, which no API call could."""
    tags = part("services.ec2")._tags
    rest = [tag for tag in tags.get(resource_id, []) if tag["Key"] != key]
    tags[resource_id] = rest + ([{"Key": key, "Value": value}] if value else [])


def forget_instance(instance_id: str) -> None:
    """Let EC2 know no such instance; the base does it a minute after its end."""
    part("services.ec2")._instances.pop(instance_id, None)


def instance_ids(answer: str) -> list[str]:
    """The instances that an EC2 answer speaks of."""
    return re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A launch template, with the data of the version that was asked for."""

    template_id: str
    name: str
    data: dict[str, Any]
    versions: tuple[str, ...]
    marked: dict[str, str]  # the numbers of $Default and $Latest

    def version_of(self, wanted: str) -> str:
        """The number of a version, however it was asked for."""
        return self.marked.get(wanted, wanted)


def launch_template(specification: dict[str, str]) -> Template:
    """The launch template that *specification* names, in the version it names.

    Raises:
        Ec2Refused: There is no such template.
    """
    data, record, _ = part("services.ec2")._resolve_launch_template_data(specification)
    if record is None:
        raise Ec2Refused("the launch template does not exist")
    return Template(
        template_id=record["LaunchTemplateId"],
        name=record["LaunchTemplateName"],
        data=dict(data or {}),
        versions=tuple(str(one["VersionNumber"]) for one in record["Versions"]),
        marked={
            "$Default": str(record["DefaultVersionNumber"]),
            "$Latest": str(record["LatestVersionNumber"]),
        },
    )


def role_of_profile(arn_or_name: str) -> str | None:
    """The name of the role in an instance profile."""
    name = arn_or_name.rsplit("/", 1)[-1]
    profile = part("services.iam")._instance_profiles.get(name) or {}
    for role in profile.get("Roles", []):
        return str(role if isinstance(role, str) else role["RoleName"])
    return None


def keep_time(now: Callable[[], float]) -> None:
    """Let events carry the region's time, and scheduled rules follow it."""
    part("services.eventbridge")._now_ts = now


def put_event(
    source: str, detail_type: str, detail: dict[str, Any], resources: list[str]
) -> None:
    """Publish an event as AWS itself does: `aws.*` sources are refused from outside."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": resources,
    }
    part("services.eventbridge")._put_events(
        {"Entries": [entry]}, allow_aws_source=True
    )


def scheduled_rules(now: float) -> dict[tuple[str, str, str], float]:
    """When each enabled rule with a schedule and a target is due next.

    A rule made by a template has no time of creation: its time begins when it is
    first seen here.
    """
    events = part("services.eventbridge")
    due = {}
    for key, rule in list(events._rules._data.items()):
        expression = rule.get("ScheduleExpression", "")
        if rule.get("State") != "ENABLED" or not events._targets._data.get(key):
            continue
        created = rule.setdefault("CreationTime", now)
        last = float(events._rule_last_fired.get(key, created))
        if (interval_s := events._parse_rate_seconds(expression)) is not None:
            due[key] = last + interval_s + ROUNDING_S
        elif (fields := events._parse_cron_fields(expression)) is not None:
            events._rule_last_fired.setdefault(key, last)
            when = events._cron_next_fire(fields, datetime.fromtimestamp(last, tz=UTC))
            if when is not None:
                due[key] = when.timestamp() + ROUNDING_S
    return due


def fire_due_rules(*, at_once: bool = False) -> None:
    """Fire the scheduled rules that are due, or with *at_once* every one."""
    events = part("services.eventbridge")
    if at_once:
        now = events._now_ts()
        for key in scheduled_rules(now):
            events._rule_last_fired[key] = now - LONG_AGO_S
    events._tick_scheduled_rules()
