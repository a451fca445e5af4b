"""Signature Version 4: botocore signs, the region verifies."""

import dataclasses
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.local.keyring import Credential
from asgwarm.local.signature import Caller, Refused, Request, service_of, verify

KEY = Credential(
    access_key_id="AKIATEST",
    secret_access_key="a/secret+key",  # noqa: S106  # not one
    owner="user",
)
TEMPORARY = dataclasses.replace(KEY, access_key_id="ASIATEST", session_token="tok/en=")  # noqa: S106
KEYS = {one.access_key_id: one for one in (KEY, TEMPORARY)}


def real_s() -> float:
    """The real time, with which botocore signs."""
    return datetime.now(UTC).timestamp()  # noqa: TID251  # botocore's own clock


segments = st.lists(st.text("ab /.~%é+:@", max_size=6), max_size=3)
words = st.text("ab =&/%+é~", min_size=1, max_size=6)


def signed(
    auth_type=SigV4Auth,
    *,
    service="dynamodb",
    credential=KEY,
    method="POST",
    path="/",
    params=(),
    body=b"{}",
    region="us-east-1",
) -> Request:
    """A request that botocore signed, as it would arrive."""
    request = AWSRequest(
        method, f"http://127.0.0.1:1{path}", data=body, params=dict(params)
    )
    request.headers["x-amz-target"] = "T.A"
    keys = Credentials(
        credential.access_key_id,
        credential.secret_access_key,
        credential.session_token,
    )
    auth_type(keys, service, region).add_auth(request)
    sent = request.prepare()
    where = urlsplit(str(sent.url))
    headers = {"host": where.netloc}
    headers |= {name.lower(): _text(value) for name, value in sent.headers.items()}
    return Request(
        method=method,
        raw_path=where.path,
        raw_query=where.query,
        headers=headers,
        body=body,
    )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def check(request, *, now_s=None, region="us-east-1") -> Caller:
    """Verify with the keys of this file."""
    return verify(
        request,
        region=region,
        now_s=real_s() if now_s is None else now_s,
        find=KEYS.get,
    )


def altered(request: Request, **headers: str) -> Request:
    """The same request with other headers."""
    return dataclasses.replace(request, headers=request.headers | headers)


@given(
    segments,
    st.dictionaries(words, words, max_size=3),
    st.binary(max_size=40),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
def test_whatever_botocore_signs_is_accepted(path, params, body, method):
    """Path, query and body are canonicalised as botocore does it."""
    raw = "/" + "/".join(quote(part, safe="~") for part in path)

    caller = check(signed(method=method, path=raw, params=params.items(), body=body))

    assert (caller.owner, caller.service) == ("user", "dynamodb")


@given(st.dictionaries(words, words, max_size=3))
def test_presigned_queries_are_accepted(params):
    """A signature in the query string is as good as one in the header."""
    request = signed(
        SigV4QueryAuth, method="GET", body=b"", params=params.items(), service="sts"
    )

    assert check(request).service == service_of(request) == "sts"


@pytest.mark.parametrize("auth_type", [S3SigV4Auth, S3SigV4QueryAuth])
def test_s3_signs_its_path_as_it_is(auth_type):
    """S3 neither normalises the path nor signs the body of a presigned request."""
    request = signed(
        auth_type, service="s3", method="PUT", path="/b/a%20b/../c", body=b""
    )

    assert check(request).service == "s3"


def test_a_session_token_belongs_to_its_key():
    """Temporary credentials need their token, permanent ones have none."""
    request = signed(credential=TEMPORARY)

    assert check(request).access_key_id == "ASIATEST"
    with pytest.raises(Refused, match="security token"):
        check(altered(request, **{"x-amz-security-token": "other"}))
    with pytest.raises(Refused, match="security token"):
        check(altered(signed(), **{"x-amz-security-token": "some"}))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param(
            signed(credential=dataclasses.replace(KEY, access_key_id="AKIAOTHER")),
            "InvalidClientTokenId",
            id="unknown key",
        ),
        pytest.param(
            signed(credential=dataclasses.replace(KEY, secret_access_key="no")),  # noqa: S106
            "SignatureDoesNotMatch",
            id="wrong secret",
        ),
        pytest.param(
            dataclasses.replace(signed(), body=b"{ }"),
            "SignatureDoesNotMatch",
            id="other body",
        ),
        pytest.param(
            dataclasses.replace(signed(), raw_path="/other"),
            "SignatureDoesNotMatch",
            id="other path",
        ),
        pytest.param(
            altered(signed(), **{"x-amz-target": "T.B"}),
            "SignatureDoesNotMatch",
            id="other action",
        ),
        pytest.param(
            signed(region="eu-west-1"), "SignatureDoesNotMatch", id="other region"
        ),
        pytest.param(
            altered(signed(), authorization=""),
            "MissingAuthenticationToken",
            id="unsigned",
        ),
        pytest.param(
            altered(signed(), authorization="Bearer x"),
            "MissingAuthenticationToken",
            id="another scheme",
        ),
    ],
)
def test_what_is_not_signed_right_is_refused(request_, code):
    """Each way to be wrong has AWS's own code."""
    with pytest.raises(Refused) as refusal:
        check(request_)

    assert refusal.value.query_code == code


def test_a_signature_lives_fifteen_minutes():
    """The time that was signed may differ from the region's real time by 15 minutes."""
    request = signed()

    check(request, now_s=real_s() + 890)
    for skew_s in (-910, 910):
        with pytest.raises(Refused) as refusal:
            check(request, now_s=real_s() + skew_s)
        assert refusal.value.query_code == "RequestExpired"


def test_global_services_sign_for_us_east_1_everywhere():
    """IAM and STS have one endpoint; the others have one per region."""
    check(signed(service="iam"), region="eu-west-1")
    with pytest.raises(Refused):
        check(signed(service="dynamodb"), region="eu-west-1")
