"""The live test makes nothing before it may, and reports what it saw and no more."""

import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.answers import Answers, Question, Seen, Unseen, yes_if
from tests.acceptance.live import Live, LiveFailed
from tests.acceptance.report import EMULATED, Report, write


@pytest.fixture
def live():
    """A pool that is never made."""
    return Live(pool="never", rounds=1)


def _asked(live, look, **options):
    answers = Answers()
    answers.ask(live, Question("Is it so?", look, **options))
    return answers.given


def _report(answers, **changes):
    known = {
        "account": "123456789012",
        "region": "us-east-1",
        "endpoint": "",
        "version": "1",
        "at": "now",
        "took_s": 1,
        "answers": answers,
        "trouble": "",
        "left": [],
    }
    return Report(**(known | changes))


def test_without_the_name_of_an_account_nothing_is_done(tmp_path):
    """Not even AWS is asked."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )

    assert done.returncode == 9
    assert "no account was named" in done.stderr


def test_a_look_is_an_answer_with_its_evidence(live):
    """Yes, no, or figures."""
    (answer,) = _asked(live, lambda _: yes_if(False, "it was not"))

    assert (answer.says, answer.evidence) == ("no", ("it was not",))


@pytest.mark.parametrize(
    "trouble",
    [
        Unseen("nothing happened"),
        LiveFailed("exit code 3"),
        ClientError({"Error": {"Code": "AccessDenied"}}, "LookupEvents"),
        OSError("no way there"),
        KeyError("Events"),
    ],
)
def test_whatever_goes_wrong_leaves_a_question_unanswered(live, trouble):
    """The next one is asked all the same."""

    def look(_):
        raise trouble

    (answer,) = _asked(live, look)

    assert answer.says == "not answered"
    assert answer.evidence[0]


def test_what_is_not_asked_says_why(live):
    """A question without a look."""
    (answer,) = _asked(live, None, why_not="it cannot be")

    assert (answer.says, list(answer.evidence)) == ("not asked", ["it cannot be"])


def test_a_report_of_an_emulated_region_says_nothing_about_aws(live, tmp_path):
    """At its head, and at every answer that only AWS can give."""
    answers = [
        *_asked(live, lambda _: Seen("yes", ["so it was"])),
        *_asked(live, lambda _: Seen("seen", ["here"]), only_aws=False),
    ]

    page = write(_report(answers, endpoint="http://127.0.0.1:1"), tmp_path).read_text()
    real = write(_report(answers), tmp_path / "real").read_text()

    assert "It says nothing about AWS" in page
    assert page.count(EMULATED) == 1
    assert "answered by AWS" in real
    assert EMULATED not in real
    document = json.loads((tmp_path / "live.json").read_text())
    assert document["schema"] == "asgwarm.live/v1"
    assert document["answers"][0]["evidence"] == ["so it was"]


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"left": ["volume vol-1"]}, False),
        ({"left": None}, False),
        ({"trouble": "interrupted"}, False),
    ],
)
def test_a_test_is_good_when_it_ended_and_left_nothing(changes, good, tmp_path):
    """What is left, and that nobody could look, stand in the report."""
    report = _report([], **changes)

    page = write(report, tmp_path).read_text()

    assert report.is_good is good
    for said in (report.trouble, *(report.left or [])):
        assert said in page
