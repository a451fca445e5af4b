"""The table of edges."""

from dataclasses import fields

from asgwarm.domain.diagram import diagram
from asgwarm.domain.edges import EDGES
from asgwarm.domain.record import LIVE, Record, State
from asgwarm.registry.table import expressions


def test_every_word_of_the_table_is_a_state():
    """The table names no state that a row cannot have."""
    words = {w for e in EDGES.values() for w in [*e.before.split(), e.after]}

    assert words <= set(State)


def test_an_instance_is_leased_at_most_once():
    """Nothing but a claim leads to LEASED, and no edge leads back to READY."""
    into_ready = {name for name, e in EDGES.items() if e.after == State.READY}
    into_leased = {
        name
        for name, e in EDGES.items()
        if e.after == State.LEASED and e.before != State.LEASED
    }

    assert into_ready == {"ready"}
    assert into_leased == {"claim"}
    assert EDGES["ready"].before == State.WARMING
    assert EDGES["claim"].before == State.READY


def test_every_live_state_has_a_way_to_the_end():
    """From each live state some path of edges reaches TERMINATED."""
    ends = {State.TERMINATED}
    while True:
        more = {
            State(before)
            for edge in EDGES.values()
            if edge.after in ends
            for before in edge.before.split()
        }
        if more <= ends:
            break
        ends |= more

    assert set(LIVE) <= ends


def test_nothing_leaves_a_tombstone():
    """A terminated row cannot be raised, by a late event or anything else."""
    assert not [n for n, e in EDGES.items() if State.TERMINATED in e.before.split()]
    assert expressions(EDGES["register"])[1] == "attribute_not_exists(pk)"


def test_every_write_names_its_state_and_its_generation():
    """An edge from an existing row is conditional on both."""
    for name, edge in EDGES.items():
        _, condition = expressions(edge)
        if edge.before:
            assert "gen = :gen" in condition, name
            for state in edge.before.split():
                assert f"st = :{state}" in condition, name


def test_every_change_of_state_raises_the_generation():
    """The fencing number grows with each change, and only then."""
    for name, edge in EDGES.items():
        update, _ = expressions(edge)
        moves = edge.before != edge.after
        assert ("gen" in update) == moves, name
        assert ("ADD gen :one" in update) == (moves and bool(edge.before)), name


def test_every_change_of_state_leaves_a_line_of_history():
    """In the same write; renewals and stamps would drown the rest."""
    for name, edge in EDGES.items():
        update, _ = expressions(edge)
        assert ("history" in update) == (edge.before != edge.after), name
        assert ("list_append" in update) == ("history" in update and bool(edge.before))


def test_a_row_without_sense_is_fenced_by_what_was_read():
    """And one of a newer version is left alone."""
    _, condition = expressions(EDGES["quarantine"])

    assert "gen = :last_gen" in condition
    assert "NOT v > :v" in condition


def test_a_row_without_sense_keeps_nothing_that_could_make_none_later():
    """Of a record's attributes only those stay that the edge or its writer sets."""
    edge = EDGES["quarantine"]
    written = {*edge.sets.split(), "instance_id", "state", "pk", "since", "history"}

    assert {field.name for field in fields(Record)} - written == {
        *edge.removes.split()
    } - {"ready_key"}


def test_leaving_ready_leaves_the_index():
    """Every edge out of READY removes the attribute that the index is sorted by."""
    for name, edge in EDGES.items():
        if State.READY in edge.before.split():
            assert "ready_key" in edge.removes, name


def test_a_lease_is_removed_wherever_it_ends():
    """No row that is not LEASED carries a lease id."""
    for name, edge in EDGES.items():
        if State.LEASED in edge.before.split() and edge.after != State.LEASED:
            assert "lease_id" in edge.removes, name


def test_the_architecture_page_shows_the_table_as_it_is(repository):
    """The diagram in ARCHITECTURE.md is printed from the table."""
    assert diagram() in (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
