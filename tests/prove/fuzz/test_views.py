"""Well-formed rows with hostile text: nothing of it reaches a terminal as it is."""

import io
import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from rich.console import Console

from asgwarm.cli.views import documents, leases
from asgwarm.domain.record import Record, State
from asgwarm.leasing.lease import lease_of
from tests.prove.fuzz.kit import ANY, Nonsense, fuzz
from tests.unit.domain.make import HOST_KEY, NOW, record

WORDS = (
    *("lease_id", "lease_owner", "lease_name", "instance_id", "tier", "why"),
    *("address", "os_user", "endpoint", "last_lease", "template"),
)
TIMES = ("since", "dur_s", "exp_at")
SOUND = {"host_key": HOST_KEY, "address": "198.51.100.7", "os_user": "ec2-user"}


def any_record(nonsense: Nonsense, state: State) -> Record:
    """A record that somebody has filled with whatever a row can hold."""
    values: dict[str, Any] = dict(SOUND)
    values |= {word: nonsense.text() for word in nonsense.some(WORDS, 4)}
    values |= {time: nonsense.number() for time in nonsense.some(TIMES, 3)}
    return replace(record(state, lease_id="dev.a"), **values)


@fuzz()
@given(ANY)
def test_a_table_of_leases_obeys_no_row(nonsense):
    """No control character comes through, and nothing is raised."""
    out = io.StringIO()
    console = Console(file=out, width=120, markup=False, emoji=False, highlight=False)

    held = [lease_of("dev", any_record(nonsense, State.LEASED)) for _ in range(2)]
    ready = [any_record(nonsense, State.READY)]
    console.print(leases.table(held, ready, now=NOW, width=120))

    text = out.getvalue().replace("\n", "")
    assert text.isprintable(), ascii(text)


@fuzz()
@given(ANY)
def test_a_document_is_one_line_of_json(nonsense):
    """Programs get what they can read, whatever a row holds."""
    ready = [any_record(nonsense, State.READY)]
    document = documents.listing("dev", "us-east-1", [], ready)

    line = json.dumps(document)
    assert "\n" not in line
    assert json.loads(line)["pool"] == "dev"
