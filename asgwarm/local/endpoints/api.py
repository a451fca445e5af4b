"""The EC2 actions about endpoints, in EC2's own protocol.

Source: EC2 API reference, CreateInstanceConnectEndpoint,
DescribeInstanceConnectEndpoints and DeleteInstanceConnectEndpoint.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

from asgwarm.local.answers import Answer, error_answer
from asgwarm.local.endpoints.records import Endpoint, Endpoints
from asgwarm.local.keyring import ACCOUNT_ID
from asgwarm.local.problem import AwsProblem
from asgwarm.local.signature import Request

_ACTIONS = (
    "CreateInstanceConnectEndpoint",
    "DescribeInstanceConnectEndpoints",
    "DeleteInstanceConnectEndpoint",
)
_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
_FILTERS = {
    "instance-connect-endpoint-id": "endpoint_id",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
    "state": "state",
}

Form = Mapping[str, str]


class EndpointsApi:
    """Answers them."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def services(self) -> dict[str, Callable[[Request], Awaitable[Answer]]]:
        """Who answers which action of EC2."""
        return {f"ec2:{action}": self.handle for action in _ACTIONS}

    async def handle(self, request: Request) -> Answer:
        """Answer one call."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        try:
            inner = self._perform(form["Action"], form)
        except AwsProblem as problem:
            return error_answer(
                "ec2",
                "",
                code=problem.code,
                message=problem.message,
                status=problem.status,
            )
        request_id = f"<requestId>{uuid4()}</requestId>"
        name = f"{form['Action']}Response"
        body = f'<{name} xmlns="{_NAMESPACE}">{request_id}{inner}</{name}>'
        return Answer(
            status=200, headers={"content-type": "text/xml"}, body=body.encode()
        )

    def _perform(self, action: str, form: Form) -> str:
        if action.startswith("Describe"):
            found = "".join(f"<item>{_xml(one)}</item>" for one in self._asked(form))
            return f"<instanceConnectEndpointSet>{found}</instanceConnectEndpointSet>"
        if action.startswith("Create"):
            groups = _listed(form, "SecurityGroupId")
            one = self._endpoints.create(form.get("SubnetId", ""), groups)
        else:
            one = self._endpoints.delete(form.get("InstanceConnectEndpointId", ""))
        return f"<instanceConnectEndpoint>{_xml(one)}</instanceConnectEndpoint>"

    def _asked(self, form: Form) -> Iterable[Endpoint]:
        ids = _listed(form, "InstanceConnectEndpointId")
        found = [self._endpoints.find(one) for one in ids] or self._endpoints.all()
        for name, values in _filters(form):
            found = [one for one in found if _value(one, name) in values]
        return found


def _listed(form: Form, name: str) -> list[str]:
    return [text for key, text in form.items() if re.fullmatch(rf"{name}\.\d+", key)]


def _filters(form: Form) -> Iterable[tuple[str, list[str]]]:
    for key, name in form.items():
        if found := re.fullmatch(r"(Filter\.\d+)\.Name", key):
            if name not in _FILTERS:
                raise AwsProblem(
                    "InvalidParameterValue", f"The filter '{name}' is invalid"
                )
            yield name, _listed(form, rf"{re.escape(found[1])}\.Value")


def _value(one: Endpoint, name: str) -> str:
    return str(getattr(one, _FILTERS[name]))


def _xml(one: Endpoint) -> str:
    created = datetime.fromtimestamp(one.created_at, tz=UTC)
    groups = "".join(f"<item>{group}</item>" for group in one.group_ids)
    parts = {
        "ownerId": ACCOUNT_ID,
        "instanceConnectEndpointId": one.endpoint_id,
        "state": one.state,
        "dnsName": one.dns_name,
        "createdAt": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "availabilityZone": one.zone,
        "preserveClientIp": "false",
        "vpcId": one.vpc_id,
        "subnetId": one.subnet_id,
    }
    texts = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items())
    return f"{texts}<securityGroupIdSet>{groups}</securityGroupIdSet>"
