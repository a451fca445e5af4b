"""A VPC from the template for those who have none, in the region that all share."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from asgwarm.stack.template import template_text
from tests.integration.cli.conftest import home_in

STACK = "test-network"


def outputs_of(region: Any, stack: str) -> dict[str, str] | None:
    """A stack's outputs once it is made."""
    (found,) = region.client("cloudformation").describe_stacks(StackName=stack)[
        "Stacks"
    ]
    assert "ROLLBACK" not in found["StackStatus"], found
    if found["StackStatus"] != "CREATE_COMPLETE":
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def deploy(region: Any, stack: str, template: str, **values: str) -> dict[str, str]:
    """Make a stack of the template called *template* and return its outputs."""
    region.client("cloudformation").create_stack(
        StackName=stack,
        TemplateBody=template_text(template),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": text}
            for key, text in values.items()
        ],
    )
    found: dict[str, str] = region.until(lambda: outputs_of(region, stack))
    return found


def delete(region: Any, stack: str) -> None:
    """Delete a stack, and return once it is gone."""
    client = region.client("cloudformation")
    client.delete_stack(StackName=stack)
    gone = ("DELETE_COMPLETE", "DELETE_FAILED")
    region.until(lambda: _status(client, stack) in gone)
    assert _status(client, stack) == "DELETE_COMPLETE"


def _status(client: Any, stack: str) -> str:
    found = client.describe_stacks()["Stacks"]
    mine = [one["StackStatus"] for one in found if one["StackName"] == stack]
    return str(next(iter(mine), "DELETE_COMPLETE"))


@pytest.fixture(scope="module")
def network(own_region: Any) -> SimpleNamespace:
    """The network's outputs, and the region in which it is."""
    outputs = deploy(own_region, STACK, "network", Zones="3")
    return SimpleNamespace(region=own_region, outputs=outputs)


@pytest.fixture
def home(tmp_path: Path, own_region: Any) -> Any:
    """A user whose environment leads to that region."""
    with home_in(tmp_path / "home", **own_region.environment()) as made:
        yield made
