"""The API actions on a group's tags.

Rule: tags reach instances at launch and never later, as on AWS.
"""

from typing import Any

from asgwarm.local.autoscaling.model import Tag
from asgwarm.local.autoscaling.world import World

Params = dict[str, Any]


def create_or_update_tags(world: World, params: Params) -> Params:
    """Set tags; each names its group in ResourceId."""
    for given in params["Tags"]:
        tag = tag_from(given)
        world.live_group(given.get("ResourceId", "")).tags[tag.key] = tag
    return {}


def delete_tags(world: World, params: Params) -> Params:
    """Remove tags; one that is not there is no error."""
    for given in params["Tags"]:
        world.live_group(given.get("ResourceId", "")).tags.pop(given["Key"], None)
    return {}


def tag_from(given: Params) -> Tag:
    """A tag as a request spells it."""
    return Tag(
        key=given["Key"],
        value=given.get("Value", ""),
        propagate=given.get("PropagateAtLaunch", False),
    )
