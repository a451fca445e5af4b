"""Every way in which a run ends, through the real `run`."""

import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from asgwarm import errors
from asgwarm.cli.flags import NoFlags
from asgwarm.cli.main import Load, run

BLOCKING = """
import signal, sys, time
from types import SimpleNamespace
from asgwarm.cli.flags import NoFlags
from asgwarm.cli.main import run
from asgwarm.cli.signals import run_async
import asyncio

def blocking(flags, invocation):
    '''Wait.'''
    try:
        print("ready", flush=True)
        while True:  # pause() would miss a signal that comes just before it
            time.sleep(0.01)
    finally:
        print("released", flush=True)

def waiting(flags, invocation):
    '''Wait.'''
    async def wait():
        try:
            print("ready", flush=True)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            print("released", flush=True)
    return run_async(wait())

kind = {"blocking": blocking, "waiting": waiting}[sys.argv[1]]
sys.exit(run(["ls"], load=lambda _: SimpleNamespace(Flags=NoFlags, run=kind)))
"""


def raising(error: Exception) -> Load:
    """Give a command's module whose run raises *error*."""

    def run_it(_flags, _invocation):
        """Fail."""
        raise error

    return lambda _command: SimpleNamespace(Flags=NoFlags, run=run_it)


def every_class(
    root: type[errors.AsgwarmError] = errors.AsgwarmError,
) -> list[type[errors.AsgwarmError]]:
    """All classes of the tree, the root included."""
    return [root, *(sub for c in root.__subclasses__() for sub in every_class(c))]


@pytest.mark.parametrize("kind", every_class())
def test_an_error_is_two_lines_and_its_exit_code(kind, capfd):
    """Error and hint are two lines on stderr; stdout stays empty."""
    code = run(["ls"], {}, raising(kind("it failed", hint="asgwarm ls")))

    out, err = capfd.readouterr()
    assert code == kind.exit_code
    assert out == ""
    assert err == "error: it failed\nhint: asgwarm ls\n"


@pytest.mark.parametrize("kind", every_class())
def test_with_json_an_error_is_one_document(kind, capfd):
    """The document is one line on stderr and carries code and retryable."""
    error = kind("it failed", hint="asgwarm ls", aws_request_id="r-1")

    code = run(["--json", "ls"], {}, raising(error))

    out, err = capfd.readouterr()
    assert (out, err.count("\n"), code) == ("", 1, kind.exit_code)
    assert json.loads(err) == {
        "schema": "asgwarm.error/v1",
        "code": kind.code,
        "message": "it failed",
        "hint": "asgwarm ls",
        "retryable": kind.retryable,
        "aws_request_id": "r-1",
    }


def test_a_failure_before_the_remote_command_is_125(capfd):
    """Its own code is in the document, the exit code says who failed."""
    code = run(["get", "--json", "--", "true"], {}, raising(errors.PoolEmpty("none")))

    assert code == 125
    assert json.loads(capfd.readouterr().err)["code"] == "POOL_EMPTY"


def test_a_failure_after_the_remote_command_started_keeps_its_code(capfd):
    """A connection lost while the command runs is 255, not 125."""

    def run_it(_flags, invocation):
        """Fail late."""
        invocation.output.hand_over()
        raise errors.SessionFailed("connection lost")

    module = SimpleNamespace(Flags=NoFlags, run=run_it)

    assert run(["get", "--", "true"], {}, lambda _: module) == 255
    assert "connection lost" in capfd.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["get", "--ttl", "--", "true"],
        ["get", "--no-such", "--", "true"],
        ["get", "a", "b", "--", "true"],
        ["ls", "--", "true"],
        ["get", "--"],
        ["no-such"],
        ["--wait", "5", "get"],
        ["local", "nothing"],
        ["release"],
        ["get", "Not A Pool"],
        [],
    ],
)
def test_wrong_words_are_2_even_with_a_remote_command(argv, capfd):
    """Usage errors are in our own two lines, with a command to type."""
    code = run(argv, {"HOME": "/nonexistent"})

    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith("error: ")
    assert second.startswith("hint: ")


@pytest.mark.parametrize(
    ("argv", "hint", "shown"),
    [
        (["ls", "--local"], "asgwarm up dev", "asgwarm up dev --local"),
        (["--local", "ls"], "asgwarm local start", "asgwarm local start"),
        (
            ["ls", "--region", "eu-west-1", "--profile=p"],
            "asgwarm get dev -- true",
            "asgwarm get dev --region eu-west-1 --profile=p -- true",
        ),
        (["ls", "--local"], "aws sso login", "aws sso login"),
    ],
)
def test_a_hint_reaches_the_same_place(argv, hint, shown, capfd):
    """A command to type carries the region, profile or --local of this run."""
    run(argv, {}, raising(errors.PoolError("it failed", hint=hint)))

    assert capfd.readouterr().err.splitlines()[1] == f"hint: {shown}"


def test_a_bug_is_one_line_and_a_hint(capfd):
    """The unexpected shows no traceback and says how to get one."""
    code = run(["ls", "--region", "x"], {}, raising(RuntimeError("od\x1bd")))

    assert code == 1
    assert capfd.readouterr().err == (
        "error: unexpected RuntimeError: od\\x1bd\n"
        "hint: asgwarm ls --region x --debug\n"
    )


def test_debug_shows_the_traceback_of_a_bug(capfd):
    """--debug adds the traceback and keeps the exit code."""
    code = run(["ls", "--debug"], {}, raising(RuntimeError("odd")))

    err = capfd.readouterr().err
    assert code == 1
    assert "Traceback" in err
    assert "error: unexpected RuntimeError: odd" in err


def test_foreign_text_in_an_error_cannot_act(capfd):
    """An error that quotes an instance is escaped, hint included."""
    run(["ls"], {}, raising(errors.PoolError("\x1b[2J", hint="a\nerror: b")))

    assert capfd.readouterr().err == "error: \\x1b[2J\nhint: a\\nerror: b\n"


@pytest.mark.parametrize("kind", ["blocking", "waiting"])
@pytest.mark.parametrize(
    ("signum", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_a_run_after_its_clean_up(kind, signum, code):
    """What was begun is put right first; the exit code is 128 plus the signal."""
    with subprocess.Popen(
        [sys.executable, "-c", BLOCKING, kind],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signum)
        out, err = child.communicate(timeout=10)

    assert (child.returncode, out) == (code, "released\n")
    assert err == f"error: interrupted by {signum.name}\n"


def test_a_reader_that_leaves_is_no_error():
    """A closed pipe ends the run quietly, as SIGPIPE would."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "asgwarm", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, b"")
