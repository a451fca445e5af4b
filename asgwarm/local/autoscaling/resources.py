"""The CloudFormation resource types of Auto Scaling, in terms of its API.

    AWS::AutoScaling::AutoScalingGroup   created with its hooks, before any launch;
                                         deleted like CloudFormation does it: sizes to
                                         0, wait until empty, delete, never by force
    AWS::AutoScaling::WarmPool           deleted by force, waits until it is gone
    AWS::AutoScaling::LifecycleHook      comes after the group, so misses its first
                                         launches; use LifecycleHookSpecificationList

Rule 1: a handler only calls API actions, so a stack can do nothing a client cannot.
Rule 2: a deletion waits with `pause`, so it must not run on the region's loop.
Rule 3: an update leaves DesiredCapacity alone when the template does not set it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from asgwarm.local.problem import AwsProblem, not_emulated
from asgwarm.local.wire import query_protocol

Params = dict[str, Any]
Call = Callable[[str, Params], Params]
Created = tuple[str, dict[str, str]]
POLL_S = 0.05
PATIENCE_S = 600.0  # CloudFormation waits four hours; nobody watches this that long
_BUSY = frozenset({"ResourceInUse", "ScalingActivityInProgress"})
_RENAMED = {"Cooldown": "DefaultCooldown"}
_APART = frozenset(
    {"MetricsCollection", "NotificationConfigurations", "Tags"}
    | {"LifecycleHookSpecificationList"}
)


def pause_off_the_loop(seconds: float) -> None:
    """Sleep, but never on a thread that runs an event loop: it would stop the region.

    Raises:
        RuntimeError: This thread runs a loop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        time.sleep(seconds)
        return
    raise RuntimeError("a stack operation that waits cannot run on the region's loop")


def handlers(
    call: Call,
    *,
    pause: Callable[[float], None] = pause_off_the_loop,
    patience_s: float = PATIENCE_S,
) -> dict[str, dict[str, Callable[..., Any]]]:
    """The handlers by resource type: create, update and delete of each.

    Args:
        call: Performs an Auto Scaling action with typed parameters, from any thread.
        pause: Waits that many seconds between two looks.
        patience_s: How long a deletion may take before it fails.
    """
    api = Api(call=call, pause=pause, patience_s=patience_s)
    kinds: dict[str, Groups | Pools | Hooks] = {
        "AutoScalingGroup": Groups(api),
        "WarmPool": Pools(api),
        "LifecycleHook": Hooks(api),
    }
    return {f"AWS::AutoScaling::{name}": _table(kind) for name, kind in kinds.items()}


def physical_name(stack_name: str, logical_id: str) -> str:
    """STACK-LOGICAL-SUFFIX, the same for the same two names."""
    digest = sha256(f"{stack_name}:{logical_id}".encode()).hexdigest()[:13].upper()
    return f"{stack_name}-{logical_id}-{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Auto Scaling as the handlers use it."""

    call: Call
    pause: Callable[[float], None]
    patience_s: float

    def do(self, action: str, **params: Any) -> Params:
        """One action, with a template's text turned into the model's types."""
        return self.call(action, query_protocol("autoscaling").typed(action, params))

    def group(self, name: str) -> Params | None:
        """The group as described, or None when there is none."""
        found = self.do("DescribeAutoScalingGroups", AutoScalingGroupNames=[name])
        return next(iter(found["AutoScalingGroups"]), None)

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Look again and again until *done*.

        Raises:
            AwsProblem: It took longer than patience_s.
        """
        waited_s = 0.0
        while not done():
            if waited_s >= self.patience_s:
                raise AwsProblem("NotStabilized", f"{what} did not stabilize")
            self.pause(POLL_S)
            waited_s += POLL_S


@dataclass(frozen=True, slots=True)
class Groups:
    """AWS::AutoScaling::AutoScalingGroup; Ref is the group's name."""

    api: Api

    def create(self, logical_id: str, props: Params, stack_name: str) -> Created:
        """Create the group with its hooks and tags; does not wait for instances."""
        generated = physical_name(stack_name, logical_id)
        name = props.get("AutoScalingGroupName") or generated
        params = _settings(props) | {"AutoScalingGroupName": name}
        params["Tags"] = _tags(props)
        params["LifecycleHookSpecificationList"] = _hook_list(props)
        self.api.do("CreateAutoScalingGroup", **params)
        self._collect(name, props)
        return self._created(name)

    def update(
        self, physical_id: str, old: Params, new: Params, _stack_name: str
    ) -> Created:
        """Bring settings, hooks, tags and metrics to what the template says now."""
        if new.get("AutoScalingGroupName", physical_id) != physical_id:
            raise not_emulated("a new AutoScalingGroupName for an existing group")
        group = {"AutoScalingGroupName": physical_id}
        self.api.do("UpdateAutoScalingGroup", **_settings(new) | group)
        for hook in _hook_list(new):
            self.api.do("PutLifecycleHook", **hook | group)
        for name in _hook_names(old) - _hook_names(new):
            self.api.do("DeleteLifecycleHook", **group, LifecycleHookName=name)
        self._retag(physical_id, old, new)
        if old.get("MetricsCollection"):
            self.api.do("DisableMetricsCollection", **group)
        self._collect(physical_id, new)
        return self._created(physical_id)

    def delete(self, physical_id: str, _props: Params) -> None:
        """Sizes to 0, wait until the group is empty, delete it."""
        if self.api.group(physical_id) is None:
            return
        self.api.do(
            "UpdateAutoScalingGroup",
            AutoScalingGroupName=physical_id,
            MinSize=0,
            MaxSize=0,
            DesiredCapacity=0,
        )
        self.api.wait(lambda: self._deleted(physical_id), f"group {physical_id}")

    def _deleted(self, name: str) -> bool:
        try:
            self.api.do("DeleteAutoScalingGroup", AutoScalingGroupName=name)
        except AwsProblem as problem:
            if problem.code in _BUSY:
                return False
            if self.api.group(name) is not None:
                raise
        return True

    def _created(self, name: str) -> Created:
        group = self.api.group(name) or {}
        return name, {"AutoScalingGroupARN": group.get("AutoScalingGroupARN", "")}

    def _collect(self, name: str, props: Params) -> None:
        for wanted in props.get("MetricsCollection") or ():
            self.api.do("EnableMetricsCollection", AutoScalingGroupName=name, **wanted)

    def _retag(self, name: str, old: Params, new: Params) -> None:
        owner = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
        wanted = [tag | owner for tag in _tags(new)]
        kept = {tag["Key"] for tag in wanted}
        dropped = [
            {"Key": tag["Key"]} | owner for tag in _tags(old) if tag["Key"] not in kept
        ]
        if wanted:
            self.api.do("CreateOrUpdateTags", Tags=wanted)
        if dropped:
            self.api.do("DeleteTags", Tags=dropped)


