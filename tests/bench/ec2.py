"""Instances behind EC2's query API: what carries a tag, and writing one.

Rule: as with the rows, there are always as many ready instances, however many are
taken by their tag.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from tests.bench.supply import READY, Door

KNOWN = "i-0123456789abcdef0"  # for those who have one instance and no pool
_ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    "<requestId>{request_id}</requestId>{body}</{action}Response>"
)
_INSTANCE = (
    "<item><reservationId>r-{id}</reservationId><ownerId>123456789012</ownerId>"
    "<instancesSet><item><instanceId>{id}</instanceId>"
    "<instanceState><code>16</code><name>running</name></instanceState>"
    "<ipAddress>{address}</ipAddress><privateIpAddress>{address}</privateIpAddress>"
    "<placement><availabilityZone>us-east-1a</availabilityZone></placement>"
    "<tagSet>{tags}</tagSet></item></instancesSet></item>"
)
_TAG = "<item><key>{}</key><value>{}</value></item>"


class Instances:
    """The account's instances: each with its tags, all behind one door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tags: dict[str, dict[str, str]] = {KNOWN: {"State": "mine"}}
        self._refill()

    def answer(self, body: str) -> str:
        """Answer a request as a document.

        Raises:
            LookupError: It names an action that there is not.
        """
        asked = dict(parse_qsl(body))
        actions = {"DescribeInstances": self._describe, "CreateTags": self._create_tags}
        action = asked["Action"]
        return _ANSWER.format(
            action=action, request_id=secrets.token_hex(8), body=actions[action](asked)
        )

    def ready(self) -> list[str]:
        """Ids of the instances whose tag says ready."""
        return [i for i, tags in self._tags.items() if tags["State"] == "ready"]

    def _describe(self, asked: Mapping[str, str]) -> str:
        ids = [v for k, v in asked.items() if k.startswith("InstanceId.")]
        found = [self._shown(i) for i in ids or self.ready()]
        return f"<reservationSet>{''.join(found)}</reservationSet>"

    def _shown(self, instance_id: str) -> str:
        tags = [_TAG.format(*tag) for tag in self._tags[instance_id].items()]
        return _INSTANCE.format(
            id=instance_id, address=self._door.address, tags="".join(tags)
        )

    def _create_tags(self, asked: Mapping[str, str]) -> str:
        tags = self._tags[asked["ResourceId.1"]]
        for name, key in asked.items():
            if name.startswith("Tag.") and name.endswith(".Key"):
                tags[key] = asked[name.replace(".Key", ".Value")]
        self._refill()
        return "<return>true</return>"

    def _refill(self) -> None:
        for _ in range(READY - len(self.ready())):
            self._tags[f"i-{secrets.token_hex(8)}"] = {"State": "ready"}
