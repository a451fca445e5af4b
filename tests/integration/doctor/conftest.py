"""One pool in a region of a file's own, and what a doctor finds in it.

Rule: a test breaks one thing, and puts it right through `undo`. The function is
made to look at everything between tests, each half minute, and so within none of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pytest

from asgwarm.clients import Clients
from asgwarm.doctor.checkup import Checkup, examine
from asgwarm.doctor.facts import Around, Facts
from asgwarm.domain.names import stack_name
from tests.integration.doctor.front import front
from tests.integration.pools import Pool, clients_of, serve, settings_of

HALF_MINUTE_S = 30.0


@dataclass
class Patient:
    """A pool, what it is made of, and what is found in it."""

    pool: Pool
    clients: Clients
    looked_at_s: float = (
        0.0  # when the function was last called, by the region's uptime
    )

    def examined(
        self, *, name: str = "", clients: Clients | None = None, **around: Any
    ) -> Checkup:
        """What a doctor finds; nothing is too young to be judged."""
        whole = Around(**{"env": {}, "fresh_s": 0, **around})
        asked = name or self.pool.name
        return examine(Facts(asked, clients or self.clients, whole))

    def ids(self, **how: Any) -> list[str]:
        """The ids of what is found."""
        return [finding.id for finding in self.examined(**how).findings]

    def aws(self, service: str) -> Any:
        """A client of the region's."""
        return self.clients.service(service)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """Physical ids of the stack's resources by their logical ones."""
        answer = self.aws("cloudformation").list_stack_resources(StackName=self.stack)
        return {
            part["LogicalResourceId"]: part["PhysicalResourceId"]
            for part in answer["StackResourceSummaries"]
        }

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return stack_name(self.pool.name)

    @cached_property
    def stack_id(self) -> str:
        """The id of its stack."""
        answer = self.aws("cloudformation").describe_stacks(StackName=self.stack)
        return str(answer["Stacks"][0]["StackId"])

    @property
    def meta_key(self) -> dict[str, Any]:
        """The key of its META row."""
        return {"pk": {"S": f"POOL#{self.pool.name}"}, "sk": {"S": "META"}}

    def row(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """A row of its table as DynamoDB has it."""
        table = f"asgwarm-{self.pool.name}"
        item: dict[str, Any] = self.pool.table.get_item(TableName=table, Key=key)[
            "Item"
        ]
        return item

    def put(self, item: Mapping[str, Any]) -> None:
        """Write a row as it is."""
        self.pool.table.put_item(TableName=f"asgwarm-{self.pool.name}", Item=item)

    def delete(self, item: Mapping[str, Any]) -> None:
        """Delete a row."""
        key = {name: item[name] for name in ("pk", "sk")}
        self.pool.table.delete_item(TableName=f"asgwarm-{self.pool.name}", Key=key)

    def rewrite(self, key: Mapping[str, Any], undo: ExitStack, **values: Any) -> None:
        """Change attributes of a row by hand, until *undo*."""
        item = self.row(key)
        undo.callback(self.put, item)
        typed = {
            name: {"N": str(v)} if isinstance(v, int) else {"S": v}
            for name, v in values.items()
        }
        self.put({**item, **typed})

    def one(self, state: str) -> dict[str, Any]:
        """The key of the row of some instance in a state."""
        return self.pool.key(self.pool.in_state(state)[0])

    def strike(self, undo: ExitStack, **fault: Any) -> None:
        """Let AWS refuse what matches, until *undo*."""
        undo.callback(self.pool.region.control.set_faults)
        self.pool.region.control.set_faults(http=[{"kind": "denied", **fault}])

    def through(self, undo: ExitStack, **how: Any) -> Clients:
        """Clients whose calls go through a `front`, which is open until *undo*."""
        region = self.pool.region
        url = undo.enter_context(front(region.info.endpoint_url, **how))
        return Clients(replace(settings_of(region), endpoint_url=url))

    def update(
        self, undo: ExitStack, *, body: str = "", is_held: bool = False, **sizes: str
    ) -> None:
        """Update the stack from outside, until *undo*.

        Args:
            is_held: Whether the update stays under way: the function, which it asks,
                gets nothing done.
        """
        client = self.aws("cloudformation")
        before = client.get_template(StackName=self.stack)["TemplateBody"]
        (there,) = client.describe_stacks(StackName=self.stack)["Stacks"]
        old = {p["ParameterKey"]: p["ParameterValue"] for p in there["Parameters"]}
        undo.callback(self._update, before, old, {name: old[name] for name in sizes})
        if is_held:
            self.strike(undo, kind="hold_before", owner="lambda")
            self._ask(body or before, old, sizes)
            self.pool.region.until(lambda: self.pool.region.control.status()["held"])
        else:
            self._update(body or before, old, sizes)

    def _update(self, body: str, known: Any, values: Mapping[str, str]) -> None:
        """Update it between what goes on and what comes then."""
        at_rest = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        self.pool.region.until(lambda: self._status() in at_rest)
        self._ask(body, known, values)
        self.pool.region.until(lambda: self._status() == "UPDATE_COMPLETE")

    def _ask(self, body: str, known: Any, values: Mapping[str, str]) -> None:
        parameters: list[Any] = [
            {"ParameterKey": name, "UsePreviousValue": True}
            for name in known
            if name not in values
        ]
        parameters += [
            {"ParameterKey": name, "ParameterValue": text}
            for name, text in values.items()
        ]
        self.aws("cloudformation").update_stack(
            StackName=self.stack, TemplateBody=body, Parameters=parameters
        )

    def _status(self) -> str:
        answer = self.aws("cloudformation").describe_stacks(StackName=self.stack)
        return str(answer["Stacks"][0]["StackStatus"])

    def look_over(self) -> None:
        """Let the function look at everything, now and not in the next minute."""
        control = self.pool.region.control
        self.looked_at_s = control.status()["uptime_s"]
        control.fire_schedule()
        control.settle()

    def look_over_in_time(self) -> None:
        """Let it do so if its next minute is near."""
        now_s = self.pool.region.control.status()["uptime_s"]
        if now_s - self.looked_at_s > HALF_MINUTE_S:
            self.look_over()


@pytest.fixture(scope="module")
def sick(own_region: Any) -> Patient:
    """A pool that serves: one instance ready, one resting."""
    pool = serve(own_region, "dev", hot=1, warm=1, cap=10)
    own_region.until(lambda: pool.in_state("WARMED"))
    made = Patient(pool, clients_of(own_region))
    made.look_over()
    return made


@pytest.fixture
def patient(sick: Patient, undo: ExitStack) -> Patient:
    """The pool as it should be."""
    sick.look_over_in_time()
    return sick


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What puts right what a test has broken, last things first."""
    with ExitStack() as stack:
        yield stack
