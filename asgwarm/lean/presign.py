"""A signed URL: Signature Version 4 in the query of a GET, for whoever opens it soon.

Rule: pure, and equal to botocore's presigned URL of the same request, byte for byte.

Source: AWS Signature Version 4 signing process, IAM User Guide.
"""

import hashlib
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

from asgwarm.lean.keys import Keys
from asgwarm.lean.sigv4 import ALGORITHM, Scope, signature


def presigned(url: str, *, expires_s: int, keys: Keys, scope: Scope, now: int) -> str:
    """Return *url* with what makes it a signed one.

    Args:
        url: With a query, and with a port only where it is not the scheme's own.
        now: Unix seconds.
    """
    parts = urlsplit(url)
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    where = f"{at[:8]}/{scope.region}/{scope.service}/aws4_request"
    sent = {
        **dict(parse_qsl(parts.query)),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key_id}/{where}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if keys.session_token:
        sent["X-Amz-Security-Token"] = keys.session_token
    ordered = _encoded(dict(sorted(sent.items())))
    nothing = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n{parts.path}\n{ordered}\nhost:{parts.netloc}\n\nhost\n{nothing}"
    made = signature(canonical, at, where, keys)
    query = f"{_encoded(sent)}&X-Amz-Signature={made}"
    return parts._replace(query=query).geturl()


def _encoded(query: Mapping[str, str]) -> str:
    pairs = (
        (quote(name, safe="-_.~"), quote(text, safe="-_.~"))
        for name, text in query.items()
    )
    return "&".join(f"{name}={text}" for name, text in pairs)
