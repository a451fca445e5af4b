"""The account, the region and the pool that a live test works with.

Rule: the product is used as a person does, by its command line; AWS is looked at with
boto3, past the product.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3

AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")
LONGEST_S = 4000  # of one command: an hour is what `bench` allows itself


class LiveFailed(Exception):
    """A step that everything after it needs has failed."""


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """The last document on stdout."""
        return json.loads(self.out.splitlines()[-1])


@dataclass
class Live:
    """One live test's pool, and everything to use it and look at it with."""

    pool: str
    rounds: int  # of everything that is measured
    kept: dict[str, Any] = field(default_factory=dict)  # what later steps look at

    def __post_init__(self) -> None:
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        self.client = cache(session.client)

    @property
    def stack(self) -> str:
        """Name of its stack."""
        return f"asgwarm-{self.pool}"

    @property
    def group(self) -> str:
        """Name of its Auto Scaling group."""
        return f"{self.stack}-pool"

    @property
    def region(self) -> str:
        """Where it is."""
        return str(self.client("sts").meta.region_name)

    @property
    def endpoint(self) -> str:
        """Where CloudFormation answers, if that is not AWS; else empty."""
        url = str(self.client("cloudformation").meta.endpoint_url)
        return "" if (urlsplit(url).hostname or "").endswith(AWS) else url

    def asgwarm(self, *argv: str) -> Done:
        """Run a command line of ours to its end.

        Raises:
            LiveFailed: It had none.
        """
        try:
            done = subprocess.run(
                [sys.executable, "-m", "asgwarm", *argv],
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_S,
            )
        except subprocess.TimeoutExpired as error:
            raise LiveFailed(str(error)) from error
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, *argv: str) -> Done:
        """Run one that everything after it needs.

        Raises:
            LiveFailed: It ended with another code than 0.
        """
        done = self.asgwarm(*argv)
        if done.code:
            raise LiveFailed(
                f"asgwarm {' '.join(argv)}: {done.code}, {done.err[-500:]}"
            )
        return done

    def on_an_instance(self, command: str) -> Done:
        """Run a command on an instance that is claimed for it."""
        return self.asgwarm("get", self.pool, "--wait", "5m", "--", command)

    def stack_resource(self, logical_id: str) -> str:
        """Return the id of one of the stack's resources."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def instances(self) -> list[dict[str, Any]]:
        """Return the pool's instances as EC2 lists them, terminated ones too."""
        tag = {"Name": "tag:asgwarm:pool", "Values": [self.pool]}
        pages = self.client("ec2").get_paginator("describe_instances")
        return [
            instance
            for page in pages.paginate(Filters=[tag])
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
        ]

    def activities(self) -> list[dict[str, Any]]:
        """Return what the group did, oldest first."""
        pages = self.client("autoscaling").get_paginator("describe_scaling_activities")
        found = [
            activity
            for page in pages.paginate(AutoScalingGroupName=self.group)
            for activity in page["Activities"]
        ]
        return found[::-1]

    def events(self) -> list[dict[str, Any]]:
        """Return the pool's own history, as `asgwarm logs --json` has it."""
        said = self.must("logs", self.pool, "--json").out.splitlines()
        return [json.loads(line) for line in said[:-1]]
