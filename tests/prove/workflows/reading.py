"""The workflows in templates/ci as values: jobs, steps, and the commands in them.

Source of what a job's token says: GitHub Docs, "OpenID Connect reference".
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "templates" / "ci"

_ROLE = re.compile(r"role-to-assume: \$\{\{ vars\.(\w+) \}\}")
_ONLY = re.compile(r"github\.event_name == '(\w+)'(?! *\|\|)")
_BETWEEN = {"|", "||", "&", "&&", ";", "(", ")", "{", "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a job."""

    where: str  # file, job and number
    run: str  # the shell script, or nothing
    uses: str  # the action, or nothing
    environment: dict[str, str]  # as far as the file says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job that takes a role of AWS."""

    where: str  # file and job
    role: str  # the variable that names the role
    subjects: tuple[str, ...]  # what its tokens say behind the repository's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One file."""

    name: str
    text: str

    @property
    def document(self) -> dict[Any, Any]:
        """What the file says; YAML reads the key `on` as true."""
        found: dict[Any, Any] = yaml.safe_load(self.text)
        return found

    def jobs(self) -> Iterator[Job]:
        """Every job that takes a role."""
        whole = self.document
        for name, said in whole["jobs"].items():
            only = _ONLY.match(said.get("if", ""))
            events = [only[1]] if only else list(whole[True])
            for role in _ROLE.findall(yaml.safe_dump(said)):
                yield Job(
                    where=f"{self.name} {name}",
                    role=role,
                    subjects=tuple(_subjects(said.get("environment", ""), events)),
                )

    def steps(self) -> Iterator[Step]:
        """Every step of every job."""
        whole = self.document
        for job, said in whole["jobs"].items():
            for number, step in enumerate(said["steps"], start=1):
                levels = (whole, said, step)
                yield Step(
                    where=f"{self.name} {job}/{number}",
                    run=step.get("run", ""),
                    uses=step.get("uses", ""),
                    environment={
                        name: str(value)
                        for level in levels
                        for name, value in level.get("env", {}).items()
                    },
                )


def _subjects(environment: str, events: list[str]) -> Iterator[str]:
    if environment:
        yield f"environment:{environment}"
        return
    if "pull_request" in events:
        yield "pull_request"
    if set(events) - {"pull_request"}:
        yield "ref:refs/heads/main"  # the branch of pushes, and of schedules


def workflows() -> list[Workflow]:
    """All that there are."""
    return [
        Workflow(name=path.name, text=path.read_text("utf-8"))
        for path in sorted(FOLDER.glob("*.yml"))
    ]


def commands(script: str) -> Iterator[list[str]]:
    """The words of each simple command of a shell script, quotes removed."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.wordchars += "$:,@{}"
        words: list[str] = []
        for word in (*lexer, ";"):
            if word not in _BETWEEN:
                words.append(word)
            elif words:
                yield words
                words = []
