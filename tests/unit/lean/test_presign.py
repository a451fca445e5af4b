"""A signed URL against the one that the AWS CLI makes for `open-tunnel`."""

from urllib.parse import urlencode

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.signers import RequestSigner
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.lean.keys import Keys
from asgwarm.lean.presign import presigned
from asgwarm.lean.sigv4 import Scope
from tests.unit.lean.test_sigv4 import seconds_of

SESSION = botocore.session.Session()
SERVICE = SESSION.get_service_model("ec2-instance-connect")
ENDPOINT = "eice-0123456789abcdef0"
HOST = f"{ENDPOINT}.0123abcd.ec2-instance-connect-endpoint.us-east-1.amazonaws.com"
PRINTABLE = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60
)


def query_of(url):
    """The parameters of a URL, as they are written."""
    return dict(pair.split("=") for pair in url.partition("?")[2].split("&"))


def by_cli(url, host, keys, region):
    """What the AWS CLI signs: a GET without a body, good for 60 seconds."""
    signer = RequestSigner(
        SERVICE.service_id,
        region,
        SERVICE.signing_name,
        SERVICE.signature_version,
        Credentials(
            keys.access_key_id, keys.secret_access_key, keys.session_token or None
        ),
        SESSION.get_component("event_emitter"),
    )
    return signer.generate_presigned_url(
        request_dict={
            "url": url,
            "body": {},
            "headers": {"host": host},
            "method": "GET",
            "query_string": "",
            "url_path": "/",
            "context": {},
        },
        operation_name="openTunnel",
        expires_in=60,
    )


@pytest.mark.parametrize("token", ["", "IQoJb3JpZ2luX2VjEH0aCXVz/+=="])
@pytest.mark.parametrize("duration", [{}, {"maxTunnelDuration": 3_600}])
@pytest.mark.parametrize("address", ["10.0.0.7", "2001:db8::7"])
@pytest.mark.parametrize("host", [HOST, "127.0.0.1:4566"])
def test_it_is_the_url_of_the_aws_cli(host, address, duration, token):
    """Parameter by parameter, the signature among them."""
    keys = Keys(
        access_key_id="AKIDEXAMPLE",
        secret_access_key="wJalrXUtnFEMI/K7MDENG",  # noqa: S106  # AWS's example
        session_token=token,
    )
    query = urlencode(
        {
            "instanceConnectEndpointId": ENDPOINT,
            "remotePort": 22,
            "privateIpAddress": address,
        }
        | duration
    )
    url = f"wss://{host}/openTunnel?{query}"

    wanted = by_cli(url, host, keys, "us-east-1")

    assert signed_like(wanted, url, keys, "us-east-1") == wanted


def signed_like(wanted, url, keys, region):
    """Our URL of the time that another one was signed at."""
    return presigned(
        url,
        expires_s=60,
        keys=keys,
        scope=Scope(region=region, service="ec2-instance-connect"),
        now=seconds_of(query_of(wanted)["X-Amz-Date"]),
    )


@given(key_id=PRINTABLE, secret=PRINTABLE, token=st.one_of(st.just(""), PRINTABLE))
def test_keys_of_any_form_are_spelt_as_botocore_does(key_id, secret, token):
    """Whatever has to be escaped in a query."""
    keys = Keys(access_key_id=key_id, secret_access_key=secret, session_token=token)
    url = f"wss://{HOST}/openTunnel?remotePort=22"

    wanted = by_cli(url, HOST, keys, "eu-west-1")

    assert signed_like(wanted, url, keys, "eu-west-1") == wanted
