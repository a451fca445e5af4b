"""What was typed, taken apart."""

import pytest

from asgwarm.cli.argv import take_apart
from asgwarm.errors import ConfigError

GROUPS = {"local"}


@pytest.mark.parametrize(
    ("argv", "command", "args"),
    [
        (["get", "dev", "--json"], "get", ("dev", "--json")),
        (["--json", "get", "dev"], "get", ("--json", "dev")),
        (["--region", "eu-west-1", "get"], "get", ("--region", "eu-west-1")),
        (["--region=eu-west-1", "ls"], "ls", ("--region=eu-west-1",)),
        (["local", "--json", "start"], "local start", ("--json",)),
        (["--debug", "local", "start"], "local start", ("--debug",)),
        (["--help", "get"], "get", ("--help",)),
        (["local", "--help"], "local", ("--help",)),
        ([], "", ()),
    ],
)
def test_common_options_move_behind_the_name(argv, command, args):
    """Common options are accepted before and after the command's name."""
    words = take_apart(argv, GROUPS)

    assert (words.command, words.args) == (command, args)


def test_everything_after_the_first_dashes_is_the_remote_command():
    """Neither our options nor further dashes of the remote command are ours."""
    words = take_apart(["get", "dev", "--", "sh", "-c", "x", "--", "--json"], GROUPS)

    assert words.remote == ("sh", "-c", "x", "--", "--json")
    assert words.args == ("dev",)
    assert not words.json


def test_no_dashes_is_no_remote_command():
    """A shell is asked for by the absence of a remote command."""
    assert take_apart(["get"], GROUPS).remote is None


@pytest.mark.parametrize(
    "argv",
    [["get", "--"], ["--wait", "5", "get"], ["--region"], ["-x", "get"]],
)
def test_what_is_not_understood_is_refused(argv):
    """Unknown options before the name, missing values and an empty command."""
    with pytest.raises(ConfigError):
        take_apart(argv, GROUPS)
