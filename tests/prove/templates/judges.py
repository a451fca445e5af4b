"""Three programs that judge templates, each in an environment of its own.

A judge takes documents by name and returns findings. One that could not read a document
has not judged it: that is an error, never a pass.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.prove.templates.findings import Finding
from tests.prove.templates.reading import REPOSITORY, Template

RULES = Path(__file__).parent / "rules"
CFN_LINT = Path(sys.executable).with_name("cfn-lint")
CHECKOV = REPOSITORY / ".venv-checkov" / "bin" / "checkov"
GUARD_PACKAGE = (
    REPOSITORY / ".venv-guard/node_modules/@cdklabs/cdk-validator-cfnguard/bin"
)
LONGEST_S = 900
_RESOURCE = re.compile(r'"path": "/Resources/([^/"]+)')

Documents = Mapping[str, Template]


class JudgeError(Exception):
    """A judge did not judge."""


def cfn_lint(documents: Documents) -> set[Finding]:
    """What AWS's own schemas of resources, functions and policies forbid.

    Warnings count; a configuration file that lies about does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = _written(documents, Path(folder))
        said = _run([str(CFN_LINT), "--format", "json", *names], folder, {0, 2, 4, 6})
    return {
        Finding(
            judge="cfn-lint",
            rule=one["Rule"]["Id"],
            document=names[Path(one["Filename"]).name],
            resource=_resource_in(one["Location"]["Path"]),
            says=one["Message"],
        )
        for one in json.loads(said)
    }


def checkov(documents: Documents) -> set[Finding]:
    """What its list of good practice advises."""
    with tempfile.TemporaryDirectory() as folder:
        names = _written(documents, Path(folder))
        command = "--skip-download --framework cloudformation --quiet --compact"
        argv = [str(CHECKOV), *command.split(), "--output", "json", "--directory", "."]
        said = json.loads(_run(argv, folder, {0, 1}))
    given = sum(len(document["Resources"]) for document in documents.values())
    if (read := said["summary"]["resource_count"]) != given:
        raise JudgeError(f"checkov read {read} of {given} resources")
    return {
        Finding(
            judge="checkov",
            rule=one["check_id"],
            document=names[Path(one["file_path"]).name],
            resource=one["resource"].rpartition(".")[2],
            says=one["check_name"],
        )
        for one in said["results"]["failed_checks"]
    }


def guard(documents: Documents) -> set[Finding]:
    """What our own rules beside this file forbid."""
    reports = _guard_reports(documents)
    return {
        Finding(
            judge="guard",
            rule=failed["Rule"]["name"],
            document=name,
            resource=_first_resource(failed),
            says=_first_message(failed),
        )
        for name, report in reports.items()
        for failed in report["not_compliant"]
    }


def rules_of_guard() -> set[str]:
    """The names of our own rules."""
    texts = [path.read_text("utf-8") for path in RULES.glob("*.guard")]
    return {name for text in texts for name in re.findall(r"^rule (\w+) ", text, re.M)}


def _guard_reports(documents: Documents) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        names = _written(documents, Path(folder))
        command = "--structured --output-format json --show-summary none"
        argv = [str(_guard_program()), "validate", "--rules", str(RULES)]
        said = _run([*argv, "--data", folder, *command.split()], folder, {0, 19})
    reports = {names[Path(one["name"]).name]: one for one in json.loads(said)}
    if set(reports) != set(documents):
        raise JudgeError(f"cfn-guard left out {set(documents) - set(reports)}")
    return reports


def _guard_program() -> Path:
    system = {"Linux": "ubuntu", "Darwin": "macos"}[platform.system()]
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return GUARD_PACKAGE / system / machine / "cfn-guard"


def _written(documents: Documents, folder: Path) -> dict[str, str]:
    """Put the documents there; return their names by those of the files."""
    names = {f"{number}.json": name for number, name in enumerate(documents)}
    for file, name in names.items():
        (folder / file).write_text(json.dumps(documents[name]), "utf-8")
    return names


def _run(argv: list[str], folder: str, understood: set[int]) -> str:
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=LONGEST_S,
        check=False,
        env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "HOME": folder},
    )
    if done.returncode not in understood:
        raise JudgeError(f"{argv[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _resource_in(path: list[Any] | None) -> str:
    match path:
        case ["Resources", str() as name, *_]:
            return name
        case _:
            return ""


def _first_resource(failed: Any) -> str:
    found = _RESOURCE.search(json.dumps(failed))
    return found[1] if found else ""


def _first_message(failed: Any) -> str:
    """Our own word, or else what cfn-guard says."""
    text = json.dumps(failed)
    for kind in ("custom_message", "error_message"):
        for said in re.findall(rf'"{kind}": ("(?:[^"\\]|\\.)*")', text):
            if words := json.loads(said).strip():
                return str(words)
    return ""
