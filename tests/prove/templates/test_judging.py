"""Nothing is excused but what the list names, and every mutant has a fault."""

import pytest
import yaml

from tests.prove.templates import judges
from tests.prove.templates.choices import combinations
from tests.prove.templates.findings import (
    ACCEPTED,
    MOST_ACCEPTED,
    Finding,
    idle,
    unexplained,
)
from tests.prove.templates.mutants import MUTANTS
from tests.prove.templates.reading import REPOSITORY, templates
from tests.prove.templates.rendering import rendered

SOURCES = templates()


def finding(**changes):
    """One that is accepted, unless something of it is changed."""
    usual = {
        "judge": "checkov",
        "rule": "CKV_AWS_119",
        "document": "pool/7",
        "resource": "Table",
        "says": "no key of its own",
    }
    return Finding(**(usual | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"judge": "guard"},
        {"rule": "CKV_AWS_28"},
        {"document": "network/7"},
        {"resource": "Ledger"},
    ],
)
def test_an_exception_holds_for_one_rule_on_one_resource(changes):
    """Another judge, rule, template or resource is a finding."""
    other = finding(**changes)

    assert unexplained([finding(), other]) == [other]


def test_an_exception_that_nothing_needs_is_told():
    """The list says what is there, not what was once."""
    everything = {
        finding(judge=one.judge, rule=rule, document="pool", resource=where[5:])
        for one in ACCEPTED
        for rule, where in one.findings
    }

    assert idle(everything) == []
    assert idle(everything - {finding(document="pool")}) == [
        ("CKV_AWS_119", "pool/Table")
    ]


def test_there_are_few_exceptions_and_each_says_why():
    """A fifth one has to take another's place."""
    assert len(ACCEPTED) <= MOST_ACCEPTED
    assert all(len(one.reason.split()) > 10 for one in ACCEPTED)


def test_cfn_lint_ignores_by_itself_what_the_list_accepts():
    """Whoever runs it in a checkout sees what `make scan` sees."""
    settings = yaml.safe_load((REPOSITORY / ".cfnlintrc").read_text())
    accepted = [
        rule for one in ACCEPTED if one.judge == "cfn-lint" for rule, _ in one.findings
    ]

    assert settings["ignore_checks"] == accepted


def test_every_mutant_differs_from_what_it_is_made_of():
    """Under the options under which it is judged."""
    same = [
        name
        for name, mutant in MUTANTS.items()
        for values in [next(combinations(SOURCES[mutant.template])) | mutant.values]
        if rendered(mutant.of(SOURCES[mutant.template]), values)
        == rendered(SOURCES[mutant.template], values)
    ]

    assert same == []
    assert len(MUTANTS) >= 20


def test_a_finding_names_its_resource():
    """As the template calls it."""
    mutant = MUTANTS["a runtime of the past"].of(SOURCES["pool"])

    found = judges.cfn_lint({"pool/0": rendered(mutant, {})})

    assert [(one.rule, one.where) for one in unexplained(found)] == [
        ("W2531", "pool/Function")
    ]


def test_what_cannot_be_read_is_no_pass():
    """A judge says that it is no template."""
    assert unexplained(judges.cfn_lint({"pool/0": {"Resources": 5}}))
