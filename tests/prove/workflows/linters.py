"""Five ways to look at a workflow; each returns what it says against it."""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.prove.workflows.checks import wrong_with
from tests.prove.workflows.reading import REPOSITORY, Workflow

Linter = Callable[[Workflow], str]

PROGRAMS = REPOSITORY / ".venv-workflows" / "bin"


def _ours(workflow: Workflow) -> str:
    return "\n".join(wrong_with(workflow))


def _schema(name: str) -> Linter:
    def lint(workflow: Workflow) -> str:
        return _on_file(workflow, "check-jsonschema", "--builtin-schema", name)

    return lint


def _zizmor(workflow: Workflow) -> str:
    strict = ("--persona=pedantic", "--strict-collection")
    return _on_file(workflow, "zizmor", "--offline", "--quiet", *strict)


def _shellcheck(workflow: Workflow) -> str:
    said = [
        (step.where, _complaint("shellcheck", "--shell=bash", "-", script=step.run))
        for step in workflow.steps()
        if step.run
    ]
    return "\n".join(f"{where}: {words}" for where, words in said if words)


LINTERS: dict[str, Linter] = {
    "ours": _ours,
    "vendor.github-workflows": _schema("vendor.github-workflows"),
    "custom.github-workflows-require-timeout": _schema(
        "custom.github-workflows-require-timeout"
    ),
    "zizmor": _zizmor,
    "shellcheck": _shellcheck,
}


def _on_file(workflow: Workflow, program: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / workflow.name
        path.write_text(workflow.text, "utf-8")
        return _complaint(program, *arguments, str(path))


def _complaint(program: str, *arguments: str, script: str = "") -> str:
    """What a program says against its input; nothing if it is content."""
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return done.stdout + done.stderr or f"{program} ended with {done.returncode}"
