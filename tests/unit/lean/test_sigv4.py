"""The signature against botocore's own, over requests of all kinds."""

from calendar import timegm
from datetime import datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from asgwarm.lean.keys import Keys
from asgwarm.lean.sigv4 import Scope, signed

PRINTABLE = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60
)
HOSTS = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z0-9]{1,8}){0,3}", fullmatch=True)
URLS = st.builds(
    "{}://{}{}/".format,
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":1", ":8000", ":65535"]),
)
BODIES = st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode))
TARGET = "DynamoDB_20120810.UpdateItem"
CONTENT_TYPE = "application/x-amz-json-1.0"


def host_of(url):
    """The `Host` header: without the port that the scheme has anyway."""
    scheme, _, rest = url.rstrip("/").partition("://")
    usual = {"http": ":80", "https": ":443"}[scheme]
    return rest.removesuffix(usual)


def keys_of(key_id, secret, token=""):
    """Keys that belong to nobody."""
    return Keys(access_key_id=key_id, secret_access_key=secret, session_token=token)


def seconds_of(date):
    """Unix seconds of an X-Amz-Date."""
    return timegm(datetime.strptime(date, "%Y%m%dT%H%M%SZ").timetuple())  # noqa: DTZ007  # it says Z


@given(
    url=URLS,
    body=BODIES,
    key_id=PRINTABLE,
    secret=st.one_of(PRINTABLE, st.text(st.characters(codec="utf-8"), min_size=1)),
    token=st.one_of(st.just(""), PRINTABLE),
    target=st.sampled_from([TARGET, "  two   words\t"]),
    region=HOSTS,
    service=st.sampled_from(["dynamodb", "ec2-instance-connect"]),
)
@example(
    url="http://127.0.0.1:4566/",
    body=b"",
    key_id="A/B+C",
    secret="a\"b\\c'd/+=",  # noqa: S106  # nobody's
    token="",
    target=TARGET,
    region="us-east-1",
    service="dynamodb",
)
def test_it_is_botocores_byte_for_byte(
    *, url, body, key_id, secret, token, target, region, service
):
    """Authorization, date and token are what botocore would have sent."""
    request = AWSRequest(
        method="POST",
        url=url,
        data=body,
        headers={"Content-Type": CONTENT_TYPE, "X-Amz-Target": target},
    )
    SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)

    sent = signed(
        {
            "Host": host_of(url),
            "Content-Type": CONTENT_TYPE,
            "X-Amz-Target": target,
        },
        body,
        keys=keys_of(key_id, secret, token),
        scope=Scope(region=region, service=service),
        now=seconds_of(request.headers["X-Amz-Date"]),
    )

    assert sent.pop("Host") == host_of(url)
    assert sent == dict(request.headers.items())


@pytest.mark.parametrize(
    ("now", "date"), [(0, "19700101"), (1_735_689_599, "20241231")]
)
def test_the_day_is_the_day_of_utc(now, date):
    """The scope's day goes with the time that came in, wherever the computer is."""
    keys = keys_of("A", "b")

    sent = signed(
        {"Host": "h"}, b"", keys=keys, scope=Scope(region="r", service="s"), now=now
    )

    assert sent["X-Amz-Date"].startswith(date)
    assert f"Credential=A/{date}/r/s/aws4_request" in sent["Authorization"]


def test_no_secret_is_shown():
    """Who prints keys, in an error say, prints their id only."""
    keys = keys_of("AKID", "s3cret", "t0ken")

    assert "AKID" in repr(keys)
    assert "s3cret" not in repr(keys)
    assert "t0ken" not in repr(keys)
