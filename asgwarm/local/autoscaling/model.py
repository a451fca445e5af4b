"""What an Auto Scaling group is made of.

Rule: frozen values are configuration, mutable ones are what changes while the region
runs; only path.py changes an instance's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
GLOBAL_TIMEOUT_S = 48 * 3600  # longest wait; API Reference, LifecycleHook.GlobalTimeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long things take, in seconds of the region's time.

    run_s, start_s, stop_s, terminate_s and forget_s are EC2's; the driver applies
    them. The other ones are Auto Scaling's; the machine applies them. retry_s doubles
    with every failed launch in a row, up to retry_max_s. A terminated instance is
    shown for forget_s, at AWS about an hour (EC2 User Guide, Terminate Amazon EC2
    instances), but here for no more than about a minute of real time: the base's rule.
    """

    scale_delay_s: float = 0.1
    proceed_s: float = 0.05
    detach_s: float = 0.2
    standby_s: float = 0.1
    run_s: float = 0.5
    start_s: float = 0.2
    stop_s: float = 0.1
    terminate_s: float = 0.1
    forget_s: float = 3600.0
    refill_delay_s: float = 60.0
    retry_s: float = 5.0
    retry_max_s: float = 300.0

    def __post_init__(self) -> None:
        """Refuse times that would make the machine run on the spot."""
        if min(getattr(self, name) for name in self.__slots__) < 0:
            raise ValueError("a duration cannot be negative")
        if self.retry_s <= 0:
            raise ValueError("retry_s must be more than 0 s")


# One recorded run on AWS: 5 s to the activity, 7 s from start to the hook, 1 s from
# the hook's answer to InService; stop and terminate are guesses of the same size.
AWS_LIKE = Timings(
    scale_delay_s=5,
    proceed_s=1,
    detach_s=5,
    standby_s=2,
    run_s=10,
    start_s=7,
    stop_s=30,
    terminate_s=30,
    retry_s=15,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Switches for tests; replace the whole value.

    refill: how a detached instance is replaced: from the warm pool, by a cold launch
    although the pool has instances, or only after refill_delay_s.
    launch_failure, start_failure: the text with which EC2 refuses every launch, and
    every start of a stopped pool member.
    force_delete_waits_for_hooks: AWS's documentation says no, one recording says yes.
    shown_states: instance id to the lifecycle state that describe calls show.
    """

    refill: Literal["warm", "cold", "delayed"] = "warm"
    launch_failure: str = ""
    start_failure: str = ""
    force_delete_waits_for_hooks: bool = False
    shown_states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of a group; propagate says whether its new instances get it."""

    key: str
    value: str
    propagate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A lifecycle hook: who may hold up launches or terminations, and how long."""

    name: str
    transition: str
    timeout_s: int
    default_result: str
    metadata: str

    @property
    def limit_s(self) -> int:
        """Longest wait however often a heartbeat comes: min(48 h, 100 timeouts)."""
        return min(GLOBAL_TIMEOUT_S, 100 * self.timeout_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One outstanding lifecycle action: a hook that has not answered yet."""

    token: str
    hook: Hook
    started_at: float
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an instance runs; subnet_id is empty when only a zone was given."""

    subnet_id: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmPool:
    """The configuration of a warm pool; deleting once DeleteWarmPool was called."""

    min_size: int = 0
    max_prepared: int | None = None
    pool_state: str = "Stopped"
    deleting: bool = False


@dataclass(slots=True, kw_only=True)
class Activity:
    """One entry of DescribeScalingActivities."""

    activity_id: str
    description: str
    cause: str
    place: Place
    started_at: float
    ended_at: float | None = None
    status: str = "InProgress"
    message: str = ""
    progress: int = 0


@dataclass(slots=True, kw_only=True)
class Launch:
    """A RunInstance that EC2 has not answered: no instance id yet."""

    ticket: str
    warm: bool
    place: Place
    launch_template: dict[str, str]
    activity: Activity
    canceled: bool = False


@dataclass(slots=True, kw_only=True)
class Instance:
    """A member of a group or of its warm pool.

    ec2 is what EC2 last said: pending, running, stopped, terminated.
    origin is where it came from, EC2 or WarmPool, as events name it.
    due is when Auto Scaling takes its next step with it by itself.
    """

    instance_id: str
    state: str
    place: Place
    launch_template: dict[str, str]
    launched_at: float
    activity: Activity
    origin: str = "EC2"
    ec2: str = "pending"
    protected: bool = False
    healthy: bool = True
    due: float | None = None
    waits: dict[str, Wait] = field(default_factory=dict)
    skip_hooks: bool = False


@dataclass(slots=True, kw_only=True)
class Group:
    """An Auto Scaling group with its members, its pool's members and its history.

    wake_at: when the group compares wish and reality next. retry_at: no launch
    before that. holds: times until which a detached instance still counts.
    cold_refills: how many replacements have to be cold launches.
    shown: settings that are kept and described but that nothing acts on.
    """

    name: str
    arn: str
    min_size: int
    max_size: int
    desired: int
    launch_template: dict[str, str]
    places: tuple[Place, ...]
    created_at: float
    protect_new: bool = False
    shown: dict[str, object] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    suspended: dict[str, str] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)
    warm_pool: WarmPool | None = None
    instances: dict[str, Instance] = field(default_factory=dict)
    launches: dict[str, Launch] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    wake_at: float | None = None
    retry_at: float = 0.0
    failures: int = 0
    holds: list[float] = field(default_factory=list)
    cold_refills: int = 0
    reason: str = ""
    deleting: bool = False
