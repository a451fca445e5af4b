"""The roles that jobs take, as templates/access.yaml makes them.

Rule: an output's description is the name of the variable that the workflows read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.prove.templates.reading import Template, read
from tests.prove.workflows.reading import REPOSITORY, workflows

OWN = "repo:owner/name"  # the repository that has the workflows
# The parameter that says whom a role trusts, by the role's logical id.
PARAMETERS = {
    "CiPlanRole": "PlanSubject",
    "CiDeployRole": "DeploySubject",
    "CiUseRole": "UseSubject",
    "CiNightlyRole": "NightlySubject",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role, and the jobs that take it.

    Attributes:
        name: Its logical id, which is the output's as well.
        parameter: The one that says whom it trusts.
        pattern: What that parameter takes.
        subjects: What the tokens of its jobs say, in the workflows' order.
    """

    name: str
    parameter: str
    pattern: str
    subjects: tuple[str, ...]


@cache
def access() -> Template:
    """The template."""
    return read((REPOSITORY / "templates/access.yaml").read_text("utf-8"))


def roles() -> dict[str, Role]:
    """All that the template makes for jobs, by the names of their variables."""
    found = {}
    for name, output in access()["Outputs"].items():
        if name in PARAMETERS:
            variable, parameter = output.get("Description", ""), PARAMETERS[name]
            found[variable] = Role(
                name=name,
                parameter=parameter,
                pattern=access()["Parameters"][parameter]["AllowedPattern"],
                subjects=tuple(dict.fromkeys(_subjects(variable))),
            )
    return found


def _subjects(variable: str) -> Iterator[str]:
    for workflow in workflows():
        for job in workflow.jobs():
            if job.role == variable:
                yield from (f"{OWN}:{subject}" for subject in job.subjects)
