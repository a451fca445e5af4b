"""What people and programs get to read."""

import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from tests.bench.plot import svg
from tests.bench.report import WIDTH, document, show
from tests.bench.targets import verdicts
from tests.unit.bench.make import run

STEPS = {"start": 90.0, "claim": 30.0, "push": 130.0, "auth": 20.0, "between": 30.0}
RUNS = [
    run(
        one_shot=300.0,
        plain_ssh=450.0,
        naive=980.0,
        seed_tags=2400.0,
        phases={"one-shot": STEPS},
    ),
    run(lookup="slow", one_shot=1000.0, naive=1900.0, seed_tags=3600.0),
    run(rtt_ms=80, one_shot=1200.0, plain_ssh=1150.0),
]


def test_the_document_has_every_way_with_its_figures():
    """Programs read it: its names are for ever."""
    found = json.loads(json.dumps(document(RUNS)))
    first = found["runs"][0]

    assert first["conditions"].items() >= {"rtt_ms": 20, "lookup": "quick"}.items()
    assert first["conditions"]["eic_ms"] == 100
    assert first["ways"]["seed-tags"] == {
        "first_byte_ms": {"median": 2400.0, "p90": 2409.0, "n": 7},
        "cpu_ms": 100,
    }
    assert first["ways"]["limit"]["first_byte_ms"]["n"] == 0
    assert list(first["ways"])[:2] == ["limit", "one-shot"]  # fastest first


def test_the_tables_fit_their_width_and_cut_nothing():
    """Every name and figure is there, on 100 columns."""
    out = io.StringIO()
    show(RUNS, [], Console(file=out, width=WIDTH))
    lines = out.getvalue().splitlines()

    assert max(map(len, lines)) <= WIDTH == 100
    assert "…" not in out.getvalue()
    row = next(line for line in lines if "seed-tags" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        *("seed-tags", "2400", "2409", "7", "100", "8.00", "+2163")
    ]


def test_the_document_has_our_own_steps_beside_what_physics_leaves_of_them():
    """Under a key of their own, for each of our ways that was measured."""
    first, second = document(RUNS)["runs"][:2]

    assert first["phases"]["one-shot"]["claim"] == {"median_ms": 30.0, "limit_ms": 64}
    assert first["phases"]["one-shot"]["between"] == {
        "median_ms": 30.0,
        "limit_ms": None,
    }
    assert second["phases"] == {}


def test_a_target_that_is_missed_says_by_which_steps():
    """One that is met, or of which no steps are known, says nothing."""
    slow = run(one_shot=400.0, plain_ssh=390.0, phases={"one-shot": STEPS})
    out = io.StringIO()
    show([slow, run(rtt_ms=80, one_shot=2.0, plain_ssh=1.0)], [], Console(file=out))
    said = " ".join(out.getvalue().split())

    assert "one-shot at most 1.4 x limit: physics 237 ms; start +80, between" in said
    assert "one-shot faster than plain-ssh: physics" in said
    assert said.count("physics") == 3 + 1  # of the table's title
    assert "CPU of" not in said.partition("physics 237")[2]


def test_too_much_of_the_processor_says_when():
    """Before the first phase nothing but the processor is waited for."""
    busy = replace(run(one_shot=1.0).ways["one-shot"], cpu_ms=251)
    found = verdicts(
        [replace(run(phases={"one-shot": STEPS}), ways={"one-shot": busy})]
    )

    assert [one.why for one in found] == ["at most 90 ms before the first phase"]


@pytest.mark.parametrize(
    ("run_name", "said", "is_met"),
    [
        ("rtt20-quick", "one-shot at most seed-tags / 7", True),
        ("rtt20-quick", "one-shot faster than plain-ssh", True),
        ("rtt20-quick", "one-shot at most 1.4 x limit", True),
        ("rtt20-quick", "one-shot at most 1.15 x limit", False),
        ("rtt20-slow", "one-shot at most seed-tags / 3.5", True),
        ("rtt20-slow", "one-shot at most naive / 2", False),
        ("rtt80-quick", "one-shot faster than plain-ssh", False),
        ("rtt80-quick", "CPU of one-shot at most 250 ms", True),
    ],
)
def test_a_target_is_held_against_its_own_run(run_name, said, is_met):
    """Two figures are compared only if they were measured together."""
    found = {(one.run, one.said): one.is_met for one in verdicts(RUNS)}

    assert found[run_name, said] is is_met


def test_a_target_without_figures_has_no_verdict():
    """Who measures some ways only is told of those only."""
    found = verdicts([run(one_shot=300.0)])

    assert [one.said for one in found] == [
        "one-shot at most 1.4 x limit",
        "one-shot at most 1.15 x limit",
        "CPU of one-shot at most 250 ms",
    ]


def test_the_picture_has_a_bar_for_every_way():
    """It is well-formed, and each bar is as long as its figure, in its own run."""
    picture = ElementTree.fromstring(svg(RUNS))  # noqa: S314  # our own
    space = "{http://www.w3.org/2000/svg}"
    bars = list(picture.iter(f"{space}rect"))[1:]
    texts = [text.text for text in picture.iter(f"{space}text")]

    assert len(bars) == sum(len(each.ways) for each in RUNS)
    assert {"seed-tags", "limit", "2400"} <= set(texts)
    widths = [float(bar.attrib["width"]) for bar in bars[:5]]
    assert widths == sorted(widths)
    assert widths[1] * 8 == pytest.approx(widths[4], abs=1)  # 300 and 2400
