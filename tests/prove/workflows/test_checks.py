"""A workflow that does not fit this repository is told from one that does."""

import pytest

from tests.prove.workflows.checks import wrong_parameters, wrong_with
from tests.prove.workflows.reading import FOLDER, Workflow, commands, workflows

BY_NAME = {one.name: one for one in workflows()}


def changed(name, before, after):
    """A workflow with one thing in it written otherwise."""
    text = BY_NAME[name].text
    assert before in text
    return Workflow(name=name, text=text.replace(before, after))


@pytest.mark.parametrize("name", BY_NAME)
def test_the_examples_fit(name):
    """Pinned, on paths that exist, with options that the command line has."""
    assert wrong_with(BY_NAME[name]) == []


def test_the_parameters_are_such_as_the_template_takes():
    """Whoever copies them only puts their own ids in."""
    assert wrong_parameters((FOLDER / "pool.parameters").read_text()) == []
    assert wrong_parameters("Hots=1\nPool=A b\n") == [
        "the template has no parameter Hots",
        "the template refuses Pool=A b",
    ]


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        pytest.param("test.yml", " # v5.0.0", "", "no commit", id="no version"),
        pytest.param(
            "test.yml",
            "checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
            "checkout@main",
            "no commit",
            id="no commit",
        ),
        pytest.param("test.yml", "--wait 5m", "--waits 5m", "--waits", id="option"),
        pytest.param("test.yml", "asgwarm get", "asgwarm take", "take", id="command"),
        pytest.param("nightly.yml", "--hot 1", "--hot one", "--hot", id="value"),
        pytest.param(
            "deploy.yml", "templates/pool.yaml", "templates/x.yaml", "x.yaml", id="path"
        ),
        pytest.param("nightly.yml", "_VPC }}", "_NET }}", "ASGWARM_NET", id="variable"),
        pytest.param(
            "nightly.yml",
            "vars.ASGWARM_NIGHTLY_ROLE",
            "vars.ASGWARM_NIGHT_ROLE",
            "has no output for ASGWARM_NIGHT_ROLE",
            id="role",
        ),
        pytest.param(
            "deploy.yml",
            "vars.ASGWARM_PLAN_ROLE",
            "vars.ASGWARM_DEPLOY_ROLE",
            "DeploySubject does not take repo:owner/name:pull_request",
            id="a role that does not trust the job",
        ),
        pytest.param(
            "nightly.yml",
            'down "$POOL"',
            'down "${{ github.head_ref }}"',
            "an expression in a script",
            id="injection",
        ),
    ],
)
def test_what_does_not_fit_is_told(name, before, after, said):
    """Each in a sentence that names it."""
    wrong = wrong_with(changed(name, before, after))

    assert wrong
    assert any(said in sentence for sentence in wrong), wrong


def test_commands_are_found_wherever_they_stand_in_a_script():
    """Behind a pipe, on a continued line, before a semicolon."""
    script = "git archive HEAD |\n  asgwarm get ci \\\n  -- 'a && b'; x=$(asgwarm ls)\n"

    assert list(commands(script)) == [
        ["git", "archive", "HEAD"],
        ["asgwarm", "get", "ci", "--", "a && b"],
        ["x=$"],
        ["asgwarm", "ls"],
    ]
