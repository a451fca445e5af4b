"""The quick way to read options, against the parser that explains itself."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgwarm.cli import catalogue, flags, main, options
from asgwarm.errors import ConfigError

COMMANDS = list(catalogue.COMMANDS.values())
VALUES = ("", "dev", "90s", "-", "--", "a=b", "--name", "-y", "-x", "ä b", "--", "--x=")


def _words(own: type[Any]) -> list[str]:
    """Words that mean something to a command, and some that do not."""
    found: list[str] = []
    for group in (own, flags.Common):
        for field in fields(group):
            _, what = options.declared(field)
            if isinstance(what, options.Option):
                found += options.names_of(field, what)
    return [name for name in found if name not in ("--help", "-h")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_read_quickly_is_what_the_other_parser_reads(command, data):
    """All fields of every command, for any mixture of words."""
    own = main.module_of(command).Flags
    names = _words(own)
    glued = [f"{name}={value}" for name in names for value in ("", "x", "-x")]
    words = st.sampled_from([*names, *glued, *VALUES])
    args = data.draw(st.lists(words, max_size=6))

    quick = options.read((own, flags.Common), args)

    if quick is not None:
        assert quick == flags.explained(command.name, own, "", args)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["dev"],
        ["dev", "--json"],
        ["--wait", "90s", "--name=web", "--keep", "--local", "dev"],
        ["--region", "eu-west-1", "--token", "a.b"],
        ["-L", "8080:localhost:80", "dev", "-L", "1:a:1", "-D", "1080", "-N", "-A"],
    ],
)
def test_what_people_type_is_read_quickly(args):
    """`get` as in its documentation needs no library."""
    get = main.module_of(catalogue.COMMANDS["get"])

    assert options.read((get.Flags, flags.Common), args) is not None


@pytest.mark.parametrize(
    "args", [["--help"], ["--nmae", "x"], ["--name"], ["a", "b"], ["--name", "-x"]]
)
def test_what_needs_an_explanation_is_left_to_the_other_parser(args):
    """Help, typing errors, and what could be meant otherwise."""
    get = main.module_of(catalogue.COMMANDS["get"])

    assert options.read((get.Flags, flags.Common), args) is None


def test_a_missing_word_is_explained():
    """`connect` needs a lease, and says so."""
    connect = main.module_of(catalogue.COMMANDS["connect"])

    with pytest.raises(ConfigError, match="missing argument"):
        flags.parse("connect", connect.Flags, "", [])
