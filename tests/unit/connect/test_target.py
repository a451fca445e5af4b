"""What may be connected to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.connect.target import Target
from asgwarm.domain.record import MalformedRecord, Record, State

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0ViXK9je3ITwwMsPTRXJSKmKfc1UYnbBADq6bzFZGK"
GOOD: dict[str, Any] = {
    "instance_id": "i-0123456789abcdef0",
    "address": "203.0.113.7",
    "port": 22,
    "os_user": "ec2-user",
    "host_key": KEY,
}


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "10.0.0.1"},
        {"address": "2001:db8::1"},
        {"address": "ec2-203-0-113-7.compute-1.amazonaws.com"},
        {"address": "localhost"},
        {"port": 65535},
        {"os_user": "ubuntu"},
        {"os_user": "_svc.deploy-1"},
        {"endpoint": "eice-0123456789abcdef0 e.example:8443 sg-0123456789abcdef0"},
    ],
)
def test_what_instances_have_is_accepted(fields):
    """Addresses, names, ports and users as AWS gives them."""
    target = Target(**(GOOD | fields))

    assert target.instance_id in str(target)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("instance_id", "i-XYZ"),
        ("instance_id", "i-0123\n"),
        ("instance_id", ""),
        ("address", ""),
        ("address", "-oProxyCommand=id"),
        ("address", "host name"),
        ("address", "a..b"),
        ("address", "10.0.0.1\n"),
        ("address", "0x7f.1"),
        ("address", "2130706433"),
        ("address", "fe80::1%eth0"),
        ("address", "a" * 64),
        ("address", "\x1b[2Jhost"),
        ("port", 0),
        ("port", 65536),
        ("port", -22),
        ("os_user", ""),
        ("os_user", "-l"),
        ("os_user", "root;id"),
        ("os_user", "a" * 33),
        ("endpoint", "eice-0123456789abcdef0"),
        ("endpoint", "eice-0123456789abcdef0 e.example/?x= sg-0123456789abcdef0"),
        ("host_key", ""),
        ("host_key", KEY + " comment"),
        ("host_key", KEY + "\n" + KEY),
        ("host_key", KEY.replace("ssh-ed25519", "ssh-rsa")),
        ("host_key", KEY[:-1]),
        ("host_key", "ssh-ed25519 " + "A" * 68),
        ("host_key", "*.example " + KEY),
    ],
)
def test_what_could_confuse_is_refused(field, value):
    """A poisoned row reaches no resolver, no terminal and no server."""
    with pytest.raises(MalformedRecord, match=f"{field} is") as caught:
        Target(**(GOOD | {field: value}))

    assert str(caught.value).isprintable()


@given(st.text(max_size=80))
def test_no_address_carries_a_control_character(text):
    """Whatever is accepted is printable and has no space."""
    try:
        target = Target(**(GOOD | {"address": text}))
    except MalformedRecord:
        return

    assert target.address.isprintable()
    assert target.address.isascii()
    assert " " not in target.address
    assert not target.address.startswith("-")


def test_a_target_comes_from_a_record():
    """The registry's record is all that the way in needs."""
    record = Record(state=State.LEASED, gen=3, epoch="e", **GOOD)

    assert Target.from_record(record) == Target(**GOOD)
