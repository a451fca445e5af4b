"""How large the simulated pools are, and how long what takes at most."""

import random
from dataclasses import replace

from asgwarm.domain.decide import STUCK_SLACK_S
from asgwarm.domain.meta import Settings

PERIOD_S = 60.0  # between two passes over everything
HOLDERS = 10
LARGE_EVERY = 4  # of so many seeds one has a large pool
SHARDS = (1, 4)  # of a pool's rows, drawn by the seed
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-dev/1"
SETTINGS = Settings(
    pool="dev",
    group="asgwarm-dev-pool",
    stack_id=STACK,
    instances="arn:aws:ec2:us-east-1:123456789012:instance/",
    hot=2,
    warm=2,
    cap=9,
    max_lease_s=900,
    owner_cap=0,
    grace_s=30,
    hook_timeout_s=180,
    setup_timeout_s=120,
    pool_state="Stopped",
    address_type="public",
    os_user="ec2-user",
    on_delete="refuse",
    shards=1,
)
LARGE = replace(SETTINGS, hot=8, warm=10, cap=18)


def settings_of(seed: int) -> Settings:
    """The pool of a seed."""
    shards = random.Random(seed).choice(SHARDS)  # noqa: S311  # repeatable
    return replace(LARGE if seed % LARGE_EVERY == 0 else SETTINGS, shards=shards)


# A member that hangs is given up after the hook's time and the set-up's.
PATIENCE_S = SETTINGS.hook_timeout_s + SETTINGS.setup_timeout_s + STUCK_SLACK_S
LAUNCH_S = 120 + SETTINGS.setup_timeout_s  # until its replacement is where it belongs
Z_S = PATIENCE_S + 3 * PERIOD_S + LAUNCH_S
