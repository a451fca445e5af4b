"""The workflows in templates/ci as values: jobs, steps, and the commands in them."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "templates" / "ci"

_BETWEEN = {"|", "||", "&", "&&", ";", "(", ")", "{", "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a job."""

    where: str  # file, job and number
    run: str  # the shell script, or nothing
    uses: str  # the action, or nothing
    environment: dict[str, str]  # as far as the file says it


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
