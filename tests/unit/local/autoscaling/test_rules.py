"""Random requests, random answers of EC2, random time: the rules hold after each."""

import copy
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from asgwarm.local.autoscaling import effects
from asgwarm.local.autoscaling.lifecycle import STATES
from asgwarm.local.autoscaling.model import Faults
from asgwarm.local.problem import AwsProblem

TARGETED = (
    "DetachInstances",
    "EnterStandby",
    "ExitStandby",
    "SetInstanceProtection",
    "TerminateInstanceInAutoScalingGroup",
)
EXTRA = {
    "SetInstanceProtection": {"ProtectedFromScaleIn": True},
    "ExitStandby": {},
}
COUNTED = {"Pending", "Pending:Wait", "Pending:Proceed", "InService"}
POOLED = {
    *("Warmed:Stopped", "Warmed:Running"),
    *("Warmed:Pending", "Warmed:Pending:Wait", "Warmed:Pending:Proceed"),
}


class LateEc2(RuleBasedStateMachine):
    """The machine beside an EC2 that answers when it likes, in any order."""

    def __init__(self, region, twin):
        super().__init__()
        self.region, self.twin = region, twin
        for one in (region, twin):
            one.obey = lambda: None
            one.create(
                desired=1, pool=2, MaxSize=4, VPCZoneIdentifier="subnet-a,subnet-b"
            )
        self.open = []
        self.take()

    def both(self, what):
        """Do the same to both machines; they have to agree."""
        outcomes = []
        for one in (self.region, self.twin):
            try:
                outcomes.append(what(one))
            except AwsProblem as problem:
                outcomes.append((problem.code, problem.message))
        assert outcomes[0] == outcomes[1]
        self.take()
        return outcomes[0]

    def take(self):
        asked = self.region.machine.take_effects()
        assert asked == self.twin.machine.take_effects()
        kept = (effects.EmitEvent, effects.SetMembership)
        self.open += [effect for effect in asked if not isinstance(effect, kept)]
        for effect in asked:
            if isinstance(effect, effects.SetMembership):
                assert effect.instance_id not in self.region.instances()

    def ids(self):
        return sorted(self.region.instances(), key=lambda name: int(name[2:]))

    def request(self, action, **params):
        return self.both(lambda one: one.call(action, **copy.deepcopy(params)))

    @rule(desired=st.integers(0, 5))
    def set_desired(self, desired):
        self.request("SetDesiredCapacity", DesiredCapacity=desired)

    @rule(size=st.integers(0, 3), most=st.integers(-1, 5))
    def put_pool(self, size, most):
        self.request("PutWarmPool", MinSize=size, MaxGroupPreparedCapacity=most)

    @rule(force=st.booleans())
    def delete_pool(self, force):
        self.request("DeleteWarmPool", ForceDelete=force)

    @rule(data=st.data(), action=st.sampled_from(TARGETED), decrement=st.booleans())
    def act_on_an_instance(self, data, action, decrement):
        ids = self.ids()
        if ids:
            chosen = data.draw(st.sampled_from(ids))
            extra = EXTRA.get(action, {"ShouldDecrementDesiredCapacity": decrement})
            self.request(action, InstanceIds=[chosen], **extra)

    @rule(data=st.data(), result=st.sampled_from(["CONTINUE", "ABANDON"]))
    def answer_a_hook(self, data, result):
        waits = [
            (name, hook)
            for name in self.ids()
            for hook in self.region.instances()[name].waits
        ]
        if waits:
            name, hook = data.draw(st.sampled_from(waits))
            self.request(
                "CompleteLifecycleAction",
                LifecycleHookName=hook,
                InstanceId=name,
                LifecycleActionResult=result,
            )

    @rule(
        process=st.sampled_from(["Launch", "Terminate", "HealthCheck", "AZRebalance"]),
        on=st.booleans(),
    )
    def switch_a_process(self, process, on):
        action = "ResumeProcesses" if on else "SuspendProcesses"
        self.request(action, ScalingProcesses=[process])

    @rule(refill=st.sampled_from(["warm", "cold", "delayed"]), full=st.booleans())
    def switch_faults(self, refill, full):
        faults = Faults(refill=refill, launch_failure="no capacity" if full else "")
        for one in (self.region, self.twin):
            one.machine.faults = faults

    @precondition(lambda self: self.open)
    @rule(data=st.data(), well=st.booleans())
    def ec2_answers(self, data, well):
        number = data.draw(st.integers(0, len(self.open) - 1))
        self.fulfil(self.open.pop(number), well=well)

    def fulfil(self, effect, *, well):
        if isinstance(effect, effects.RunInstance):
            if not well:
                self.both(
                    lambda one: one.machine.launch_failed(
                        effect.ticket, "no", now=one.now
                    )
                )
                return
            self.region.launched += 1
            name = f"i-{self.region.launched}"
            self.both(
                lambda one: one.machine.instance_launched(
                    effect.ticket, name, now=one.now
                )
            )
            self.open.append(effects.StartInstance(instance_id=name))
        elif isinstance(effect, effects.StartInstance):
            self.say("instance_running", effect.instance_id)
        elif isinstance(effect, effects.StopInstance):
            self.say("instance_stopped", effect.instance_id)
        else:
            self.say("instance_terminated", effect.instance_id)

    def say(self, what, name):
        self.both(lambda one: getattr(one.machine, what)(name, now=one.now))

    @rule(data=st.data(), stopped=st.booleans())
    def somebody_ends_an_instance(self, data, stopped):
        if ids := self.ids():
            what = "instance_stopped" if stopped else "instance_terminated"
            self.say(what, data.draw(st.sampled_from(ids)))

    @rule(seconds=st.sampled_from([1, 5, 60, 700]))
    def time_passes(self, seconds):
        self.both(lambda one: one.pass_time(seconds))

    @invariant()
    def only_documented_states(self):
        assert set(self.region.states().values()) <= STATES

    @invariant()
    def sizes_stay_within_the_limits(self):
        group = self.region.group()
        states = list(self.region.states().values())
        counted = sum(1 for state in states if state in COUNTED)
        cold = sum(1 for launch in group.launches.values() if not launch.warm)
        assert group.min_size <= group.desired <= group.max_size
        # Rebalancing and what is on its way while desired falls may exceed desired,
        # never MaxSize plus the one of the rebalancing.
        assert counted + cold <= group.max_size + 1

    @invariant()
    def waits_belong_to_waiting_instances(self):
        for instance in self.region.instances().values():
            assert bool(instance.waits) == instance.state.endswith(":Wait")
            for wait in instance.waits.values():
                assert self.region.machine.world.now < wait.deadline

    @invariant()
    def an_instance_is_in_one_place(self):
        group = self.region.group()
        for name, instance in group.instances.items():
            assert name == instance.instance_id
            assert instance.activity in group.activities
            assert instance.state not in {"Terminated", "Detached", "Warmed:Terminated"}

    def teardown(self):
        """Left alone, with hooks answered and EC2 well, the wish comes true."""
        for one in (self.region, self.twin):
            one.machine.faults = Faults()
        self.request("ResumeProcesses")
        for _ in range(60):
            self.both(lambda one: one.pass_time(30))
            while self.open:
                self.fulfil(self.open.pop(0), well=True)
            self.both(lambda one: one.answer())
        self.check_settled()

    def check_settled(self):
        group = self.region.group()
        states = list(self.region.states().values())
        serving = states.count("InService")
        protected = sum(1 for i in group.instances.values() if i.protected)
        pooled = sum(1 for state in states if state in POOLED)
        most = group.max_size
        pool = group.warm_pool
        if pool and pool.max_prepared is not None:
            most = pool.max_prepared
        wanted = max(pool.min_size, most - group.desired) if pool else 0
        assert group.desired <= serving <= max(group.desired, protected)
        assert pooled == wanted
        assert serving + pooled + states.count("Standby") == len(states)


def test_the_rules_hold_whatever_happens(make_region):
    """Limits, places, waits and determinism in every order; the wish in the end."""

    def two_alike() -> Any:
        return LateEc2(make_region(), make_region())

    machine: Any = two_alike
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=60, stateful_step_count=30, deadline=None),
    )
