"""A slice of the fault matrix, and whether the whole of it leaves nothing out."""

import re
from collections.abc import Iterator
from itertools import cycle

import pytest

from asgwarm.cli.catalogue import COMMANDS
from tests.prove.faults.expected import KINDS, LEFT_OUT, TRANSIENT, Cell
from tests.prove.faults.loop import LOOP_PLAYS
from tests.prove.faults.matrix import cells, strike
from tests.prove.faults.plays import PLAYS
from tests.prove.faults.stage import Stage
from tests.prove.regions import running_region

# They call nothing of AWS, or only what the other commands call. What goes wrong while
# `bench` measures leaves out a way: tests/integration/bench strikes its calls.
# The proxy goes the way of `connect` and speaks to ssh; the rest calls nobody.
QUIET = ("local ", "agent ", "bench", "ssh-")
SILENT = {"template", "demo", *(name for name in COMMANDS if name.startswith(QUIET))}
SLOWEST = ("create", "close with a stray")  # they are for the whole matrix
CALLS = {
    call: play for play in PLAYS if play not in SLOWEST for call in PLAYS[play].calls
}
# Every call once, and with them every fault, passing ones for the first attempt.
SLICE = [
    Cell(play, call, kind, "first" if kind in TRANSIENT else "all")
    for (call, play), kind in zip(CALLS.items(), cycle(KINDS), strict=False)
]
# The stream is read by AWS itself, with the function's permission.
OF_THE_STREAM = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A region with pools and a user, for all cells."""
    folder = tmp_path_factory.mktemp("stage")
    with running_region(folder / "region") as region:
        yield Stage(region, folder).build()


def test_every_command_is_played():
    """One that is added gets its cells."""
    assert {play.argv[0] for play in PLAYS.values()} == set(COMMANDS) - SILENT


def test_every_call_that_the_function_may_make_is_struck(repository):
    """Its policy lists them all."""
    template = (repository / "templates/pool.in.yaml").read_text()
    policy = template.partition("\n FunctionRole:\n")[2].partition("\n\n")[0]
    found = re.findall(r"\b(?:autoscaling|ec2|dynamodb):[A-Z][a-z][A-Za-z]+", policy)
    called = {
        call
        for play in LOOP_PLAYS.values()
        if play.owner == "lambda"
        for call in play.calls
    }

    assert called == {c for c in found if c.partition(":")[2] not in OF_THE_STREAM}


def test_nothing_is_left_out_without_a_reason():
    """And the reasons are about cells that there would be."""
    assert {cell.kind for cell in SLICE} == set(KINDS)
    for left_out in LEFT_OUT:
        assert left_out.call in PLAYS[left_out.play].calls
        assert left_out not in cells(left_out.play, left_out.call)


def test_a_play_makes_the_calls_that_it_lists_and_all_calls_are_listed(stage):
    """A new call fails here until the matrix strikes it."""
    listed = {call for play in PLAYS.values() for call in play.calls}
    unlisted, different = set(), {}
    for name, play in PLAYS.items():
        stage.prepare(play.prepare)
        since = stage.last_call()
        stage.freeze(*play.faults, frozen=play.is_frozen)
        assert stage.run(*play.argv).code == play.code
        made = {f"{s}:{a}": count for (s, a), count in stage.counted(since).items()}
        play.tidy(stage)
        unlisted |= made.keys() - listed
        if not (play.calls.keys() <= made.keys()):
            different[name] = made

    assert unlisted == set()
    assert different == {}


@pytest.mark.long
@pytest.mark.parametrize("cell", SLICE, ids=str)
def test_a_call_that_goes_wrong_is_overcome_or_told(stage, cell):
    """The exit code is right, the words help, and nothing is lost or leaked."""
    stage.new_clients()

    assert strike(stage, cell) == []
