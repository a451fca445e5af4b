"""The metadata service."""

import json
from typing import Any

import pytest

from asgwarm.local.imds import Imds, Metadata
from asgwarm.local.keyring import new_credential
from asgwarm.local.signature import Request


def metadata(**changes) -> Metadata:
    """What one instance is told."""
    values: dict[str, Any] = {
        "instance_id": "i-1",
        "zone": "eu-central-1b",
        "image_id": "ami-1",
        "instance_type": "m7i.large",
        "address": "127.0.1.1",
        "role": "guest",
        "credential": new_credential("i-1", temporary=True),
        "target": lambda: "Warmed:Stopped",
        "active_keys": lambda user: [f"ssh-ed25519 {user}"],
    }
    return Metadata(**values | changes)


async def ask(imds, path, *, method="GET", **headers) -> tuple[int, str]:
    """One request; its status and text."""
    answer = await imds.handle(
        Request(method=method, raw_path=path, raw_query="", headers=headers, body=b"")
    )
    return answer.status, answer.body.decode()


async def token(imds, base, ttl="60") -> dict[str, str]:
    """A fresh token, as headers."""
    name = "x-aws-ec2-metadata-token-ttl-seconds"
    status, text = await ask(
        imds, f"{base}/latest/api/token", method="PUT", **{name: ttl}
    )
    assert status == 200
    return {"x-aws-ec2-metadata-token": text}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("instance-id", "i-1"),
        ("placement/availability-zone", "eu-central-1b"),
        ("placement/region", "eu-central-1"),
        ("services/domain", "amazonaws.com"),
        ("local-ipv4", "127.0.1.1"),
        ("public-ipv4", "127.0.1.1"),
        ("autoscaling/target-lifecycle-state", "Warmed:Stopped"),
        ("iam/security-credentials/", "guest"),
        ("managed-ssh-keys/active-keys/ec2-user", "ssh-ed25519 ec2-user"),
        ("managed-ssh-keys/active-keys/ec2-user/", "ssh-ed25519 ec2-user"),
    ],
)
async def test_an_instance_learns_about_itself(path, text):
    """With a token, below its secret path."""
    imds = Imds()
    base = imds.publish(metadata())

    answer = await ask(
        imds, f"{base}/latest/meta-data/{path}", **await token(imds, base)
    )

    assert answer == (200, text)


async def test_without_a_token_nothing_is_said():
    """IMDSv2 only."""
    imds = Imds()
    base = imds.publish(metadata())
    other = imds.publish(metadata(instance_id="i-2"))

    path = f"{base}/latest/meta-data/instance-id"
    assert (await ask(imds, path))[0] == 401
    assert (await ask(imds, path, **await token(imds, other)))[0] == 401


@pytest.mark.parametrize("ttl", ["", "0", "21601", "-1", "x"])
async def test_a_token_needs_a_lifetime(ttl):
    """One second to six hours."""
    imds = Imds()
    base = imds.publish(metadata())
    name = "x-aws-ec2-metadata-token-ttl-seconds"

    status, _ = await ask(imds, f"{base}/latest/api/token", method="PUT", **{name: ttl})

    assert status == 400


async def test_what_there_is_not_is_404():
    """No target state outside Auto Scaling, no role, no key, no such path."""
    imds = Imds()
    base = imds.publish(
        metadata(target=lambda: None, role=None, active_keys=lambda user: [])
    )
    headers = await token(imds, base)

    for path in (
        "autoscaling/target-lifecycle-state",
        "iam/security-credentials/",
        "iam/security-credentials/guest",
        "managed-ssh-keys/active-keys/ec2-user",
        "nothing",
    ):
        status, _ = await ask(imds, f"{base}/latest/meta-data/{path}", **headers)
        assert status == 404


async def test_the_role_gives_the_instances_own_key():
    """In the form that every AWS client reads."""
    imds, own = Imds(), metadata()
    base = imds.publish(own)
    path = f"{base}/latest/meta-data/iam/security-credentials/guest"

    _, text = await ask(imds, path, **await token(imds, base))

    given = json.loads(text)
    assert given["AccessKeyId"] == own.credential.access_key_id
    assert given["SecretAccessKey"] == own.credential.secret_access_key
    assert given["Token"] == own.credential.session_token


async def test_a_withdrawn_or_unknown_path_is_404():
    """Who does not know the path finds nothing, and it ends with the boot."""
    imds = Imds()
    base = imds.publish(metadata())
    headers = await token(imds, base)
    imds.withdraw(base)

    for path in (f"{base}/latest/meta-data/instance-id", "/imds//latest/meta-data/"):
        assert (await ask(imds, path, **headers))[0] == 404
