"""What belongs to the account and not to a pool: its quotas, and the key of its disks.

Sources: Service Quotas API reference, GetServiceQuota; EC2 API reference,
GetEbsDefaultKmsKeyId, ModifyEbsDefaultKmsKeyId and ResetEbsDefaultKmsKeyId.
"""

import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from asgwarm.local.answers import Answer, json_answer
from asgwarm.local.problem import AwsProblem, not_emulated
from asgwarm.local.signature import Request

JSON_1_1 = "application/x-amz-json-1.1"
AWS_OWN_KEY = "alias/aws/ebs"
_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
# vCPUs of running on-demand instances, by the code of the quota
QUOTAS = {
    "L-1216C47A": ("Running On-Demand Standard instances", 1152.0),
    "L-DB2E81BA": ("Running On-Demand G and VT instances", 64.0),
}


class Account:
    """Answers for it; the key is the one thing that can be changed."""

    def __init__(self) -> None:
        self._key = AWS_OWN_KEY

    def services(self) -> dict[str, Callable[[Request], Awaitable[Answer]]]:
        """Who answers which service, or action of EC2."""
        verbs = ("Get", "Modify", "Reset")
        keys = {f"ec2:{verb}EbsDefaultKmsKeyId": self._default_key for verb in verbs}
        return {"servicequotas": self._quota, **keys}

    async def _default_key(self, request: Request) -> Answer:
        form = parse_qs(request.body.decode())
        action = form["Action"][0]
        if action.startswith("Modify"):
            self._key = form["KmsKeyId"][0]
        elif action.startswith("Reset"):
            self._key = AWS_OWN_KEY
        inner = (
            f"<requestId>{uuid4()}</requestId><kmsKeyId>{escape(self._key)}</kmsKeyId>"
        )
        body = f'<{action}Response xmlns="{_NAMESPACE}">{inner}</{action}Response>'
        return Answer(
            status=200, headers={"content-type": "text/xml"}, body=body.encode()
        )

    async def _quota(self, request: Request) -> Answer:
        action = request.headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            if action != "GetServiceQuota":
                raise not_emulated(f"{action} of Service Quotas")
            document = _quota(json.loads(request.body or b"{}"))
        except AwsProblem as problem:
            return json_answer(
                {"__type": problem.code, "Message": problem.message},
                status=problem.status,
                content_type=JSON_1_1,
            )
        return json_answer(document, content_type=JSON_1_1)


def _quota(asked: dict[str, str]) -> dict[str, object]:
    service, code = asked.get("ServiceCode", ""), asked.get("QuotaCode", "")
    if service != "ec2" or code not in QUOTAS:
        raise AwsProblem(
            "NoSuchResourceException", "The requested resource does not exist."
        )
    name, quota = QUOTAS[code]
    return {
        "Quota": {
            "ServiceCode": service,
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": quota,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
    }
