"""Escapes in what a person types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.connect.terminal import EscapeKeys


@pytest.mark.parametrize(
    "reads",
    [[b"~."], [b"~", b"."], [b"ls\r~."], [b"ls\n", b"~", b"."], [b"~~\r~."]],
)
def test_tilde_dot_at_the_start_of_a_line_leaves(reads):
    """Also when the two keys come in two reads."""
    keys = EscapeKeys()

    assert [keys(read) for read in reads][-1] is None


@pytest.mark.parametrize(
    ("reads", "sent"),
    [
        ([b"x~."], b"x~."),
        ([b"~~."], b"~."),
        ([b"~", b"~", b"x"], b"~x"),
        ([b"~ls"], b"~ls"),
        ([b"cd ~\r~/"], b"cd ~\r~/"),
        ([b"~\r~~"], b"~\r~"),
    ],
)
def test_everything_else_is_sent(reads, sent):
    """A tilde that starts no escape arrives, in its place."""
    keys = EscapeKeys()

    assert b"".join(keys(read) or b"" for read in reads) == sent


@given(st.lists(st.binary().map(lambda keys: keys.replace(b"~", b""))))
def test_keys_without_a_tilde_pass_unchanged(reads):
    """Only the tilde means anything here."""
    keys = EscapeKeys()

    assert [keys(read) for read in reads] == reads
