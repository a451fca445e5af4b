"""The machine in a running region: HTTP bodies, timers, real instances.

Every request, answer and timer ends in the same two steps: do what the machine asked
for, and set the timer for what it does next by itself. Auto Scaling's own durations
pass inside the machine; EC2's pass here, between "the cloud began" and "EC2 says done".

Rule 1: everything runs on one loop, so nothing is locked; what was asked of one
instance is done in the order in which it was asked.
Rule 2: the cloud refuses with AwsProblem; any other exception is a mistake of ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol
from uuid import uuid4

from asgwarm.local.autoscaling.effects import (
    Effect,
    EmitEvent,
    RunInstance,
    SetMembership,
    StartInstance,
    StopInstance,
    TerminateInstance,
)
from asgwarm.local.autoscaling.machine import Machine, Params
from asgwarm.local.problem import AwsProblem
from asgwarm.local.wire import query_protocol

SOURCE = "aws.autoscaling"
Emit = Callable[[str, str, dict[str, Any], list[str]], Awaitable[None] | None]
Answer = tuple[int, dict[str, str], bytes]


class Cloud(Protocol):
    """EC2 as Auto Scaling uses it; each call returns when the operation has begun."""

    async def run_instance(self, wanted: RunInstance) -> str:
        """Launch one instance; its id."""

    async def start_instance(self, instance_id: str) -> None:
        """Start a stopped instance."""

    async def stop_instance(self, instance_id: str) -> None:
        """Stop a running instance."""

    async def terminate_instance(self, instance_id: str) -> None:
        """Terminate an instance."""

    async def set_membership(self, instance_id: str, group: str | None) -> None:
        """Set the tag aws:autoscaling:groupName, or remove it."""


class Handle(Protocol):
    """A timer that can be taken back."""

    def cancel(self) -> object:
        """Take it back."""


class Clock(Protocol):
    """The region's time, in Unix seconds."""

    def now(self) -> float:
        """What time it is in the region."""

    def call_at(self, when: float, callback: Callable[[], None], /) -> Handle:
        """Call back on the loop when the region's time reaches *when*."""


class AutoScalingService:
    """Auto Scaling, answering requests and acting on instances.

    Args:
        emit: Puts an event on the default bus: source, detail type, detail, resources.
    """

    def __init__(
        self, *, machine: Machine, cloud: Cloud, emit: Emit, clock: Clock
    ) -> None:
        self.machine = machine
        self._cloud = cloud
        self._emit = emit
        self._clock = clock
        self._protocol = query_protocol("autoscaling")
        self._timer: Handle | None = None
        self._answers: dict[str, Handle] = {}
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    async def handle(self, body: bytes) -> Answer:
        """One authenticated request of the query protocol: status, headers, body."""
        request_id = str(uuid4())
        headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
        try:
            action, params = self._protocol.parse(body)
            result = await self.call(action, params)
        except AwsProblem as problem:
            return problem.status, headers, self._protocol.error(problem, request_id)
        return 200, headers, self._protocol.answer(action, result, request_id)

    async def call(self, action: str, params: Params) -> Params:
        """One API action with typed parameters; other threads hand it to the loop.

        Raises:
            AwsProblem: It was refused.
        """
        try:
            return self.machine.call(action, params, now=self._clock.now())
        finally:
            self._follow_up()

    def instance_gone(self, instance_id: str, *, stopped: bool = False) -> None:
        """Somebody else terminated (or stopped) an instance through EC2."""
        if pending := self._answers.pop(instance_id, None):
            pending.cancel()
        says = self.machine.instance_stopped if stopped else self._terminated
        self._tell(says, instance_id)

    def target_lifecycle_state(self, instance_id: str) -> str | None:
        """What the metadata service of a member answers; None for no member."""
        return self.machine.target_lifecycle_state(instance_id)

    async def close(self) -> None:
        """Stop all timers and wait for what is under way."""
        for handle in (self._timer, *self._answers.values()):
            if handle:
                handle.cancel()
        self._timer = None
        self._answers.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _terminated(self) -> Callable[..., None]:
        return self.machine.instance_terminated

    def _tick(self) -> None:
        self.machine.advance(now=self._clock.now())
        self._follow_up()

    def _tell(self, says: Callable[..., None], *args: str) -> None:
        says(*args, now=self._clock.now())
        self._follow_up()

    def _follow_up(self) -> None:
        for effect in self.machine.take_effects():
            self._perform(effect)
        if self._timer:
            self._timer.cancel()
        due = self.machine.next_due()
        self._timer = None if due is None else self._clock.call_at(due, self._tick)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case EmitEvent():
                resources = list(effect.resources)
                sent = self._emit(SOURCE, effect.detail_type, effect.detail, resources)
                if sent is not None:
                    self._keep(asyncio.ensure_future(sent))
            case RunInstance():
                self._keep(asyncio.create_task(self._run(effect)))
            case StartInstance():
                self._next(effect.instance_id, self._start(effect.instance_id))
            case StopInstance():
                self._next(effect.instance_id, self._stop(effect.instance_id))
            case TerminateInstance():
                self._next(effect.instance_id, self._terminate(effect.instance_id))
            case SetMembership():
                self._next(effect.instance_id, self._tag(effect))

    async def _run(self, wanted: RunInstance) -> None:
        try:
            instance_id = await self._cloud.run_instance(wanted)
        except AwsProblem as refusal:
            self._tell(self.machine.launch_failed, wanted.ticket, refusal.message)
            return
        self._tell(self.machine.instance_launched, wanted.ticket, instance_id)
        run_s = self.machine.timings.run_s
        self._later(run_s, self.machine.instance_running, instance_id)

    async def _start(self, instance_id: str) -> None:
        try:
            await self._cloud.start_instance(instance_id)
        except AwsProblem as refusal:
            self._tell(self.machine.start_failed, instance_id, refusal.message)
            return
        start_s = self.machine.timings.start_s
        self._later(start_s, self.machine.instance_running, instance_id)

    async def _stop(self, instance_id: str) -> None:
        try:
            await self._cloud.stop_instance(instance_id)
        except AwsProblem:
            self._tell(self._terminated, instance_id)
            return
        stop_s = self.machine.timings.stop_s
        self._later(stop_s, self.machine.instance_stopped, instance_id)

    async def _terminate(self, instance_id: str) -> None:
        terminate_s = self.machine.timings.terminate_s
        try:
            await self._cloud.terminate_instance(instance_id)
        except AwsProblem:
            terminate_s = 0.0
        self._later(terminate_s, self._terminated, instance_id)

    async def _tag(self, wanted: SetMembership) -> None:
        try:
            await self._cloud.set_membership(wanted.instance_id, wanted.group)
        except AwsProblem:
            self._tell(self._terminated, wanted.instance_id)

    def _later(
        self, delay_s: float, says: Callable[..., None], instance_id: str
    ) -> None:
        def answer() -> None:
            self._answers.pop(instance_id, None)
            self._tell(says, instance_id)

        if earlier := self._answers.pop(instance_id, None):
            earlier.cancel()
        when = self._clock.now() + delay_s
        self._answers[instance_id] = self._clock.call_at(when, answer)

    def _next(self, instance_id: str, operation: Coroutine[Any, Any, None]) -> None:
        before = self._last.get(instance_id)

        async def in_turn() -> None:
            if before:
                await asyncio.wait([before])
            await operation

        task = asyncio.create_task(in_turn())
        self._last[instance_id] = task
        self._keep(task)

    def _keep(self, task: asyncio.Future[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        self._last = {key: last for key, last in self._last.items() if last is not task}
