"""Foreign text on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.domain.escape import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode 日本", "plain, ünïcode 日本"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\r\nhint: rm", "a\\r\\nhint: rm"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp", "\\u202egnp"),
        ("\udc80", "\\udc80"),
    ],
)
def test_what_could_act_is_spelt_out(text, shown):
    """Control characters and directional overrides appear as their escapes."""
    assert printable(text) == shown


@given(st.text(alphabet=st.characters()))
def test_nothing_unprintable_comes_through(text):
    """Whatever the text, the result is one printable line that can be encoded."""
    shown = printable(text)

    assert shown.isprintable()
    shown.encode("utf-8")
