"""The checker of histories: it accepts what may be and rejects what may not."""

import pytest

from tests.prove.histories import history as h
from tests.prove.histories.checker import violations
from tests.prove.histories.stories import BAD, GOOD, A


@pytest.mark.parametrize("name", GOOD)
def test_what_may_happen_is_accepted(name):
    """Overlaps, deaths and refusals are nobody's fault."""
    assert violations(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_happen_is_rejected(name):
    """And called by its name."""
    kind, history = BAD[name]

    assert kind in {found.kind for found in violations(history)}


def test_a_recorded_history_is_read_as_it_was(tmp_path):
    """Also of a process that died between its call and the answer."""
    recorder = h.Recorder(tmp_path / "one.jsonl")
    answered = recorder.call("ada", h.CLAIM, pool="one")
    recorder.returned(answered, h.GRANTED, lease_id="one.x", instance_id=A)
    recorder.call("ada", h.READ, instance_id=A)
    recorder.close()

    first, second = h.operations_in([tmp_path / "one.jsonl"])

    assert (first.outcome, first.instance_id, first.owner) == (
        h.GRANTED,
        A,
        "ada@lab:1",
    )
    assert first.returned_s is not None
    assert first.called_s <= first.returned_s <= second.called_s
    assert (second.outcome, second.returned_s, second.n) == ("", None, 2)