@dataclass(frozen=True, slots=True)
class Pools:
    """AWS::AutoScaling::WarmPool; Ref is the group's name."""

    api: Api

    def create(self, _logical_id: str, props: Params, _stack_name: str) -> Created:
        """Put the pool; does not wait until it is full."""
        defaults = {
            "MaxGroupPreparedCapacity": -1,
            "MinSize": 0,
            "PoolState": "Stopped",
        }
        self.api.do("PutWarmPool", **defaults | props)
        return str(props["AutoScalingGroupName"]), {}

    def update(
        self, physical_id: str, _old: Params, new: Params, stack_name: str
    ) -> Created:
        """Put the pool again; what the template no longer sets is taken back."""
        if new["AutoScalingGroupName"] != physical_id:
            raise not_emulated("a warm pool that moves to another group")
        return self.create("", new, stack_name)

    def delete(self, physical_id: str, _props: Params) -> None:
        """Delete the pool with its instances and wait until it is gone."""
        group = self.api.group(physical_id)
        if group is None or "WarmPoolConfiguration" not in group:
            return
        name = {"AutoScalingGroupName": physical_id}
        if "Status" not in group["WarmPoolConfiguration"]:
            self.api.do("DeleteWarmPool", **name, ForceDelete=True)
        self.api.wait(lambda: self._gone(physical_id), f"warm pool of {physical_id}")

    def _gone(self, name: str) -> bool:
        group = self.api.group(name)
        return group is None or "WarmPoolConfiguration" not in group


@dataclass(frozen=True, slots=True)
class Hooks:
    """AWS::AutoScaling::LifecycleHook; Ref is the hook's name."""

    api: Api

    def create(self, logical_id: str, props: Params, stack_name: str) -> Created:
        """Put the hook."""
        generated = physical_name(stack_name, logical_id)
        name = str(props.get("LifecycleHookName") or generated)
        self.api.do("PutLifecycleHook", **props | {"LifecycleHookName": name})
        return name, {}

    def update(
        self, physical_id: str, _old: Params, new: Params, _stack_name: str
    ) -> Created:
        """Put the hook again under its name."""
        self.api.do("PutLifecycleHook", **new | {"LifecycleHookName": physical_id})
        return physical_id, {}

    def delete(self, physical_id: str, props: Params) -> None:
        """Delete the hook, if it and its group are still there."""
        group = props["AutoScalingGroupName"]
        if self.api.group(group) is None:
            return
        found = self.api.do("DescribeLifecycleHooks", AutoScalingGroupName=group)
        names = {hook["LifecycleHookName"] for hook in found["LifecycleHooks"]}
        if physical_id in names:
            self.api.do(
                "DeleteLifecycleHook",
                AutoScalingGroupName=group,
                LifecycleHookName=physical_id,
            )


def _table(kind: Groups | Pools | Hooks) -> dict[str, Callable[..., Any]]:
    return {"create": kind.create, "update": kind.update, "delete": kind.delete}


def _settings(props: Params) -> Params:
    if props.get("NotificationConfigurations"):
        raise not_emulated("the property NotificationConfigurations of a group")
    params = {
        _RENAMED.get(name, name): value
        for name, value in props.items()
        if name not in _APART
    }
    subnets = params.get("VPCZoneIdentifier")
    if isinstance(subnets, list):
        params["VPCZoneIdentifier"] = ",".join(subnets)
    return params


def _tags(props: Params) -> list[Params]:
    # Tags of the stack itself come without the flag and reach the instances too.
    return [{"PropagateAtLaunch": True} | tag for tag in props.get("Tags") or ()]


def _hook_list(props: Params) -> list[Params]:
    return list(props.get("LifecycleHookSpecificationList") or ())


def _hook_names(props: Mapping[str, Any]) -> set[str]:
    hooks = props.get("LifecycleHookSpecificationList") or ()
    return {hook["LifecycleHookName"] for hook in hooks}
