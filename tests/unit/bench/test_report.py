"""What people and programs get to read."""

import io
import json
from xml.etree import ElementTree

import pytest
from rich.console import Console

from tests.bench.plot import svg
from tests.bench.report import WIDTH, document, show
from tests.bench.targets import verdicts
from tests.unit.bench.make import run

RUNS = [
    run(one_shot=300.0, plain_ssh=450.0, naive=980.0, seed_tags=2400.0),
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


@pytest.mark.parametrize(
    ("run_name", "said", "is_met"),
    [
        ("rtt20-quick", "one-shot at most seed-tags / 7", True),
        ("rtt20-quick", "one-shot faster than plain-ssh", True),
        ("rtt20-quick", "one-shot at most 1.4 x limit", True),
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
