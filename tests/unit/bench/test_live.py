"""How an open session is measured, with commands of this computer."""

import io
import json
import os

import pytest
from rich.console import Console

from tests.bench.live import hands
from tests.bench.live.figures import (
    AMOUNTS,
    MB,
    RUNS,
    Live,
    figures,
    mb_s,
    verdicts,
)
from tests.bench.live.report import document, table

ENV = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/"}
SHELL = ["bash", "--norc", "--noprofile"]


def live(*, ours: float, theirs: float) -> Live:
    """A run in which everything took as long."""
    ways = {
        "get": {kind: [ours] for kind in AMOUNTS},
        "ssh": {kind: [theirs] for kind in AMOUNTS},
    }
    return Live(conditions=RUNS[0], ways=ways, facts={"sshd": "SSH-2.0-x"})


def test_every_key_is_timed_until_it_is_echoed():
    """In a shell that a terminal was opened for."""
    took_ms = hands.echo(SHELL, ENV, 5)

    assert len(took_ms) == 5
    assert all(0 < each < 1000 for each in took_ms)


def test_letters_on_a_terminal_are_timed_to_the_last():
    """Whatever came before them does not count."""
    (took_ms,) = hands.screen(SHELL, ENV, 100_000)

    assert took_ms > 0


def test_streams_are_timed_and_counted():
    """Both ways."""
    assert len(hands.down(["head", "-c", "100000", "/dev/zero"], ENV, 100_000)) == 1
    assert (
        len(hands.up(["sh", "-c", "echo go; cat >/dev/null; echo done"], ENV, 0)) == 1
    )


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("down", "head -c 99 /dev/zero"),
        ("down", "head -c 100 /dev/zero; exit 3"),
        ("up", "echo went; cat >/dev/null"),
        ("up", "echo go; cat >/dev/null; echo dead"),
        ("echo", "exit 0"),
        ("screen", "exit 0"),
    ],
)
def test_what_is_not_whole_is_no_figure(kind, command):
    """However fast it came."""
    with pytest.raises(hands.Failed):
        hands.KINDS[kind](["sh", "-c", command], ENV, 100)


def test_echo_is_summed_up_by_its_worst_keys_too():
    """Middle and 95th percentile; a stream by its middle."""
    taken = {"echo": [*range(1, 101)], "down": [5, 1, 9], "up": [2], "screen": [3]}

    assert figures(taken) == {
        "echo p50": 50.5,
        "echo p95": 95,
        "down": 5,
        "up": 2,
        "screen": 3,
    }


def test_a_stream_has_a_rate():
    """64 MiB in two seconds are 32 a second."""
    assert AMOUNTS["down"] == 64 * MB
    assert mb_s("down", 2000) == 32
    assert mb_s("echo p50", 20) is None


@pytest.mark.parametrize(("ours", "is_met"), [(15.0, True), (15.2, False)])
def test_one_and_a_half_times_openssh_is_the_most(ours, is_met):
    """Of every figure, in the same run."""
    found = verdicts([live(ours=ours, theirs=10.0)])

    assert [one.said.split(" at")[0] for one in found] == [
        *("echo p50", "echo p95", "down", "up", "screen")
    ]
    assert {one.run for one in found} == {"live20"}
    assert all(one.is_met is is_met for one in found)


def test_people_and_programs_read_the_same_figures():
    """Times and rates of both, and the ratio."""
    run = live(ours=3000.0, theirs=2000.0)
    out = io.StringIO()
    Console(file=out, width=100).print(table(run))
    row = next(line for line in out.getvalue().splitlines() if " down " in line)
    found = json.loads(json.dumps(document(run)))

    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        *("down", "3000.0", "2000.0", "21.3", "32.0", "1.50")
    ]
    assert found["name"] == "live20"
    assert found["ways"]["get"]["down"] == {"ms": 3000.0, "mib_s": 21.3}
    assert found["ways"]["ssh"]["echo p95"] == {"ms": 2000.0, "mib_s": None}
