"""Workflows with one fault each, and the linter that has to notice it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A file of which one text is written otherwise, at its first place."""

    by: str
    file: str
    before: str
    after: str


MUTANTS = {
    "strangers run with our rights": Mutant(
        by="zizmor",
        file="test.yml",
        before="  pull_request:",
        after="  pull_request_target:",
    ),
    "a token that may do everything": Mutant(
        by="zizmor",
        file="deploy.yml",
        before="permissions: {}",
        after="permissions: write-all",
    ),
    "a token that stays in the checkout": Mutant(
        by="zizmor",
        file="test.yml",
        before="        with:\n          persist-credentials: false\n",
        after="",
    ),
    "a title that becomes a command": Mutant(
        by="zizmor",
        file="test.yml",
        before="git archive HEAD |",
        after="echo '${{ github.event.pull_request.title }}'",
    ),
    "an action that may change": Mutant(
        by="zizmor",
        file="test.yml",
        before="checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
        after="checkout@main",
    ),
    "a word that GitHub does not know": Mutant(
        by="vendor.github-workflows",
        file="nightly.yml",
        before="runs-on:",
        after="run-on:",
    ),
    "a job that never ends": Mutant(
        by="custom.github-workflows-require-timeout",
        file="nightly.yml",
        before="    timeout-minutes: 60\n",
        after="",
    ),
    "a word that the shell splits": Mutant(
        by="shellcheck",
        file="nightly.yml",
        before='asgwarm down "$POOL"',
        after="asgwarm down $POOL",
    ),
    "a script that does not end": Mutant(
        by="shellcheck",
        file="nightly.yml",
        before="          fi\n",
        after="",
    ),
    "an option that asgwarm has not": Mutant(
        by="ours",
        file="test.yml",
        before="--wait 5m",
        after="--patience 5m",
    ),
}
