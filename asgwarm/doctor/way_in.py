"""Whether one gets from here to a ready instance, up to the first word of its server.

Rule 1: a key is pushed as `get` does it; nobody logs in, and nothing is claimed.
Rule 2: one's own address matters only where port 22 does not answer: who gets there
is let in.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from asgwarm.aws_errors import translated
from asgwarm.connect.dial import dial, unreachable
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.push import push_key
from asgwarm.connect.target import Target
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error
from asgwarm.domain.record import MalformedRecord, Record, State
from asgwarm.domain.value import value
from asgwarm.errors import AccessDenied, AsgwarmError, ConfigError, KeyPushFailed
from asgwarm.leasing.tunnelling import tunnel_to

SSH_PORT = 22
TIMEOUT_S = 5.0
PAUSES_S = (0.25,)  # it is ready: its server is not just starting


@value
class Admitted:
    """Who the instances' security group lets in at port 22."""

    group_id: str
    networks: Sequence[str]
    groups: Sequence[str]


@value
class Seen:
    """How far one gets."""

    pool: str
    target: Target | None  # None where nothing is ready to be tried
    admitted: Admitted
    unreached: str  # why the instance does not answer; empty where it does
    unreached_next: str
    refused: AsgwarmError | None  # why no key can be pushed
    own: str  # one's own network where the instance does not answer, if known
    endpoint: str  # the one in front of the addresses, or nothing


def look(facts: Facts) -> Seen:
    """Push a key and go as far as the server's first word."""
    admitted = _admitted(facts)
    target = _target(facts.rows[0].values())
    unreached, unreached_next, refused, own = "", "", None, ""
    if target is not None:
        refused = _pushed(facts, target)
        try:
            asyncio.run(_greeted(facts, target))
        except AsgwarmError as failure:
            unreached, unreached_next = failure.message, failure.hint
            own = "" if target.endpoint else _own(facts)
    return Seen(
        pool=facts.pool,
        target=target,
        admitted=admitted,
        unreached=unreached,
        unreached_next=unreached_next,
        refused=refused,
        own=own,
        endpoint=facts.stack.parameters.get("Endpoint", ""),
    )


def _admitted(facts: Facts) -> Admitted:
    group_id = facts.part("SecurityGroup")
    with translated("ec2:DescribeSecurityGroups", group_id):
        answer = facts.client("ec2").describe_security_groups(GroupIds=[group_id])
    rules = [
        rule
        for rule in answer["SecurityGroups"][0]["IpPermissions"]
        if rule["IpProtocol"] == "-1"
        or rule.get("FromPort", 0) <= SSH_PORT <= rule.get("ToPort", 0)
    ]
    return Admitted(
        group_id=group_id,
        networks=[r["CidrIp"] for rule in rules for r in rule.get("IpRanges", [])],
        groups=[
            p["GroupId"] for rule in rules for p in rule.get("UserIdGroupPairs", [])
        ],
    )


def _target(records: Any) -> Target | None:
    ready: list[Record] = [r for r in records if r.state is State.READY]
    for record in sorted(ready, key=lambda r: r.instance_id):
        try:
            return Target.from_record(record)
        except MalformedRecord:
            continue
    return None


def _pushed(facts: Facts, target: Target) -> AsgwarmError | None:
    try:
        push_key(
            facts.clients.eic,
            instance_id=target.instance_id,
            os_user=target.os_user,
            public_line=SessionKey.generate().public_line,
        )
    except (KeyPushFailed, AccessDenied) as failure:
        return failure
    return None


async def _greeted(facts: Facts, target: Target) -> None:
    """Return when the server's first word is there; it comes unasked."""
    if target.endpoint:
        (await tunnel_to(target, facts.clients, lambda text: None).open()).close()
        return
    try:
        sock = await dial(
            target.address, target.port, timeout_s=TIMEOUT_S, pauses_s=PAUSES_S
        )
    except OSError as failure:
        raise unreachable(target, failure) from failure
    with sock:
        await _word(sock, target)


async def _word(sock: socket.socket, target: Target) -> None:
    said = b""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            said = await asyncio.get_running_loop().sock_recv(sock, 4)
    except OSError as failure:  # TimeoutError is one
        raise unreachable(target, failure) from failure
    if said != b"SSH-":
        raise unreachable(target, OSError("what answers there is no SSH server"))


def _own(facts: Facts) -> str:
    try:
        return facts.around.own_network()
    except ConfigError:
        return ""


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield what stands in the way."""
    if seen.refused is not None:
        yield error(
            "key-refused",
            "no key can be pushed to a ready instance",
            cause=seen.refused.message,
            next_=seen.refused.hint,
        )
    if closed := _closed(seen):
        yield closed
    if seen.unreached and seen.endpoint and not closed:
        yield error(
            "endpoint-unreached",
            "a ready instance is not reached through its endpoint",
            cause=seen.unreached,
            next_=seen.unreached_next,
        )
    elif seen.unreached and not closed:
        yield _unreached(seen)


def _closed(seen: Seen) -> Finding | None:
    """Whether the security group lets nobody in."""
    needed = seen.endpoint.rpartition(" ")[2]
    way = seen.admitted
    if way.networks or (needed in way.groups if needed else way.groups):
        return None
    whom = f"the endpoint's group {needed}" if needed else "anybody"
    allow = f" --allow {seen.own or 'CIDR'}" if not needed else " --address endpoint"
    return error(
        "port-closed",
        f"security group {way.group_id} does not let {whom} in at port {SSH_PORT}",
        cause="the rule was taken away by hand, or the pool was made without --allow",
        next_=f"asgwarm up {seen.pool}{allow}",
    )


def _unreached(seen: Seen) -> Finding:
    networks = ", ".join(seen.admitted.networks)
    if seen.own and not is_admitted(seen.own, seen.admitted.networks):
        return error(
            "address-not-admitted",
            "a ready instance does not answer from here",
            cause=f"your address {seen.own} is not in {networks}",
            next_=f"asgwarm up {seen.pool} --allow {seen.own}",
        )
    return error(
        "port-unreached",
        "a ready instance does not answer from here",
        cause=f"{seen.unreached} (admitted: {networks or 'security groups only'})",
        next_=f"asgwarm up {seen.pool} --address endpoint",
    )


def is_admitted(own: str, networks: Sequence[str]) -> bool:
    """Whether a network lies in one of others."""
    mine = ipaddress.IPv4Network(own)
    return any(mine.subnet_of(ipaddress.IPv4Network(one)) for one in networks)


def said(seen: Seen) -> str:
    """Return what was tried."""
    if seen.target is None:
        return "nothing is ready to be tried"
    by = seen.endpoint.partition(" ")[0]
    return f"{seen.target.instance_id} answers" + (f" through {by}" if by else "")


CHECK = Check(name="way in", look=look, judge=judge, said=said)
