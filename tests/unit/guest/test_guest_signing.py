"""The guest signs by hand; botocore is the judge."""

import ast
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.guest import guest

printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
stamps = st.datetimes().map(lambda at: f"{at.year:04}{at:%m%dT%H%M%SZ}")


@given(
    keys=st.fixed_dictionaries(
        {
            "AccessKeyId": st.from_regex(r"[A-Z0-9]{16,24}", fullmatch=True),
            "SecretAccessKey": printable,
            "Token": printable,
        }
    ),
    region=st.from_regex(r"[a-z]{2}(-gov|-iso)?-[a-z]{4,9}-[1-9]", fullmatch=True),
    host=st.from_regex(r"[a-z0-9.-]{1,40}(:[1-9][0-9]{1,4})?", fullmatch=True),
    body=st.binary(max_size=200),
    at=stamps,
)
def test_a_request_is_signed_as_botocore_signs_it(keys, region, host, body, at):
    """Byte for byte the same Authorization header, whatever is signed."""
    headers = guest.signed(keys, region, host, body, at)

    said = headers.pop("authorization")
    credentials = Credentials(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]
    )
    request = AWSRequest("POST", f"http://{host}/", headers, body)
    request.context["timestamp"] = at
    auth = SigV4Auth(credentials, "dynamodb", region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    names = auth.signed_headers(auth.headers_to_sign(request))
    assert said == (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, "
        f"SignedHeaders={names}, Signature={auth.signature(text, request)}"
    )


def test_the_script_is_python_3_9():
    """Amazon Linux 2023 has that as /usr/bin/python3, and nothing beside it."""
    source = Path(guest.__file__).read_text()

    tree = ast.parse(source, feature_version=(3, 9))

    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert not any(name.startswith(("asgwarm", "boto")) for name in imported)


def test_what_the_guest_writes_is_what_its_policy_allows():
    """The keys come first in the list, the report is the rest of it."""
    allowed = guest.ATTRIBUTES.split()

    assert allowed[:3] == ["pk", "sk", "ready_key"]
    assert allowed[3:] == guest.REPORT
    assert "ready_key" not in guest.REPORT
