"""The door of the region: every HTTP request comes in here.

It reads the request, checks its signature, strikes it with a fault if one is switched
on, hands it to the service that its credential scope names and records what came of
it. Two paths carry no signature, because their random part is the secret: an
instance's metadata and the answer URL of a CloudFormation custom resource.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import time
from typing import Any
from urllib.parse import parse_qs

from asgwarm.local import seam
from asgwarm.local.activity import Activity
from asgwarm.local.answers import Answer, error_answer, text_answer
from asgwarm.local.endpoints.door import Door
from asgwarm.local.faults import HOLDING, NOT_PERFORMED, FaultTable, HttpFault, Kind
from asgwarm.local.keyring import ACCOUNT_ID, Keyring
from asgwarm.local.out import DAMAGING, Out
from asgwarm.local.refusals import Asked, refusal
from asgwarm.local.rest import operation
from asgwarm.local.serving import Abort, Receive, Scope, Send
from asgwarm.local.signature import Caller, Refused, Request, service_of, verify

IMDS_PREFIX = "/imds/"
CONTROL = "asgwarm-local"

Service = Callable[[Request], Awaitable[Answer]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Who answers what."""

    services: dict[str, Service]  # by the name in the credential scope, or with an
    # action behind it: "ec2:RunInstances"
    imds: Service
    tunnel: Door  # answers whoever wants a WebSocket
    base: Callable[..., Awaitable[None]]  # an ASGI application for everything else
    before: Callable[[str], Awaitable[None]]  # awaited before the base is asked
    after: Callable[[str, str], Awaitable[None]]  # told of each call that was answered


class Front:
    """The ASGI callable."""

    def __init__(
        self,
        *,
        region: str,
        keyring: Keyring,
        activity: Activity,
        faults: FaultTable,
        doors: Doors,
    ) -> None:
        self._region = region
        self._keyring = keyring
        self._activity = activity
        self._faults = faults
        self._doors = doors

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, abort: Abort
    ) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await self._doors.tunnel(_request(scope, b""), receive, send)
            return
        request = _request(scope, await _body(receive))
        call = _Call(scope, _replay(request.body, receive), request, Out(send, abort))
        if request.raw_path.startswith(IMDS_PREFIX):
            await call.out.reply(await self._doors.imds(request))
        elif _is_response_of_custom_resource(request):
            await self._doors.base(scope, call.receive, call.out.send)
        else:
            await self._signed(call)

    async def _signed(self, call: "_Call") -> None:
        request = call.request
        try:
            caller = verify(
                request, region=self._region, now_s=time(), find=self._keyring.find
            )
        except Refused as refused:
            await call.out.reply(_refusal(request, refused))
            return
        if caller.service == CONTROL:
            await self._perform(call, caller, "")
            return
        action = action_of(request)
        fault = self._faults.http(caller.service, action, caller.owner)
        if fault is None or await self._goes_on(fault, call, caller, action):
            await self._perform(call, caller, action)
            await self._doors.after(caller.service, action)
        if fault is not None and fault.kind in HOLDING:
            self._activity.changed()
            await self._faults.hold()
        await call.out.finish()
        self._activity.answered(
            caller, action=action, status=call.out.status, request=request
        )

    async def _goes_on(
        self, fault: HttpFault, call: "_Call", caller: Caller, action: str
    ) -> bool:
        """Strike; whether the call is performed all the same."""
        if fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.delay_s)
            return True
        if fault.kind in DAMAGING:
            call.out.damage(fault.kind)
            return fault.kind not in NOT_PERFORMED
        user = f"arn:aws:iam::{ACCOUNT_ID}:user/{caller.owner}"
        asked = Asked(service=caller.service, action=action, request=call.request)
        refused = refusal(fault.kind, asked, region=self._region, user=user)
        await call.out.reply(refused)
        return False

    async def _perform(self, call: "_Call", caller: Caller, action: str) -> None:
        services = self._doors.services
        service = services.get(f"{caller.service}:{action}")
        service = service or services.get(caller.service)
        if service is not None:
            await call.out.reply(await service(call.request))
        elif call.request.raw_path.startswith(("/_ministack", "/_localstack")):
            await call.out.reply(text_answer("not found\n", status=404))
        else:
            await self._doors.before(caller.service)
            await self._doors.base(call.scope, call.receive, call.out.send)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request on its way through."""

    scope: Scope
    receive: Receive
    request: Request
    out: Out


def action_of(request: Request) -> str:
    """The name of the API action; for an unknown REST service method and path."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    form = request.body if b"Action=" in request.body[:4096] else b""
    for source in (form.decode("latin-1"), request.raw_query):
        if names := parse_qs(source).get("Action"):
            return names[0]
    if request.raw_path == "/_asgwarm-local":
        return str(json.loads(request.body or b"{}").get("action", ""))
    named = operation(service_of(request), request.method, request.raw_path)
    return named or f"{request.method} {request.raw_path}"


def _is_response_of_custom_resource(request: Request) -> bool:
    path = request.raw_path
    return request.method == "PUT" and path.startswith(seam.RESPONSE_URL_PATH)


def _request(scope: Scope, body: bytes) -> Request:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return Request(
        method=scope.get("method", "GET"),  # of a WebSocket none is said
        raw_path=scope["raw_path"].decode("latin-1").partition("?")[0],
        raw_query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
    )


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _refusal(request: Request, refused: Refused) -> Answer:
    kind = request.headers.get("content-type", "")
    service = service_of(request)
    return error_answer(
        service,
        kind,
        code=refused.query_code
        if service in ("ec2", "s3") or "form-urlencoded" in kind
        else refused.json_code,
        message=refused.message,
        status=403,
    )
