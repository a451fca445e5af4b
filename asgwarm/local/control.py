"""A client of the region's control API, for the command line and for tests.

It needs nothing but botocore, to sign. Every method is one signed request; the region
answers JSON.
"""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from asgwarm.local.info import RegionError, RegionInfo

PATH = "/_asgwarm-local"
SERVICE = "asgwarm-local"
WAIT_S = 20.0


class Control:
    """What can be asked of a running region, and done to it.

    Args:
        timeout_s: How long one answer may take.

    Every method raises RegionError when the region does not answer or refuses.
    """

    def __init__(self, info: RegionInfo, *, timeout_s: float = 60.0) -> None:
        self._info = info
        self._timeout_s = timeout_s

    def status(self) -> dict[str, Any]:
        """Process, time, instances, groups, and what is accepted but not enforced."""
        return self.call("status")

    def set_faults(self, **faults: Any) -> None:
        """Switch on exactly these faults: the names are those of `Faults`."""
        self.call("set_faults", faults=faults)

    def advance(self, seconds: float) -> float:
        """Move the region's time forward, firing what is due; the time afterwards."""
        return float(self.call("advance", seconds=seconds)["now"])

    def fire_schedule(self) -> int:
        """Fire every enabled scheduled rule now; how many there were."""
        return int(self.call("fire_schedule")["fired"])

    def timings(self, **seconds: float) -> dict[str, float]:
        """Change how long things take, as `Timings` of Auto Scaling names them."""
        return dict(self.call("timings", seconds=seconds))

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """The API calls after number *since*, oldest first."""
        return list(self.call("requests", since=since)["requests"])

    def record(self, *, on: bool = True) -> None:
        """Keep what is sent with each call, as `asked`; for proofs, it takes memory."""
        self.call("record", on=on)

    def wait_change(
        self, timeout_s: float = WAIT_S, *, since: int | None = None
    ) -> int:
        """The change counter, as soon as it has passed *since* or after the timeout.

        Without *since* it is the next change that counts.
        """
        answer = self.call("wait_change", since=since, timeout_s=timeout_s)
        return int(answer["changes"])

    def idle(self) -> bool:
        """Whether no function runs and no event or stream record waits for one."""
        return bool(self.call("idle")["idle"])

    def settle(self) -> None:
        """Return once the region is idle.

        Raises:
            RegionError: It still is not after half a minute.
        """
        self.call("settle")

    def stop(self) -> None:
        """Ask the region to end; it answers before it does."""
        self.call("stop")

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Make one control request."""
        body = json.dumps({"action": action} | parameters).encode()
        where = urlsplit(self._info.endpoint_url)
        connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=self._timeout_s
        )
        try:
            connection.request("POST", PATH, body, self._signed(body))
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RegionError(
                f"the region at {self._info.endpoint_url} does not answer: {error}",
                hint="asgwarm local start",
            ) from error
        finally:
            connection.close()
        if response.status != 200:
            raise RegionError(str(answer.get("message", f"HTTP {response.status}")))
        return dict(answer)

    def _signed(self, body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(
            "POST",
            self._info.endpoint_url + PATH,
            headers={"content-type": "application/json"},
            data=body,
        )
        keys = Credentials(self._info.access_key_id, self._info.secret_access_key)
        SigV4Auth(keys, SERVICE, self._info.region).add_auth(request)
        return dict(request.headers.items())
