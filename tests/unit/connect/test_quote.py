"""How arguments become one remote command line."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.connect.session import quote_command
from asgwarm.errors import ConfigError


def test_a_single_argument_is_a_line_of_shell():
    """`asgwarm get -- 'a | b'` is a pipe, as with ssh."""
    assert quote_command(["make test | tail -1"]) == "make test | tail -1"


@given(st.lists(st.text(), min_size=2))
def test_several_arguments_keep_their_boundaries(argv):
    """A shell splits the line into the very same arguments."""
    assert shlex.split(quote_command(argv)) == argv


@pytest.mark.parametrize("argv", [[], [""], ["  "], ["\n"]])
def test_no_command_is_an_error(argv):
    """An empty command would be an interactive shell to the server."""
    with pytest.raises(ConfigError, match="empty"):
        quote_command(argv)
