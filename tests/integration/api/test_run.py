"""Commands on an instance: what they get, where their output goes, how they end."""

import io
import logging
import os
import tempfile
import threading
import tracemalloc

import pytest

from asgwarm import (
    DEVNULL,
    STDOUT,
    CommandFailed,
    CommandTimeout,
    OutputLimit,
)
from asgwarm.errors import ConfigError

SECRET = "correct horse 'battery' staple"  # noqa: S105


def test_words_stay_words_and_a_line_is_shell(instance):
    """A list is a program and its arguments; a text may be a pipe."""
    assert instance.run(["printf", "%s|", "a b", "$HOME"]).stdout == "a b|$HOME|"
    assert instance.run("printf 'a\nb' | wc -l").stdout.strip() == "1"


def test_a_failure_is_raised_with_what_was_written(instance):
    """Unless it is not to be checked; then it is a result like any other."""
    with pytest.raises(CommandFailed, match="ended with 3: twice bad") as caught:
        instance.run("echo fine; echo 'twice bad' >&2; exit 3")
    assert (caught.value.returncode, caught.value.stdout) == (3, "fine\n")
    assert caught.value.stderr == "twice bad\n"

    done = instance.run("printf '\\377'; exit 3", check=False)
    assert (done.returncode, done.stdout_bytes, done.stdout) == (3, b"\xff", "\ufffd")


def test_variables_reach_the_command_and_nobody_else(instance, caplog):
    """Neither a list of processes there nor the most talkative log here shows them."""
    caplog.set_level(logging.DEBUG)
    listed = "for one in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $one; done"

    done = instance.run(
        f'echo "$TOKEN"; {listed} 2>/dev/null', env={"TOKEN": SECRET, "CI": "1"}
    )

    first, _, processes = done.stdout.partition("\n")
    assert first == SECRET
    assert "head -c" in processes
    assert "horse" not in processes
    assert "horse" not in caplog.text


def test_the_input_after_the_variables_is_the_commands_own(instance):
    """Not a byte of it is lost to who sets them."""
    data = os.urandom(300_000)

    done = instance.run("echo $A >&2; cat", env={"A": "1"}, stdin=data)

    assert done.stdout_bytes == data
    assert done.stderr == "1\n"


@pytest.mark.parametrize("name", ["1A", "A-B", "A=B", "", "A B", "Ä"])
def test_what_is_no_variable_is_refused(instance, name):
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="is no name of a variable"):
        instance.run("true", env={name: "1"})


def test_a_command_runs_in_its_folder_or_not_at_all(instance):
    """A folder that is not there is a failure, and not another folder."""
    assert instance.run("pwd", cwd="/usr/../usr").stdout == "/usr\n"

    with pytest.raises(CommandFailed, match="No such file") as caught:
        instance.run("echo run; echo anyway", cwd="/no such place")
    assert caught.value.stdout == ""


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: b"words\n", id="bytes"),
        pytest.param(lambda: "words\n", id="text"),
        pytest.param(lambda: io.BytesIO(b"words\n"), id="file of bytes"),
        pytest.param(lambda: io.StringIO("words\n"), id="file of text"),
        pytest.param(lambda: None, id="nothing"),
    ],
)
def test_the_input_may_be_of_many_kinds(instance, make):
    """And it has an end."""
    source = make()

    assert instance.run("cat", stdin=source).stdout == ("words\n" if source else "")


def test_a_file_is_read_from_its_descriptor(instance):
    """From where it stands; a pipe too."""
    with tempfile.TemporaryFile() as file:
        file.write(b"read: not read before")
        file.flush()
        os.lseek(file.fileno(), 6, os.SEEK_SET)
        assert instance.run("cat", stdin=file).stdout == "not read before"
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        os.write(writing, b"through a pipe")
        os.close(writing)
        assert instance.run("cat", stdin=pipe).stdout == "through a pipe"


def test_the_output_may_go_to_files_and_functions(instance, tmp_path):
    """Then there is nothing of it in the result."""
    seen: list[bytes] = []
    buffer = io.BytesIO()
    path = tmp_path / "out"

    with path.open("wb") as file:
        file.write(b"before ")
        done = instance.run("echo out; echo err >&2", stdout=file, stderr=seen.append)
    also = instance.run("echo out; echo err >&2", stdout=buffer, stderr=DEVNULL)

    assert path.read_bytes() == b"before out\n"
    assert b"".join(seen) == b"err\n"
    assert buffer.getvalue() == b"out\n"
    assert done.stdout_bytes + done.stderr_bytes == b""
    assert also.stdout_bytes + also.stderr_bytes == b""


def test_errors_may_go_where_the_output_goes(instance):
    """As they come, to whatever takes the output."""
    seen: list[bytes] = []

    done = instance.run("echo 1; echo 2 >&2", stderr=STDOUT)
    instance.run("echo 1; echo 2 >&2", stdout=seen.append, stderr=STDOUT)

    assert (sorted(done.stdout.split()), done.stderr) == (["1", "2"], "")
    assert sorted(b"".join(seen).split()) == [b"1", b"2"]
    with pytest.raises(ConfigError):
        instance.run("true", stdout=STDOUT)


def _lives(instance, pid):
    return instance.run(f"kill -0 {pid}", check=False).returncode == 0


def test_what_a_function_raises_ends_the_command_and_is_raised(instance):
    """Whoever cannot take the output has no use for the command."""
    pids: list[int] = []

    def refuse(data):
        pids.append(int(data))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        instance.run("echo $$; sleep 600", stdout=refuse)

    assert not _lives(instance, *pids)


def test_a_file_that_cannot_be_read_ends_the_command_and_is_raised(instance):
    """A command whose input never ends may never end either."""

    class Broken:
        def read(self, size):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        instance.run("cat; sleep 600", stdin=Broken())


def test_a_function_that_gets_output_cannot_wait_for_its_own_loop(instance):
    """It would wait for ever; it is told so."""
    with pytest.raises(ConfigError, match="must not block"):
        instance.run("echo", stdout=lambda _: instance.run("true"))


def test_a_command_that_takes_too_long_is_ended_whatever_it_does(instance):
    """TERM first, and KILL for one that ignores it; its words so far are told.

    A closed channel alone may be a hang-up, which it ignores.
    """
    for stubborn in ("trap '' HUP; ", "trap '' HUP TERM; "):
        with pytest.raises(CommandTimeout, match=r"longer than 0\.3 s") as caught:
            instance.run(f"{stubborn}echo $$; sleep 600", timeout=0.3)

        assert not _lives(instance, int(caught.value.stdout))


def test_a_command_that_writes_too_much_is_ended(instance):
    """What was written until then is told; memory is what was allowed."""
    with pytest.raises(OutputLimit) as caught:
        instance.run("echo $$; yes", max_output_bytes=1000)

    assert len(caught.value.stdout) == 1000
    assert not _lives(instance, int(caught.value.stdout.split()[0]))


def test_output_that_is_not_kept_takes_no_memory(instance):
    """64 MB pass through a few."""
    received = [0]

    def count(data):
        received[0] += len(data)

    tracemalloc.start()
    try:
        instance.run(f"head -c {64 << 20} /dev/zero", stdout=count)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert received == [64 << 20]
    assert peak_bytes < 20 << 20


def test_commands_run_side_by_side(instance):
    """Each of the two waits for the other."""
    meet = "touch {0}; until test -e {1}; do sleep .02; done; rm {1}"
    threads = [
        threading.Thread(target=instance.run, args=(meet.format(*names),))
        for names in (("a", "b"), ("b", "a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert instance.run("ls").stdout.split() == []
