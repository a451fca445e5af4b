"""`make workflows`: linters, and what only we know, on the examples in templates/ci.

GitHub's own schema, zizmor for what is unsafe, shellcheck for the scripts, and the
checks beside this file. Then every mutant has to be noticed. The last line is the sum.
"""

import sys

from tests.prove.workflows.checks import wrong_parameters
from tests.prove.workflows.linters import LINTERS
from tests.prove.workflows.mutants import MUTANTS, Mutant
from tests.prove.workflows.reading import FOLDER, Workflow, workflows


def main() -> int:
    """Lint all; 1 when something is wrong."""
    found = workflows()
    wrong = wrong_parameters((FOLDER / "pool.parameters").read_text("utf-8"))
    wrong += [
        f"{name}: {said}"
        for name, lint in LINTERS.items()
        for workflow in found
        if (said := lint(workflow))
    ]
    lives = [
        f"{mutant.by} has to notice {name}, and does not"
        for name, mutant in MUTANTS.items()
        if not LINTERS[mutant.by](mutated(mutant, found))
    ]
    sys.stdout.writelines(f"{sentence}\n" for sentence in (*wrong, *lives))
    sys.stdout.write(
        f"{len(found)} workflows, {len(LINTERS)} linters: {len(wrong)} findings; "
        f"{len(MUTANTS)} mutants, {len(lives)} unnoticed\n"
    )
    return 1 if wrong or lives else 0


def mutated(mutant: Mutant, found: list[Workflow]) -> Workflow:
    """The file with the fault in it."""
    (whole,) = [one for one in found if one.name == mutant.file]
    if mutant.before not in whole.text:
        raise ValueError(f"{mutant.file} has no {mutant.before!r} any more")
    text = whole.text.replace(mutant.before, mutant.after, 1)
    return Workflow(name=mutant.file, text=text)


if __name__ == "__main__":
    sys.exit(main())
