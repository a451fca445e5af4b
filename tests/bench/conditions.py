"""The conditions of a run, and what physics leaves of a `get` under them.

Rule: a figure is compared with figures of the same run only. What a machine or an
sshd adds differs from run to run.
"""

from dataclasses import dataclass

DYNAMODB_MS = 4  # service time of each call
EC2_MS = 200  # of DescribeInstances and of CreateTags
SLOW_LOOKUP_MS = 330  # the guest's own EC2 Instance Connect script takes 250 to 400

# sshd pads each answer to a request for authentication up to b·2^k, with b drawn from
# 5 to 9.3 ms at its start (OpenSSH's auth2.c, ensure_minimum_time_since).
LEAST_ANSWER_MS = 8
SPAWN_MS = 10  # a process that does next to nothing
KEX_MS = 25  # both sides' arithmetic of the SSH key exchange
SHELL_MS = 15  # sshd forks, the user's shell starts
SPARE_MS = 3  # the same where sshd has forked already


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a run is made under.

    Args:
        lookup: How the instance finds a pushed key: "quick" or "slow".
        rounds: Of every way; fewer where time is up, but never fewer than
            *least_rounds*.
    """

    rtt_ms: int
    lookup: str
    eic_ms: int = 100
    rounds: int = 15
    least_rounds: int = 7

    @property
    def name(self) -> str:
        """What people call the run."""
        return f"rtt{self.rtt_ms}-{self.lookup}"

    @property
    def lookup_ms(self) -> int:
        """How long the instance looks for a key, at least."""
        return SLOW_LOOKUP_MS if self.lookup == "slow" else 0


RUNS = (
    Conditions(rtt_ms=20, lookup="quick"),
    Conditions(rtt_ms=20, lookup="slow", rounds=9),
    Conditions(rtt_ms=80, lookup="quick", rounds=9),
)


def steps_ms(conditions: Conditions) -> dict[str, float]:
    """What physics leaves of each step of a one-shot client.

    TCP and TLS 1.3 to DynamoDB and one conditional write; then the push over a
    connection that is already open, beside TCP, banner and key exchange of SSH; then
    one signed request for authentication with everything else right behind it.
    """
    rtt = conditions.rtt_ms
    return {
        "start": SPAWN_MS,
        "claim": 2 * rtt + rtt + DYNAMODB_MS,
        "push": rtt + conditions.eic_ms,
        "connect": 3 * rtt + KEX_MS,
        "auth": rtt + max(LEAST_ANSWER_MS, conditions.lookup_ms),
        "first byte": SHELL_MS,
    }


def limit_ms(conditions: Conditions) -> float:
    """The time from nothing to the first byte that no one-shot client can beat."""
    steps = steps_ms(conditions)
    let_in = max(steps.pop("push"), steps.pop("connect"))
    return sum(steps.values()) + let_in
