"""`make scan`: judges the templates, and the judges. `--fast` leaves out checkov.

Our own rules see every combination of options. cfn-lint and checkov look at one
resource at a time, so they see each resource in each of the forms that it takes. Then
every mutant has to be noticed, and every rule of ours has to notice one. The last line
is the sum.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable

from tests.prove.templates import judges
from tests.prove.templates.choices import combinations, every_form
from tests.prove.templates.findings import (
    ACCEPTED,
    MOST_ACCEPTED,
    Finding,
    idle,
    unexplained,
)
from tests.prove.templates.judges import Documents
from tests.prove.templates.mutants import MUTANTS, Mutant
from tests.prove.templates.reading import Template, templates
from tests.prove.templates.rendering import rendered


def main() -> int:
    """Judge all; 1 when something was found, or a mutant was not."""
    parser = argparse.ArgumentParser(prog="scan")
    parser.add_argument("--fast", action="store_true")
    fast = parser.parse_args().fast
    began, sources = time.perf_counter(), templates()
    renderings = {
        f"{name}/{number}": rendered(template, values)
        for name, template in sources.items()
        for number, values in enumerate(combinations(template))
    }
    chosen = every_form(renderings)
    bad = _said(faults(sources, renderings, chosen, fast=fast))
    survived = _said(hunt(sources, fast=fast))
    took_s = time.perf_counter() - began
    say(
        f"{len(sources)} templates, {len(renderings)} combinations, "
        f"{len(chosen)} of them with every form: {len(bad)} findings unexplained, "
        f"{len(ACCEPTED)} exceptions; {len(_hunted(fast))} mutants, "
        f"{len(survived)} unnoticed; {took_s:.0f} s"
    )
    return 1 if bad or survived else 0


def faults(
    sources: Documents, renderings: Documents, chosen: Documents, *, fast: bool
) -> list[str]:
    """What is wrong with the templates, or with the list of exceptions."""
    findings = judges.guard(renderings)
    findings |= judges.cfn_lint(sources)
    if not fast:
        findings |= judges.cfn_lint(chosen) | judges.checkov(chosen)
    bad = _told(unexplained(findings))
    if not fast:
        bad += [f"nothing needs the exception for {one}" for one in idle(findings)]
    if len(ACCEPTED) > MOST_ACCEPTED:
        bad.append(f"{len(ACCEPTED)} exceptions, which is over {MOST_ACCEPTED}")
    return bad


def hunt(sources: dict[str, Template], *, fast: bool) -> list[str]:
    """Which mutants live, and which rules of ours notice none."""
    hunted = _hunted(fast)
    documents = {
        f"{mutant.template}/{name}": rendered(
            mutant.of(sources[mutant.template]),
            _first(sources[mutant.template]) | mutant.values,
        )
        for name, mutant in hunted.items()
    }
    findings = judges.guard(documents)
    if not fast:
        findings |= judges.cfn_lint(documents) | judges.checkov(documents)
    found = unexplained(findings)
    lives = []
    for (name, mutant), document in zip(hunted.items(), documents, strict=True):
        by = {(one.judge, one.rule) for one in found if one.document == document}
        if not fast:
            say(f"{name}: {_words(by)}")
        if mutant.by not in {judge for judge, _ in by}:
            lives.append(f"{mutant.by} has to notice {name}, and does not")
    noticing = {one.rule for one in found if one.judge == "guard"}
    idle_rules = sorted(judges.rules_of_guard() - noticing)
    return lives + [f"rule {rule} notices no mutant" for rule in idle_rules]


def _hunted(fast: bool) -> dict[str, Mutant]:
    return {
        name: mutant
        for name, mutant in MUTANTS.items()
        if mutant.by == "guard" or not fast
    }


def _first(template: Template) -> dict[str, str]:
    """The plainest way to deploy it."""
    return next(iter(combinations(template)))


def _words(by: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{judge} {rule}" for judge, rule in sorted(by)) or "lives"


def _told(findings: list[Finding]) -> list[str]:
    """One line for each rule and resource, however many renderings show it."""
    alike = defaultdict(list)
    for one in findings:
        alike[one.judge, one.rule, one.where, one.says].append(one.document)
    return [
        f"{judge} {rule}: {where}: {says} ({len(some)} documents, as {some[0]})"
        for (judge, rule, where, says), some in alike.items()
    ]


def _said(lines: list[str]) -> list[str]:
    for line in lines:
        say(line)
    return lines


def say(line: str) -> None:
    """Tell it at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
