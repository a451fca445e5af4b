"""The line that an instance's shell gets, read by a real shell."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgwarm.connect.command_line import command_line
from asgwarm.errors import ConfigError

SHELL = "/bin/sh"  # what is not of bash alone
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
NAMES = st.from_regex(r"X[A-Z_0-9]{0,5}", fullmatch=True)


def _run(made, stdin=b""):
    return subprocess.run(
        [SHELL, "-c", made.line],
        input=made.first_input + stdin,
        capture_output=True,
        check=False,
    )


@settings(max_examples=40)
@given(words=st.lists(TEXTS, min_size=1, max_size=3))
def test_words_arrive_as_they_are(words):
    """Whatever is in them, and whatever the shell would make of it."""
    made = command_line(["printf", "%s\\0", *words], env={}, cwd=None)

    assert _run(made).stdout.decode().split("\0")[:-1] == words


@settings(max_examples=40)
@given(env=st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4), rest=TEXTS)
def test_variables_arrive_as_they_are_and_are_not_in_the_line(env, rest):
    """Nor do they take anything of what comes after them."""
    shown = ";".join(f"printf '%s\\0' \"${name}\"" for name in env)
    made = command_line(f"{shown}; cat", env=env, cwd=None)

    told = _run(made, rest.encode()).stdout.decode().split("\0", len(env))

    assert told == [*env.values(), rest]
    for text in env.values():
        assert len(text) < 8 or text.encode() not in made.line


def test_a_folder_is_entered_before_anything_runs(tmp_path):
    """Whatever its name; else nothing runs, and that is a failure."""
    odd = tmp_path / "it's -n"
    odd.mkdir()

    assert _run(command_line("pwd", env={}, cwd=odd)).stdout.decode().strip() == str(
        odd
    )
    failed = _run(command_line("echo ran\necho on", env={"A": "1"}, cwd=odd / "no"))
    assert failed.returncode > 0
    assert failed.stdout == b""


def test_names_of_files_that_are_no_utf8_arrive(tmp_path):
    """As Python has them."""
    made = command_line(["printf", "%s", "\udcff"], env={}, cwd=None)

    assert _run(made).stdout == b"\xff"


def test_what_no_shell_can_do_is_refused():
    """An empty command, a value with a NUL."""
    for command, env in (("  ", {}), ([], {}), ("true", {"A": "\0"})):
        with pytest.raises(ConfigError):
            command_line(command, env=env, cwd=None)
