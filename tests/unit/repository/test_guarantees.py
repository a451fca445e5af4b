"""The README's promises: each leads to a test that is there, and to how it is run."""

import re

import pytest

LINE = re.compile(
    r"\| (?P<promise>[^|]+) \| \[`(?P<test>test_\w+)`\]\((?P<path>tests/[^)]+\.py)\) "
    r"\| `make (?P<target>[a-z-]+)` \|"
)


@pytest.fixture
def lines(repository):
    """The lines of the table, without its head."""
    readme = (repository / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Guarantees\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


@pytest.fixture
def promises(lines):
    """The lines, understood."""
    return [match for line in lines if (match := LINE.fullmatch(line))]


def test_every_promise_has_one_proof(lines, promises):
    """A line without a link, or a promise made twice, is no guarantee."""
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert len({match["promise"] for match in promises}) == len(promises) > 10


def test_every_proof_is_there(repository, promises):
    """The file exists and has that test."""
    dead = [
        match["path"] + " " + match["test"]
        for match in promises
        if not (repository / match["path"]).is_file()
        or f"def {match['test']}("
        not in (repository / match["path"]).read_text(encoding="utf-8")
    ]

    assert dead == []


def test_every_proof_can_be_run(repository, promises):
    """The target is one of the Makefile's."""
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))

    assert {match["target"] for match in promises} <= targets
