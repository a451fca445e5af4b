"""What can only be seen while something happens: looked at once a second, beside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.clock import now_s
from tests.acceptance.live import Live

EVERY_S = 1.0


@contextmanager
def beside(look: Callable[[], None]) -> Iterator[None]:
    """Look again and again, in a thread, for as long as a block lasts."""
    over = Event()

    def go_on() -> None:
        while True:
            # Throttled, or not there yet: the next look sees it.
            with suppress(ClientError, BotoCoreError):
                look()
            if over.wait(EVERY_S):
                return

    thread = Thread(target=go_on, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def first_listings(live: Live, lags_s: dict[str, int]) -> Callable[[], None]:
    """Note how long after its launch EC2 listed each instance by the pool's tag."""

    def look() -> None:
        for instance in live.instances():
            launched_s = int(instance["LaunchTime"].timestamp())
            lags_s.setdefault(instance["InstanceId"], now_s() - launched_s)

    return look


def warm_states(live: Live, states: dict[str, list[str]]) -> Callable[[], None]:
    """Note which lifecycle states each instance of the warm pool goes through."""

    def look() -> None:
        found = live.client("autoscaling").describe_warm_pool(
            AutoScalingGroupName=live.group
        )
        for instance in found["Instances"]:
            known = states.setdefault(instance["InstanceId"], [])
            if instance["LifecycleState"] not in known:
                known.append(instance["LifecycleState"])

    return look
