"""How a plan reads: as lines before a question, and as a comment."""

from dataclasses import replace

from asgwarm.cli.proposal import Proposal
from asgwarm.cli.views import plan, stack
from asgwarm.planning import Plan
from asgwarm.stack.changes import Change, Do
from asgwarm.stack.impact import Impact
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate

BEFORE = PoolOptions(pool="dev", allow="203.0.113.7/32").filled()
AFTER = replace(BEFORE, hot=2)
LONG = (
    "one sentence is so long that the eighty columns of a terminal accommodate it in "
    "two lines"
)
UPDATE = Plan(
    changes=(
        Change(do=Do.CHANGE, logical_id="Group", type="G", properties=("MaxSize", "X")),
        Change(do=Do.PERHAPS, logical_id="Rule", type="R", properties=("Name",)),
        Change(do=Do.CHANGE, logical_id="Logs", type="L"),
    ),
    impact=Impact(sentences=(LONG, "the second thing")),
    before=BEFORE,
    rate_before=rate(BEFORE, "us-east-1"),
)
PROPOSED = Proposal(
    pool="dev",
    region="us-east-1",
    exists=True,
    local=False,
    own_address=False,
    said=AFTER,
    whole=AFTER,
    rate=rate(AFTER, "us-east-1"),
    planned=UPDATE,
)


def test_a_plan_ends_with_what_there_is_now_what_changes_and_what_that_does():
    """Kinds stand together, and every line fits a terminal of 80 columns."""
    lines = stack.plan_lines(PROPOSED)

    assert lines[-8:] == [
        "  now        1 hot, 2 warm, at most 10 (m7i.large)",
        "             $0.11 an hour, $79 a month, at worst $1.07 (estimate)",
        "  changes    Group (MaxSize, X)",
        "             Logs",
        "  replaces?  Rule (Name)",
        "  so         one sentence is so long that the eighty columns of a terminal",
        "               accommodate it in two lines",
        "             the second thing",
    ]
    assert max(map(len, lines)) <= 80


def test_a_pool_that_is_as_asked_says_only_that():
    """What it is now needs no second line."""
    same = replace(UPDATE, changes=(), before=AFTER, rate_before=PROPOSED.rate)

    lines = stack.plan_lines(replace(PROPOSED, planned=same))

    assert lines[-1] == "  changes    nothing: the pool is as asked already"
    assert not any(line.startswith("  now") for line in lines)


def test_a_new_pool_says_how_much_it_makes():
    """Nobody reads seventeen names before an answer."""
    made = (Change(do=Do.CREATE, logical_id="Table", type="T"),) * 17
    new = Plan(changes=made, impact=Impact())

    assert plan.lines(new) == ["  creates    17 resources in one stack"]


def test_a_comment_has_a_table_a_list_and_a_table():
    """Markdown that a pull request shows."""
    unpriced = replace(UPDATE, rate_before=None)

    assert plan.markdown(PROPOSED, unpriced).split("\n\n") == [
        "### Update pool `dev` in us-east-1",
        "| | now | then |\n"
        "|---|---|---|\n"
        "| hot | 1 | 2 |\n"
        "| warm | 2 | 2 |\n"
        "| cap | 10 | 10 |\n"
        "| instance type | `m7i.large` | `m7i.large` |\n"
        "| port 22 open to | `203.0.113.7/32` | `203.0.113.7/32` |\n"
        "| an hour (estimate) | not known | $0.22 |\n"
        "| a month (estimate) | not known | $157 |\n"
        "| an hour at worst (estimate) | not known | $1.07 |",
        f"- {LONG}\n- the second thing",
        "| | resource | what |\n"
        "|---|---|---|\n"
        "| change | `Group` G | MaxSize, X |\n"
        "| perhaps replace | `Rule` R | Name |\n"
        "| change | `Logs` L |  |\n",
    ]


def test_a_comment_on_no_change_says_so():
    """So that a reviewer need not compare."""
    same = replace(UPDATE, changes=())

    assert plan.markdown(PROPOSED, same).endswith(
        "\n\n**Changes:** nothing: the pool is as asked already.\n"
    )
