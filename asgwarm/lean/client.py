"""DynamoDB and EC2 Instance Connect, as far as the way to a prompt needs them.

To their callers these look like boto3's clients: same methods, same documents, same
errors.

Rule 1: what does not end in a clear answer is asked again, as a whole, through boto3's
client, with its retries and its words.
Rule 2: that is safe although the first request may have been performed. Every write of
the registry is conditional and its unknown outcome is settled by reading, the rows of
those who wait are put and deleted whole, and a key that is pushed twice is one key.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import asgwarm
from asgwarm.clock import now_s
from asgwarm.lean.answers import Document, Unclear, document
from asgwarm.lean.connection import Connections
from asgwarm.lean.http1 import NoAnswer
from asgwarm.lean.sigv4 import Scope, signed
from asgwarm.lean.situation import DYNAMODB, EIC, Situation

USER_AGENT = f"asgwarm/{asgwarm.__version__}"


class Meta(NamedTuple):
    """What is known of a client."""

    region_name: str


class _Service:
    """One service, by its JSON protocol.

    Args:
        read_timeout_s: How long AWS may be silent.
        full: Returns boto3's client of the service; called when it is needed.
        now: Returns Unix seconds.
    """

    _name: str
    _target: str
    _content_type: str

    def __init__(
        self,
        situation: Situation,
        *,
        read_timeout_s: float,
        full: Callable[[], Any],
        now: Callable[[], int] = now_s,
    ) -> None:
        endpoint = situation.endpoints[self._name]
        self.meta = Meta(region_name=situation.region)
        self.connections = Connections(endpoint, read_timeout_s=read_timeout_s)
        self._keys = situation.keys
        self._scope = Scope(region=situation.region, service=self._name)
        self._full = full
        self._now = now

    def _call(self, operation: str, method: str, parameters: Document) -> Document:
        try:
            return self._ask(operation, parameters)
        except (NoAnswer, Unclear):
            pass  # asked anew outside, so that a second failure stands for itself
        answer: Document = getattr(self._full(), method)(**parameters)
        return answer

    def _ask(self, operation: str, parameters: Document) -> Document:
        body = json.dumps(parameters, default=_text_of).encode()
        headers = {
            "Host": self.connections.endpoint.authority,
            "Content-Type": self._content_type,
            "X-Amz-Target": f"{self._target}.{operation}",
        }
        now = self._now()
        sent = signed(headers, body, keys=self._keys, scope=self._scope, now=now)
        sent["User-Agent"] = USER_AGENT  # not signed: what is between may change it
        return document(self.connections.ask(sent, body), operation)


def _text_of(binary: bytes) -> str:
    """Return the form that bytes have in a JSON document of AWS's."""
    return b64encode(binary).decode()


class DynamoDB(_Service):
    """The calls of DynamoDB that read and write the registry; see boto3 for each."""

    _name = DYNAMODB
    _target = "DynamoDB_20120810"
    _content_type = "application/x-amz-json-1.0"

    def query(self, **parameters: Any) -> Document:
        """Return one page of a Query."""
        return self._call("Query", "query", parameters)

    def get_item(self, **parameters: Any) -> Document:
        """Return an item, if there is one."""
        return self._call("GetItem", "get_item", parameters)

    def update_item(self, **parameters: Any) -> Document:
        """Change an item."""
        return self._call("UpdateItem", "update_item", parameters)

    def put_item(self, **parameters: Any) -> Document:
        """Put an item in the place of what was there."""
        return self._call("PutItem", "put_item", parameters)

    def delete_item(self, **parameters: Any) -> Document:
        """Delete an item."""
        return self._call("DeleteItem", "delete_item", parameters)

    def get_paginator(self, operation: str) -> "Pages":
        """Return what yields every page of `query`, the one that is needed."""
        return Pages(getattr(self, operation))


class Pages:
    """Every page of a Query, one call each."""

    def __init__(self, query: Callable[..., Document]) -> None:
        self._query = query

    def paginate(self, **parameters: Any) -> Iterator[Document]:
        """Yield the pages, to the last one."""
        while True:
            page = self._query(**parameters)
            yield page
            if not page.get("LastEvaluatedKey"):
                return
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class InstanceConnect(_Service):
    """EC2 Instance Connect's one call."""

    _name = EIC
    _target = "AWSEC2InstanceConnectService"
    _content_type = "application/x-amz-json-1.1"

    def send_ssh_public_key(self, **parameters: Any) -> Document:
        """Push a public key onto an instance for 60 seconds."""
        return self._call("SendSSHPublicKey", "send_ssh_public_key", parameters)
