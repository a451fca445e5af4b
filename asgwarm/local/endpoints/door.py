"""Where a WebSocket comes in: who asks is checked, and who may not is told why.

Rule: it is signed like any presigned request; what is refused is not upgraded, and
carries a JSON document with `ErrorCode` and `Message`.
"""

import json
from collections.abc import Awaitable, Callable
from time import time
from urllib.parse import parse_qsl
from uuid import uuid4

from asgwarm.local.activity import Activity
from asgwarm.local.answers import Answer, json_answer
from asgwarm.local.endpoints.tunnels import Tunnels
from asgwarm.local.faults import FaultTable
from asgwarm.local.keyring import ACCOUNT_ID, Keyring
from asgwarm.local.problem import AwsProblem
from asgwarm.local.refusals import Asked, refusal
from asgwarm.local.serving import Receive, Send
from asgwarm.local.signature import Caller, Refused, Request, verify

PATH = "/openTunnel"
SERVICE, ACTION = "ec2-instance-connect", "OpenTunnel"

Door = Callable[[Request, Receive, Send], Awaitable[None]]


class TunnelDoor:
    """Lets tunnels in; a `Door`."""

    def __init__(
        self,
        tunnels: Tunnels,
        *,
        region: str,
        keyring: Keyring,
        activity: Activity,
        faults: FaultTable,
    ) -> None:
        self._tunnels = tunnels
        self._region = region
        self._keyring = keyring
        self._activity = activity
        self._faults = faults

    async def __call__(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer one request for a WebSocket."""
        await receive()  # that somebody connects
        caller: Caller | None = None
        try:
            caller = self._caller(request)
            self._strike(request, caller)
            wish = self._tunnels.wish(dict(parse_qsl(request.raw_query)))
        except AwsProblem as problem:
            await _refuse(send, problem)
            self._note(caller, problem.status, request)
            return
        headers = [(b"x-amzn-requestid", str(uuid4()).encode())]
        await send({"type": "websocket.accept", "headers": headers})
        self._note(caller, 101, request)
        await self._tunnels.carry(wish, receive, send)

    def _caller(self, request: Request) -> Caller:
        try:
            caller = verify(
                request, region=self._region, now_s=time(), find=self._keyring.find
            )
        except Refused as refused:
            raise AwsProblem(refused.json_code, refused.message, 403) from refused
        if request.raw_path != PATH or caller.service != SERVICE:
            raise AwsProblem("ResourceNotFound", "There is nothing here.", 404)
        return caller

    def _strike(self, request: Request, caller: Caller) -> None:
        """Refuse as a fault says; kinds that break connections do nothing here."""
        fault = self._faults.http(SERVICE, ACTION, caller.owner)
        if fault is None:
            return
        user = f"arn:aws:iam::{ACCOUNT_ID}:user/{caller.owner}"
        asked = Asked(service=SERVICE, action=ACTION, request=request)
        answer = refusal(fault.kind, asked, region=self._region, user=user)
        said = json.loads(answer.body)
        message = said.get("message") or said.get("Message", "")
        raise AwsProblem(said["__type"], message, answer.status)

    def _note(self, caller: Caller | None, status: int, request: Request) -> None:
        if caller is not None:
            self._activity.answered(
                caller, action=ACTION, status=status, request=request
            )


async def _refuse(send: Send, problem: AwsProblem) -> None:
    answer: Answer = json_answer(
        {"ErrorCode": problem.code, "Message": problem.message}, status=problem.status
    )
    headers = answer.headers | {
        "content-length": str(len(answer.body)),
        "x-amzn-requestid": str(uuid4()),
    }
    await send(
        {
            "type": "websocket.http.response.start",
            "status": answer.status,
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        }
    )
    await send({"type": "websocket.http.response.body", "body": answer.body})
