"""Templates as CloudFormation reads them."""

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Short forms of functions become {name: value}."""


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def read(text: str) -> dict[str, Any]:
    """The document in *text*."""
    found = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    assert isinstance(found, dict)
    return found
