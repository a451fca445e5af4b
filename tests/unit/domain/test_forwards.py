"""What `-L`, `-R` and `-D` mean."""

import pytest

from asgwarm.domain.forwards import EVERYWHERE, Forward, Kind, forward, forwards
from asgwarm.errors import ConfigError


@pytest.mark.parametrize(
    ("spec", "bind", "port", "host", "hostport"),
    [
        ("8080:localhost:80", "127.0.0.1", 8080, "localhost", 80),
        ("localhost:8080:db.internal:5432", "127.0.0.1", 8080, "db.internal", 5432),
        ("0:10.0.0.7:443", "127.0.0.1", 0, "10.0.0.7", 443),
        ("*:8080:localhost:80", EVERYWHERE, 8080, "localhost", 80),
        (":8080:localhost:80", EVERYWHERE, 8080, "localhost", 80),
        ("[::1]:8080:[fe80::1]:80", "::1", 8080, "fe80::1", 80),
        ("192.168.0.5:8080:localhost:80", "192.168.0.5", 8080, "localhost", 80),
    ],
)
def test_a_local_forward_is_written_as_for_ssh(spec, bind, port, host, hostport):
    """`[bind:]port:host:hostport`; without a bind address it is loopback's."""
    assert forward(Kind.LOCAL, spec) == Forward(
        kind=Kind.LOCAL, bind=bind, port=port, host=host, hostport=hostport
    )


@pytest.mark.parametrize(
    ("kind", "spec", "bind"),
    [
        (Kind.REMOTE, "8080:localhost:3000", "localhost"),
        (Kind.REMOTE, "localhost:8080:localhost:3000", "localhost"),
        (Kind.REMOTE, "*:8080:localhost:3000", EVERYWHERE),
        (Kind.SOCKS, "1080", "127.0.0.1"),
        (Kind.SOCKS, "localhost:1080", "127.0.0.1"),
        (Kind.SOCKS, ":1080", EVERYWHERE),
        (Kind.SOCKS, "[::1]:1080", "::1"),
    ],
)
def test_nobody_else_reaches_a_port_unless_it_is_asked_for(kind, spec, bind):
    """Loopback of whoever listens, which sshd knows as `localhost`."""
    assert forward(kind, spec).bind == bind


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "spec",
    [
        *("", "x", "80:", "80:host", "80:host:", "a b:80:host:1", "1:2:3:4:5", "x\n"),
        *("65536:host:80", "80:host:65536", "80:host:0", "123456:host:80", "-1:host:1"),
        *("::1:80:host:80", "80:\x1b[2J:80", "80:[host]:80", "65536", "a:b", "٣:a:1"),
    ],
)
def test_nonsense_is_refused_with_an_example(kind, spec):
    """The message has what was typed, the hint what may be."""
    with pytest.raises(ConfigError) as caught:
        forward(kind, spec)

    assert repr(spec) in caught.value.message
    assert caught.value.hint.startswith(f"asgwarm get {kind} ")


def test_a_forward_says_itself_as_it_is_typed():
    """What it says can be typed again."""
    for kind, spec in [
        (Kind.LOCAL, "127.0.0.1:8080:localhost:80"),
        (Kind.LOCAL, "[::1]:8080:[fe80::1]:80"),
        (Kind.REMOTE, "*:8080:localhost:80"),
        (Kind.SOCKS, "127.0.0.1:1080"),
    ]:
        assert str(forward(kind, spec)) == f"{kind} {spec}"


def test_all_forwards_of_a_command_line_come_together():
    """Each option as often as wanted."""
    found = forwards(["1:a:1", "2:b:2"], ["3:c:3"], ["4"])

    assert [(each.kind, each.port) for each in found] == [
        *((Kind.LOCAL, 1), (Kind.LOCAL, 2)),
        *((Kind.REMOTE, 3), (Kind.SOCKS, 4)),
    ]
