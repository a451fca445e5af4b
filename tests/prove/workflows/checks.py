"""What no linter knows about the workflows: that they fit this repository.

Each check yields sentences that say what is wrong and where.
"""

import re
from collections.abc import Iterator
from string import Template
from types import SimpleNamespace
from typing import Any

from asgwarm.cli.catalogue import Command
from asgwarm.cli.main import module_of, run
from tests.prove.templates.reading import read
from tests.prove.workflows.reading import FOLDER, REPOSITORY, Step, Workflow, commands
from tests.prove.workflows.roles import OWN, roles

_PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
_PATH = re.compile(r"(?<![\w./-])((?:templates|\.github/workflows)/[\w./-]+)")
_VARIABLE = re.compile(r"\$\{\{ vars\.(\w+) \}\}")
# What the variables of a repository may say; others are any text.
_SAID = {
    "ASGWARM_VPC": "vpc-0123456789abcdef0",
    "ASGWARM_SUBNET": "subnet-0123456789abcdef0",
}


def wrong_with(workflow: Workflow) -> list[str]:
    """Everything that is wrong with one file."""
    found = [*_pins(workflow), *_paths(workflow), *_variables(workflow)]
    found += _roles(workflow)
    for step in workflow.steps():
        found += [*_expressions(step), *_asgwarm(step)]
    return found


def wrong_parameters(text: str) -> list[str]:
    """What of a file of parameters, one on a line, the pool's template refuses."""
    known = read((REPOSITORY / "templates/pool.yaml").read_text("utf-8"))["Parameters"]
    found = []
    for name, _, value in (line.partition("=") for line in text.splitlines()):
        said = known.get(name)
        if said is None:
            found.append(f"the template has no parameter {name}")
        elif not re.fullmatch(said.get("AllowedPattern", ".*"), value):
            found.append(f"the template refuses {name}={value}")
    return found


def _pins(workflow: Workflow) -> Iterator[str]:
    for line in workflow.text.splitlines():
        if "uses:" in line and not _PINNED.search(line):
            yield f"{workflow.name}: no commit and version in: {line.strip()}"


def _paths(workflow: Workflow) -> Iterator[str]:
    for path in _PATH.findall(workflow.text):
        there = path.replace(".github/workflows/", "templates/ci/")
        if not (REPOSITORY / there).is_file():
            yield f"{workflow.name}: there is no {path}"


def _variables(workflow: Workflow) -> Iterator[str]:
    explained = (FOLDER / "README.md").read_text("utf-8")
    for name in sorted(set(_VARIABLE.findall(workflow.text))):
        if f"`{name}`" not in explained:
            yield f"{workflow.name}: templates/ci/README.md does not explain {name}"


def _roles(workflow: Workflow) -> Iterator[str]:
    """Roles that templates/access.yaml makes for nobody, or not for this job."""
    known = roles()
    for job in workflow.jobs():
        subjects = ",".join(f"{OWN}:{subject}" for subject in job.subjects)
        if job.role not in known:
            yield f"{job.where}: templates/access.yaml has no output for {job.role}"
        elif not re.fullmatch(known[job.role].pattern, subjects):
            yield f"{job.where}: {known[job.role].parameter} does not take {subjects}"


def _expressions(step: Step) -> Iterator[str]:
    if "${{" in step.run:
        yield f"{step.where}: an expression in a script; hand it over in env"


def _asgwarm(step: Step) -> Iterator[str]:
    """Command lines that the real parser does not take."""
    values = {
        name: _VARIABLE.sub(lambda found: _SAID.get(found[1], "text"), value)
        for name, value in step.environment.items()
    }
    for name, *words in commands(step.run):
        if name == "asgwarm":
            typed = [Template(word).safe_substitute(values) for word in words]
            if (code := _parsed(typed)) != 0:
                yield f"{step.where}: asgwarm {' '.join(typed)} ends with {code}"


def _parsed(argv: list[str]) -> int:
    """The exit code of a command line whose command does nothing."""

    def load(command: Command) -> Any:
        return SimpleNamespace(Flags=module_of(command).Flags, run=lambda *_: 0)

    return run(argv, {}, load)
