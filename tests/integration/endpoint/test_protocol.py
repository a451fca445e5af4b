"""What the emulated endpoint lets in, and how it says no."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from asgwarm.lean.keys import Keys

OPTIONS: dict[str, Any] = {"ping_interval": None, "compression": None}


async def first_bytes(url):
    """What the instance says first."""
    async with connect(url, **OPTIONS) as ws:
        return await ws.recv()


async def closing(url):
    """Code and reason of the close frame, where the tunnel ends at once."""
    async with connect(url, **OPTIONS) as ws:
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        return ws.close_code, ws.close_reason


@pytest.mark.parametrize("port", [22, None])
async def test_port_22_leads_to_the_ssh_server(way, port):
    """In binary frames, with the id of the request in the handshake."""
    url = way.url(**({"remotePort": port} if port else {}))

    async with connect(url, **OPTIONS) as ws:
        assert ws.response is not None
        assert ws.response.headers["x-amzn-requestid"]
        banner = await ws.recv()

    assert isinstance(banner, bytes)
    assert banner.startswith(b"SSH-2.0-")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"keys": Keys(access_key_id="AKIANOBODY", secret_access_key="x" * 40)}, None),
        ({"age_s": 61}, "InvalidSignatureException"),
        ({"age_s": -1_000}, "InvalidSignatureException"),
    ],
)
async def test_who_is_not_known_or_comes_late_is_refused(way, changes, code):
    """A signed URL is good for its 60 seconds, and for a key that there is."""
    status, said, _ = await way.refusal(way.url(**changes))

    assert (status, said) == (403, code or "UnrecognizedClientException")


async def test_a_signature_is_good_for_what_was_signed_only(way):
    """Neither another instance nor another secret is let in."""
    address, _ = way.address()
    elsewhere = way.url().replace(address, "127.0.250.1")
    forged = way.url(keys=replace(way.keys, secret_access_key="x" * 40))

    for url in (elsewhere, forged):
        status, code, _ = await way.refusal(url)
        assert (status, code) == (403, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"remotePort": 5432}, (400, "InvalidParameter")),
        ({"remotePort": None}, (400, "InvalidParameter")),
        ({"maxTunnelDuration": 3_601}, (400, "InvalidParameter")),
        ({"maxTunnelDuration": 0}, (400, "InvalidParameter")),
        (
            {"instanceConnectEndpointId": "eice-00000000000000000"},
            (404, "ResourceNotFound"),
        ),
        ({"service": "dynamodb"}, (404, "ResourceNotFound")),
    ],
)
async def test_what_no_tunnel_can_be_is_refused(way, changes, refusal):
    """Ports, durations and endpoints are checked before the upgrade."""
    status, code, words = await way.refusal(way.url(**changes))

    assert (status, code) == refusal
    assert words


async def test_a_denied_principal_is_told_so(way):
    """In the words of IAM, as the region's faults have them."""
    control = way.pool.region.control
    control.set_faults(http=[{"kind": "denied", "action": "OpenTunnel"}])
    try:
        status, code, words = await way.refusal(way.url())
    finally:
        control.set_faults()

    assert (status, code) == (400, "AccessDeniedException")
    assert "ec2-instance-connect:OpenTunnel" in words


async def test_an_address_of_nobody_is_found_out_inside(way):
    """The WebSocket is there already, and is closed with a reason."""
    code, reason = await closing(way.url(privateIpAddress="127.0.250.1", remotePort=22))

    assert (code, reason) == (1011, "Unable to connect to the target.")


async def test_the_groups_of_both_sides_have_to_let_it_through(way, rules):
    """Without a rule out of the endpoint's group nothing reaches the instance."""
    assert await first_bytes(way.url())
    rules(way.endpoint.group_id, "egress")

    code, _ = await closing(way.url())

    assert code == 1011


@pytest.mark.parametrize(
    ("port", "source", "opens"),
    [
        (22, {"IpRanges": [{"CidrIp": "172.16.0.0/12"}]}, True),  # the VPC's own
        (22, {"IpRanges": [{"CidrIp": "192.0.2.0/24"}]}, False),
        (22, {"UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}, False),
        (443, {"IpRanges": [{"CidrIp": "172.16.0.0/12"}]}, False),
    ],
)
async def test_a_rule_has_to_be_about_the_endpoint_and_port_22(
    way, rules, port, source, opens
):
    """The endpoint comes from its own group and from an address of its subnet."""
    ec2, group, url = way.pool.region.client("ec2"), way.group(), way.url()
    rules(group, "ingress")
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    try:
        if opens:
            assert await first_bytes(url)
        else:
            assert (await closing(url))[0] == 1011
    finally:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])


async def test_the_21st_connection_is_refused_until_one_ends(way):
    """An endpoint carries twenty."""
    async with AsyncExitStack() as stack:
        for _ in range(20):
            ws = await stack.enter_async_context(connect(way.url(), **OPTIONS))
            await ws.recv()
        status, code, _ = await way.refusal(way.url())
    assert (status, code) == (429, "ConnectionLimitExceeded")

    answered = way.pool.region.control.requests
    await asyncio.to_thread(way.pool.region.until, answered)
    assert await first_bytes(way.url())


async def test_a_tunnel_ends_when_its_time_is_over(way):
    """By the region's clock, at the latest after the hour that may be asked for."""
    control = way.pool.region.control
    async with (
        connect(way.url(maxTunnelDuration=5), **OPTIONS) as short,
        connect(way.url(), **OPTIONS) as long,
    ):
        await short.recv()
        await long.recv()
        await asyncio.to_thread(control.advance, 5)
        with pytest.raises(ConnectionClosed):
            await short.recv()
        await long.send(b"SSH-2.0-test\r\n")
        assert await long.recv()

    assert (short.close_code, short.close_reason) == (
        1008,
        "The maximum tunnel duration is reached.",
    )
