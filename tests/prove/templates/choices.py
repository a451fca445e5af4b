"""Every combination of options that a template can be deployed with.

An axis is a parameter that a condition asks about, or that has few values to choose
from; sizes and names change nothing in what is made. Combinations that nobody can want
are left out, each by a rule of `_makes_sense`.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.prove.templates.reading import Template

Values = dict[str, str]

FEW = 3  # values; more of them are sizes

# What somebody would type where the template's default is to say nothing, or where it
# has none. Of several the first counts that the parameter's pattern takes.
SAMPLES = {
    "AllowCidr": ["203.0.113.0/24"],
    "DeadLetters": ["asgwarm-dev-DeadLetters-0123456789AB"],
    "DeploySubject": ["repo:example/infrastructure:environment:asgwarm"],
    "Endpoint": [
        "eice-0123456789abcdef0 eice-0.example.com sg-0123456789abcdef0",
        "eice-0123456789abcdef0",
    ],
    "Function": ["asgwarm-dev-Function-0123456789AB"],
    "ImageIdOverride": ["ami-0fedcba9876543210"],
    "NightlySubject": ["repo:example/product:environment:asgwarm-nightly"],
    "OidcProvider": [
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    ],
    "PlanSubject": ["repo:example/infrastructure:pull_request"],
    "SubnetId": ["subnet-0123456789abcdef0"],
    "Subnets": ["subnet-0123456789abcdef0,subnet-0fedcba9876543210"],
    "Topic": ["arn:aws:sns:us-east-1:111122223333:pools"],
    "TrustedPrincipal": ["arn:aws:iam::111122223333:root"],
    "UseSubject": ["repo:example/product:ref:refs/heads/main"],
    "VpcId": ["vpc-0123456789abcdef0"],
}


class NoSampleError(KeyError):
    """A parameter without default, or one that decides something, needs a sample."""


def axes(template: Template) -> dict[str, list[str]]:
    """The values to combine of each parameter that has an influence."""
    asked = set(_references(template.get("Conditions", {})))
    found = {}
    for name, parameter in template.get("Parameters", {}).items():
        allowed = [str(one) for one in parameter.get("AllowedValues", [])]
        if allowed and len(allowed) <= FEW:
            found[name] = allowed
        elif name in asked:
            found[name] = [str(parameter.get("Default", "")), _sample(name, parameter)]
        elif "Default" not in parameter:
            found[name] = [_sample(name, parameter)]
    return found


def combinations(template: Template) -> Iterator[Values]:
    """Values for the parameters, once for each way to deploy the template."""
    listed = axes(template)
    for chosen in itertools.product(*listed.values()):
        values = dict(zip(listed, chosen, strict=True))
        if _makes_sense(values):
            yield values


def every_form(renderings: Mapping[str, Template]) -> dict[str, Template]:
    """As few of *renderings* as show each resource in each form that it takes.

    Their names begin with the template's, up to a slash.
    """
    forms = {
        name: {
            (name.partition("/")[0], resource, json.dumps(body, sort_keys=True))
            for resource, body in document["Resources"].items()
        }
        for name, document in renderings.items()
    }
    left, chosen = set().union(*forms.values()), {}
    while left:
        best = max(forms, key=lambda name: len(forms[name] & left))
        chosen[best] = renderings[best]
        left -= forms[best]
    return chosen


def _makes_sense(values: Values) -> bool:
    """Whether `up` or a careful person would ask for that."""
    if values.get("Endpoint") and values.get("AddressType") == "public":
        return False  # an endpoint leads to private addresses
    # The subnets of a VPC have to be said: the default ones are in another.
    if values.get("VpcId") and not values.get("Subnets", "-"):
        return False
    # Nobody's token is trusted without a provider.
    return bool(values.get("OidcProvider", "-")) or not _subjects(values)


def _subjects(values: Values) -> list[str]:
    return [value for name, value in values.items() if value and "Subject" in name]


def _sample(name: str, parameter: Mapping[str, Any]) -> str:
    pattern = parameter.get("AllowedPattern", ".*")
    fitting = [one for one in SAMPLES.get(name, []) if re.fullmatch(pattern, one)]
    if not fitting:
        raise NoSampleError(f"{name}: put what somebody would type into SAMPLES")
    return fitting[0]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "Ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
