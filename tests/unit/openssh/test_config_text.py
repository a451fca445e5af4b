"""What OpenSSH's client is told."""

import shlex
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from asgwarm.openssh.config_text import Written, text


def settings(**changes: object) -> dict[str, str]:
    """The settings of a configuration, by name, and its condition as `Match`."""
    about = {
        "program": ["/opt/a b/100%/it's/asgwarm"],
        "options": ["dev", "--profile", "mine; true"],
        "user": "ec2-user",
        "place": Path("/run/user/1000/50%/ssh"),
    } | changes
    lines = text(Written(**about)).splitlines()  # type: ignore[arg-type]
    pairs = (line.split(maxsplit=1) for line in lines if not line.startswith("#"))
    return dict(pairs)


def is_matched(patterns: str, name: str) -> bool:
    """Whether a list of patterns takes a name, as ssh_config(5) has it."""
    every = patterns.split(",")
    refused = any(fnmatchcase(name, p[1:]) for p in every if p.startswith("!"))
    return not refused and any(fnmatchcase(name, p) for p in every)


@pytest.mark.parametrize(
    ("host", "user", "matches"),
    [
        ("web.asgwarm", "ec2-user", True),
        ("web.dev.asgwarm", "me", True),
        ("web.example.com", "me", False),
        ("x';rm -rf;'.asgwarm", "me", False),
        ("web.asgwarm", "x';rm -rf;'", False),
    ],
)
def test_a_name_with_a_quote_is_not_matched(host, user, matches):
    """OpenSSH before 9.6 would hand it to a shell, between our quotes."""
    words = shlex.split(settings()["Match"])
    hosts, users = words[words.index("originalhost") + 1], words[-1]

    assert (is_matched(hosts, host) and is_matched(users, user)) is matches


def test_every_word_reaches_the_program_as_it_is():
    """Blanks, quotes and %-signs of paths and options; ssh's tokens are words."""
    told = settings()["ProxyCommand"].replace("%%", "\0")
    said = told.replace("%n", "$(x) y").replace("%r", "`z`")

    assert "%" not in said
    assert shlex.split(said.replace("\0", "%")) == [
        *("/opt/a b/100%/it's/asgwarm", "ssh-proxy", "dev", "--profile", "mine; true"),
        *("--host=$(x) y", "--user=`z`"),
    ]


def test_a_folders_percent_signs_are_no_tokens():
    """Ssh expands paths, too."""
    told = settings()

    assert told["IdentityAgent"] == '"/run/user/1000/50%%/ssh/%n"'
    assert told["UserKnownHostsFile"] == '"/run/user/1000/50%%/ssh/%n.known"'
