"""The control API on the region's side: look inside, move time, switch faults.

A request is JSON `{"action": NAME, …}`, signed like any other. An action is a method
below; what it returns is the answer.
"""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from asgwarm.local.answers import Answer, json_answer
from asgwarm.local.signature import Request

if TYPE_CHECKING:
    from asgwarm.local.region import Region

MAX_WAIT_S = 30.0

Action = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Levers:
    """Everything that can be done to a region from outside."""

    def __init__(self, region: "Region") -> None:
        self._region = region
        self._actions: dict[str, Action] = {
            "status": self._status,
            "set_faults": self._set_faults,
            "advance": self._advance,
            "fire_schedule": self._fire_schedule,
            "timings": self._timings,
            "requests": self._requests,
            "record": self._record,
            "wait_change": self._wait_change,
            "idle": self._idle,
            "settle": self._settle,
            "stop": self._stop,
        }

    async def handle(self, request: Request) -> Answer:
        """Answer one control request."""
        try:
            parameters = json.loads(request.body or b"{}")
            action = self._actions[parameters["action"]]
            return json_answer(await action(parameters))
        except KeyError as error:
            message = f"no such action or field: {error}"
        except (ValueError, TypeError, RuntimeError) as error:
            message = str(error)
        return json_answer({"message": message}, status=400)

    async def _status(self, _: dict[str, Any]) -> dict[str, Any]:
        return self._region.status()

    async def _set_faults(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self._region.set_faults(parameters["faults"])
        return {}

    async def _advance(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"now": await self._region.advance(float(parameters["seconds"]))}

    async def _fire_schedule(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"fired": self._region.fire_schedule()}

    async def _timings(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return self._region.set_timings(parameters["seconds"])

    async def _requests(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"requests": self._region.activity.since(int(parameters["since"]))}

    async def _record(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self._region.activity.records = bool(parameters["on"])
        return {}

    async def _wait_change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        timeout_s = min(float(parameters["timeout_s"]), MAX_WAIT_S)
        activity, since = self._region.activity, parameters["since"]
        known = activity.changes if since is None else int(since)
        return {"changes": await activity.wait(known, timeout_s)}

    async def _idle(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"idle": self._region.busy() == 0}

    async def _settle(self, _: dict[str, Any]) -> dict[str, Any]:
        if not await self._region.settle():
            raise RuntimeError("the region is still busy")
        return {}

    async def _stop(self, _: dict[str, Any]) -> dict[str, Any]:
        self._region.stop()
        return {}
