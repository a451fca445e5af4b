"""A hosted runner's place taken: a checkout of somebody's repository, a shell in it.

The scripts of templates/ci run as they stand, with the `aws` command and `git`; only
their surroundings are other ones.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.prove.workflows.reading import REPOSITORY, workflows

TIMEOUT_S = 170
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")  # GitHub's own
PROGRAMS = (Path(sys.executable).parent, REPOSITORY / ".venv-aws/bin")
PLAN = "deploy.yml", "Make a change set, describe it, and take it back"
DEPLOY, TEST = ("deploy.yml", "Deploy"), ("test.yml", "Test")
NIGHT = tuple(
    ("nightly.yml", name)
    for name in (
        "Make a pool",
        "Use an instance, and the one that replaces it",
        "Leave nothing",
    )
)

Done = subprocess.CompletedProcess[str]


class Runner:
    """One job's.

    Args:
        folder: Where it works.
        environment: What its shell has, the key for AWS included.
        network: Parameters of the pool that say ids of the region.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], network: Mapping[str, str]
    ) -> None:
        self.folder, self.network = folder, network
        path = os.pathsep.join([*map(str, PROGRAMS), environment["PATH"]])
        self._environment = {**environment, "PATH": path}
        shutil.copytree(REPOSITORY / "templates", folder / "templates")
        self.say()

    def say(self, **changes: str) -> None:
        """Write the pool's parameters, with the ids of this region."""
        path = self.folder / "templates/ci/pool.parameters"
        said = dict(line.split("=", 1) for line in path.read_text().splitlines())
        said |= {**self.network, **changes}
        path.write_text("".join(f"{name}={value}\n" for name, value in said.items()))

    def commit(self, recipe: str) -> None:
        """Make the checkout one whose tests are *recipe*, a line of a Makefile."""
        (self.folder / "Makefile").write_text(f"test:\n\t{recipe}\n")
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for words in (["init", "-q"], ["add", "Makefile"], ["commit", "-qm", "x"]):
            subprocess.run([*git, *words], cwd=self.folder, check=True)

    def step(self, file: str, name: str, **environment: str) -> Done:
        """Run the script of the step called *name* as its workflow has it."""
        (workflow,) = [one for one in workflows() if one.name == file]
        (script, said) = next(
            (step["run"], workflow.document.get("env", {}))
            for job in workflow.document["jobs"].values()
            for step in job["steps"]
            if step.get("name") == name
        )
        return subprocess.run(
            [*SHELL, script],
            cwd=self.folder,
            env=self._environment | said | environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
