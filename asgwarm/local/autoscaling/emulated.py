"""Which parameters of which actions are emulated; everything else is refused.

Rule: a parameter that would change what AWS does, and that this region ignores, would
let a test pass here and fail there. So it is an error, except where the value given is
the one that AWS takes by default.
"""

from typing import Any, Final

from asgwarm.local.problem import not_emulated

_PAGE: Final = frozenset({"MaxRecords", "NextToken"})
_GROUP: Final = frozenset({"AutoScalingGroupName"})
_PROCESSES: Final = _GROUP | {"ScalingProcesses"}
_METRICS: Final = _GROUP | {"Metrics", "Granularity"}
_ACTION: Final = _GROUP | {"LifecycleHookName", "LifecycleActionToken", "InstanceId"}
_MEMBERS: Final = _GROUP | {"InstanceIds"}
_LEAVING: Final = _MEMBERS | {"ShouldDecrementDesiredCapacity"}
HOOK: Final = frozenset(
    {
        "LifecycleHookName",
        "LifecycleTransition",
        "NotificationMetadata",
        "HeartbeatTimeout",
        "DefaultResult",
    }
)
SHOWN: Final = frozenset(
    {
        "DefaultCooldown",
        "HealthCheckGracePeriod",
        "DefaultInstanceWarmup",
        "ServiceLinkedRoleARN",
        "Context",
    }
)
_SETTINGS: Final = (
    _GROUP
    | SHOWN
    | {
        "MinSize",
        "MaxSize",
        "DesiredCapacity",
        "LaunchTemplate",
        "VPCZoneIdentifier",
        "AvailabilityZones",
        "NewInstancesProtectedFromScaleIn",
    }
)

EMULATED: Final[dict[str, frozenset[str]]] = {
    "AttachInstances": _MEMBERS,
    "CompleteLifecycleAction": _ACTION | {"LifecycleActionResult"},
    "CreateAutoScalingGroup": _SETTINGS | {"Tags", "LifecycleHookSpecificationList"},
    "CreateOrUpdateTags": frozenset({"Tags"}),
    "DeleteAutoScalingGroup": _GROUP | {"ForceDelete"},
    "DeleteLifecycleHook": _GROUP | {"LifecycleHookName"},
    "DeleteTags": frozenset({"Tags"}),
    "DeleteWarmPool": _GROUP | {"ForceDelete"},
    "DescribeAutoScalingGroups": _PAGE
    | {"AutoScalingGroupNames", "Filters", "IncludeInstances"},
    "DescribeAutoScalingInstances": _PAGE | {"InstanceIds"},
    "DescribeLifecycleHooks": _GROUP | {"LifecycleHookNames"},
    "DescribeScalingActivities": _PAGE | _GROUP | {"ActivityIds"},
    "DescribeTags": _PAGE | {"Filters"},
    "DescribeWarmPool": _PAGE | _GROUP,
    "DetachInstances": _LEAVING,
    "DisableMetricsCollection": _METRICS,
    "EnableMetricsCollection": _METRICS,
    "EnterStandby": _LEAVING,
    "ExitStandby": _MEMBERS,
    "PutLifecycleHook": _GROUP | HOOK,
    "PutWarmPool": _GROUP | {"MinSize", "MaxGroupPreparedCapacity", "PoolState"},
    "RecordLifecycleActionHeartbeat": _ACTION,
    "ResumeProcesses": _PROCESSES,
    "SetDesiredCapacity": _GROUP | {"DesiredCapacity", "HonorCooldown"},
    "SetInstanceHealth": frozenset(
        {"InstanceId", "HealthStatus", "ShouldRespectGracePeriod"}
    ),
    "SetInstanceProtection": _MEMBERS | {"ProtectedFromScaleIn"},
    "SuspendProcesses": _PROCESSES,
    "TerminateInstanceInAutoScalingGroup": _LEAVING | {"InstanceId"},
    "UpdateAutoScalingGroup": _SETTINGS,
}

DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "HealthCheckType": ("EC2",),
    "TerminationPolicies": (["Default"], []),
    "CapacityRebalance": (False,),
    "MaxInstanceLifetime": (0,),
    "DeletionProtection": ("none",),
    "DesiredCapacityType": ("units",),
    "IncludeDeletedGroups": (False,),
    "InstanceReusePolicy": ({}, {"ReuseOnScaleIn": False}),
    "LoadBalancerNames": ([],),
    "TargetGroupARNs": ([],),
    "TrafficSources": ([],),
    "RoleARN": ("",),
    "NotificationTargetARN": ("",),
}


def refuse_what_is_not(action: str, params: dict[str, Any]) -> None:
    """Let a request pass only if this region does all of what it asks for.

    Raises:
        AwsProblem: NotImplemented, naming the action or the parameter.
    """
    if action not in EMULATED:
        raise not_emulated(f"the action {action}")
    for name in params.keys() - EMULATED[action]:
        check_default(action, name, params[name])
    if params.get("PoolState") == "Hibernated":
        raise not_emulated("PoolState Hibernated")


def check_default(action: str, name: str, value: object) -> None:
    """Let a parameter that nothing acts on pass only with its default value."""
    if value not in DEFAULTS.get(name, ()):
        raise not_emulated(f"the parameter {name} of {action}")
