"""What the emulated region accepts and does not act upon.

Whoever tests against it has to know what a green test does not prove. Each line is
checked by a test against the running region, so that a line which has become untrue
is found.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing that AWS does and the region does not."""

    where: str
    what: str


NOT_ENFORCED = (
    Gap(where="IAM", what="policies: every key of the region may do everything"),
    Gap(
        where="EC2",
        what="security groups, but behind an endpoint, and routes: addresses are 127.x",
    ),
    Gap(where="EC2", what="DryRun, ClientToken, MetadataOptions of RunInstances"),
    Gap(where="EC2", what="RebootInstances: accepted, the instance goes on running"),
    Gap(where="EC2", what="user data: write_files and Python units only, no commands"),
    Gap(where="EC2 Instance Connect", what="the serial console: refused"),
    Gap(where="DynamoDB", what="TTL: follows the real clock, not the region's"),
    Gap(where="DynamoDB", what="point-in-time recovery of a template's table"),
    Gap(where="DynamoDB", what="filters on key attributes, overlapping update paths"),
    Gap(where="Lambda", what="memory, architecture, VPC, a template's concurrency"),
    Gap(where="Lambda", what="runtime version: functions run on this Python"),
    Gap(
        where="Lambda",
        what="stream mappings: retry limit, bisecting, partial failures, shards",
    ),
    Gap(where="EventBridge", what="retries and dead-letter queues of targets"),
    Gap(where="EventBridge Scheduler", what="schedules: accepted, never fired"),
    Gap(where="CloudFormation", what="capabilities, unknown properties, drift"),
    Gap(where="CloudWatch", what="alarms: accepted, never evaluated"),
    Gap(where="CloudWatch", what="embedded metrics: lines are kept, no metric is made"),
)
