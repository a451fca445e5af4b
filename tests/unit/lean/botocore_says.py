"""What boto3's own clients resolve, one situation after the other.

`python -m tests.unit.lean.botocore_says`: each line of stdin has settings and an
environment, each line of stdout the answer. It is a process of its own because botocore
reads the environment of its process.
"""

import json
import os
import sys
from typing import Any

from asgwarm.clients import AwsSettings, Clients


def resolved(asked: dict[str, Any]) -> dict[str, Any]:
    """Return where and as whom both services would be called."""
    os.environ.clear()
    os.environ.update(asked["env"])
    # Without a home nothing is understood: the region, too, is boto3's own finding.
    named = {
        name: asked["env"][name] for name in ("AWS_REGION",) if name in asked["env"]
    }
    clients = Clients(AwsSettings(**asked["settings"]), named)
    answers = {}
    both: list[Any] = [clients.full_dynamodb, clients.full_eic]
    for client in both:
        signer = client._request_signer
        keys = signer._credentials.get_frozen_credentials()
        http = client._endpoint.http_session
        answers[signer.signing_name] = {
            "region": signer.region_name,
            "keys": [keys.access_key, keys.secret_key, keys.token or ""],
            "url": client.meta.endpoint_url,
            "verify": http._verify,
            "proxies": http._proxy_config._proxies,
        }
        client.close()
    return answers


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(resolved(json.loads(line))) + "\n")
        sys.stdout.flush()
