"""Signature Version 4 of a POST to `/`, as all calls of the way to a prompt are.

Rule 1: pure; the time comes in.
Rule 2: what comes out equals botocore's signature of the same request, byte for byte.

Source: AWS Signature Version 4 signing process, IAM User Guide.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

from asgwarm.domain.value import value
from asgwarm.lean.keys import Keys

ALGORITHM = "AWS4-HMAC-SHA256"


@value
class Scope:
    """What a signature is good for."""

    region: str
    service: str  # the signing name, `dynamodb`


def signed(
    headers: Mapping[str, str], body: bytes, *, keys: Keys, scope: Scope, now: int
) -> dict[str, str]:
    """Return the headers to send: those given, and date, token and Authorization.

    Args:
        headers: What is signed; `Host` is among them.
        now: Unix seconds.
    """
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    sent = {**headers, "X-Amz-Date": at}
    if keys.session_token:
        sent["X-Amz-Security-Token"] = keys.session_token
    where = f"{at[:8]}/{scope.region}/{scope.service}/aws4_request"
    names, canonical = _canonical(sent, body)
    sent["Authorization"] = (
        f"{ALGORITHM} Credential={keys.access_key_id}/{where}, "
        f"SignedHeaders={names}, Signature={signature(canonical, at, where, keys)}"
    )
    return sent


def signature(canonical: str, at: str, where: str, keys: Keys) -> str:
    """Return the signature of a canonical request.

    Args:
        at: When, as in `X-Amz-Date`.
        where: The scope, `20260131/us-east-1/dynamodb/aws4_request`.
    """
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{at}\n{where}\n{digest}"
    return _hmac(_signing_key(keys, where), to_sign).hex()


def _canonical(headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """Return the names of the signed headers, and the canonical request."""
    lower = sorted((name.lower(), value) for name, value in headers.items())
    names = ";".join(name for name, _ in lower)
    lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in lower)
    payload = hashlib.sha256(body).hexdigest()
    return names, f"POST\n/\n\n{lines}\n{names}\n{payload}"


def _signing_key(keys: Keys, where: str) -> bytes:
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in where.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
