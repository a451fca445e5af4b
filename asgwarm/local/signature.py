"""Verification of AWS Signature Version 4, as the AWS endpoints do it.

A request is accepted when it carries a signature, in its Authorization header or in
its query string, made with the secret of a key that the region knows, over what was
really sent, for this region, and less than 15 minutes ago by the real clock.

Source: AWS Signature Version 4 signing process, IAM User Guide.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from asgwarm.local.keyring import Credential

SKEW_S = 900  # "within 15 minutes of the AWS system time"; IAM User Guide
ALGORITHM = "AWS4-HMAC-SHA256"

# Services with one endpoint for all regions sign for us-east-1.
_GLOBAL_SERVICES = frozenset({"iam", "sts", "route53", "cloudfront", "organizations"})
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^,\s]+)\s*,\s*"
    r"SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request as it came over the wire: nothing decoded, lower-case names."""

    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed a request, and for what."""

    access_key_id: str
    owner: str
    service: str


class Refused(Exception):
    """The request is not let in. `query_code` and `json_code` name it per protocol."""

    def __init__(self, query_code: str, json_code: str, message: str) -> None:
        super().__init__(message)
        self.query_code = query_code
        self.json_code = json_code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a request says about its own signature."""

    access_key_id: str
    scope: str  # DATE/REGION/SERVICE/aws4_request
    signed_headers: str
    signature: str
    time: str  # YYYYMMDDTHHMMSSZ
    lifetime_s: int
    token: str | None
    presigned: bool


def service_of(request: Request) -> str:
    """The service that the credential scope names, or "" for an unsigned request."""
    try:
        return _claim(request).scope.split("/")[2]
    except Refused:
        return ""


def verify(
    request: Request,
    *,
    region: str,
    now_s: float,
    find: Callable[[str], Credential | None],
) -> Caller:
    """Let a request in.

    Args:
        now_s: The real time: clients sign with theirs.
        find: The credential of an access key id.

    Raises:
        Refused: No signature, unknown key, wrong secret, wrong region or too old.
    """
    claim = _claim(request)
    credential = find(claim.access_key_id)
    if credential is None or (claim.token or None) != credential.session_token:
        raise Refused(
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    expected = _sign(credential.secret_access_key, claim, _canonical(request, claim))
    if not hmac.compare_digest(expected, claim.signature):
        raise _mismatch(
            "The request signature we calculated does not match the signature you "
            "provided. Check your AWS Secret Access Key and signing method."
        )
    _check_scope(claim, region)
    _check_time(claim, now_s)
    return Caller(
        access_key_id=claim.access_key_id,
        owner=credential.owner,
        service=claim.scope.split("/")[2],
    )


def _mismatch(message: str) -> Refused:
    return Refused("SignatureDoesNotMatch", "InvalidSignatureException", message)


def _missing() -> Refused:
    return Refused(
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def _claim(request: Request) -> _Claim:
    authorization = request.headers.get("authorization", "")
    if authorization:
        found = _HEADER.fullmatch(authorization.strip())
        if found is None:
            raise _missing()
        fields = {
            "X-Amz-Credential": found[1],
            "X-Amz-SignedHeaders": found[2],
            "X-Amz-Signature": found[3],
            "X-Amz-Date": request.headers.get("x-amz-date", ""),
            "X-Amz-Expires": str(SKEW_S),
            "X-Amz-Security-Token": request.headers.get("x-amz-security-token", ""),
        }
    else:
        fields = dict(parse_qsl(request.raw_query, keep_blank_values=True))
        if fields.get("X-Amz-Algorithm") != ALGORITHM:
            raise _missing()
    try:
        key, scope = fields["X-Amz-Credential"].split("/", 1)
        if len(scope.split("/")) != 4 or not scope.endswith("/aws4_request"):
            raise _missing()
        return _Claim(
            access_key_id=key,
            scope=scope,
            signed_headers=fields["X-Amz-SignedHeaders"],
            signature=fields["X-Amz-Signature"],
            time=fields["X-Amz-Date"],
            lifetime_s=int(fields["X-Amz-Expires"]),
            token=fields.get("X-Amz-Security-Token"),
            presigned=not authorization,
        )
    except (KeyError, ValueError) as error:
        raise _missing() from error


def _canonical(request: Request, claim: _Claim) -> str:
    names = claim.signed_headers.split(";")
    if "host" not in names:
        raise _mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    service = claim.scope.split("/")[2]
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names
    )
    return "\n".join(
        (
            request.method,
            _canonical_path(request.raw_path, service),
            _canonical_query(request.raw_query),
            headers,
            claim.signed_headers,
            _payload_hash(request, service, presigned=claim.presigned),
        )
    )


def _canonical_path(raw_path: str, service: str) -> str:
    if service == "s3":  # S3 alone signs the path as it is sent
        return raw_path or "/"
    parts: list[str] = []
    for part in raw_path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    end = "/" if raw_path.endswith("/") and parts else ""
    return quote("/" + "/".join(parts) + end, safe="/~")


def _canonical_query(raw_query: str) -> str:
    pairs = sorted(  # clients send a space as + and sign it as %20
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(raw_query, keep_blank_values=True)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _payload_hash(request: Request, service: str, *, presigned: bool) -> str:
    if service == "s3":
        if presigned:
            return "UNSIGNED-PAYLOAD"
        declared = request.headers.get("x-amz-content-sha256", "")
        if declared.startswith(("UNSIGNED-PAYLOAD", "STREAMING-")):
            return declared
    return hashlib.sha256(request.body).hexdigest()


def _sign(secret: str, claim: _Claim, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((ALGORITHM, claim.time, claim.scope, digest))
    key = _signing_key(secret, claim.scope)
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


@lru_cache  # good for a day, a region and a service
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _check_scope(claim: _Claim, region: str) -> None:
    day, scope_region, service, _ = claim.scope.split("/")
    if day != claim.time[:8]:
        raise _mismatch("Date in Credential scope does not match X-Amz-Date.")
    if scope_region != region and service not in _GLOBAL_SERVICES:
        raise _mismatch(
            f"Credential should be scoped to a valid region: this is {region}, "
            f"not {scope_region}."
        )


def _check_time(claim: _Claim, now_s: float) -> None:
    try:
        signed_at = datetime.strptime(claim.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _mismatch("X-Amz-Date is not a date.") from error
    age_s = now_s - signed_at.timestamp()
    if age_s > claim.lifetime_s or age_s < -SKEW_S:
        raise Refused(
            "RequestExpired",
            "InvalidSignatureException",
            f"Signature expired: {claim.time} is {age_s:.0f} s from the time here.",
        )
