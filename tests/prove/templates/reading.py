"""Templates as values: YAML with CloudFormation's short forms, written out.

`!Ref X` becomes {"Ref": "X"}, `!GetAtt A.B` {"Fn::GetAtt": ["A", "B"]} and so on, which
is what every judge reads as JSON.
"""

from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]

REPOSITORY = Path(__file__).resolve().parents[3]


class _Loader(yaml.SafeLoader):
    """Reads short forms as well."""


def _written_out(loader: Any, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        found: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        found = loader.construct_sequence(node, deep=True)
    else:
        found = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(found, str):
        found = found.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": found}


_Loader.add_multi_constructor("!", _written_out)


def read(text: str) -> Template:
    """The template that *text* is."""
    found: Template = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return found


def templates() -> dict[str, Template]:
    """Every template that is deployed, by the name of its file."""
    paths = sorted((REPOSITORY / "templates").glob("*.yaml"))
    return {
        path.stem: read(path.read_text("utf-8"))
        for path in paths
        if not path.name.endswith(".in.yaml")
    }
