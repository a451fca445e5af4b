"""Builds templates/pool.yaml: `python -m asgwarm.stack.bundle [--check]`.

templates/pool.in.yaml is written by hand and says where the function's source, the
guest's script and the names of the guest's attributes go; this puts them there.

Rule 1: what AWS runs stands readable in the template: a reviewer needs no other file.
Rule 2: the same sources give the same bytes; --check fails on any difference.
"""

import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from asgwarm import __version__
from asgwarm.stack.flatten import FlattenError, Module, flatten
from asgwarm.stack.squeeze import squeeze

PACKAGE = Path(__file__).resolve().parents[1]
TEMPLATES = PACKAGE.parent / "templates"

# What the function runs, each after what it imports.
MODULES = (
    "asgwarm.clock",
    "asgwarm.domain.value",
    "asgwarm.domain.record",
    "asgwarm.domain.fleet",
    "asgwarm.domain.meta",
    "asgwarm.domain.capacity",
    "asgwarm.domain.edges",
    "asgwarm.domain.decide",
    "asgwarm.registry.table",
    "asgwarm.registry.rows",
    "asgwarm.registry.pool_row",
    "asgwarm.fleet.ec2",
    "asgwarm.fleet.group",
    "asgwarm.lambdas.world",
    "asgwarm.lambdas.settle",
    "asgwarm.lambdas.reconcile",
    "asgwarm.lambdas.guard",
    "asgwarm.lambdas.handler",
)
GUEST = "asgwarm.guest.guest"

MAX_FUNCTION_BYTES = 28_000  # leaves room for everything else
MAX_TEMPLATE_BYTES = 51_200  # TemplateBody of CreateStack, CloudFormation API reference
_PLACE = re.compile(r"^( *)\{\{(\w+)\}\}$", re.MULTILINE)


def source_of(module: str) -> str:
    """Source text of one of the package's modules."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return path.read_text(encoding="utf-8")


def function_text() -> str:
    """The function's source, as one text.

    Raises:
        FlattenError: The modules cannot become one text.
    """
    modules = [Module(name=name, source=source_of(name)) for name in MODULES]
    head = f"# asgwarm {__version__}, made of its modules by asgwarm.stack.bundle.\n"
    return head + flatten(modules)


def guest_text() -> str:
    """The guest's script, as it stands in the instances' user data.

    Raises:
        FlattenError: CloudFormation would replace something in it.
    """
    text = squeeze(source_of(GUEST))
    if "${" in text:
        raise FlattenError(f"{GUEST}: CloudFormation would replace `${{` in it")
    return text


def guest_attributes() -> tuple[str, ...]:
    """Names of the table's attributes that the guest's request mentions."""
    for statement in ast.parse(source_of(GUEST)).body:
        if isinstance(statement, ast.Assign):
            names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
            if names == ["ATTRIBUTES"]:
                return tuple(ast.literal_eval(statement.value).split())
    raise FlattenError(f"{GUEST} does not define ATTRIBUTES")


def render(template: str, texts: Mapping[str, str], words: Mapping[str, str]) -> str:
    """Put *texts* in the place of whole lines `{{name}}`, *words* anywhere else."""

    def indented(place: re.Match[str]) -> str:
        lines = texts[place[2]].rstrip("\n").split("\n")
        return "\n".join(place[1] + line if line else "" for line in lines)

    for name, word in words.items():
        template = template.replace("{{" + name + "}}", word)
    return _PLACE.sub(indented, template)


def bundle() -> str:
    """Text of templates/pool.yaml.

    Raises:
        FlattenError: Something does not fit.
    """
    return render(
        (TEMPLATES / "pool.in.yaml").read_text(encoding="utf-8"),
        texts={"function": function_text(), "guest": guest_text()},
        words={
            "version": __version__,
            "guest_attributes": ", ".join(guest_attributes()),
        },
    )


def too_long(function: str, template: str) -> list[str]:
    """What has more bytes than it may have, in words."""
    found = []
    for what, text, most in (
        ("the function", function, MAX_FUNCTION_BYTES),
        ("the template", template, MAX_TEMPLATE_BYTES),
    ):
        if (size := len(text.encode())) > most:
            found.append(f"{what} has {size:,} bytes, {size - most:,} too many")
    return found


def main(arguments: list[str]) -> int:
    """Write the template, or with --check say whether it is up to date."""
    path = TEMPLATES / "pool.yaml"
    try:
        text, problems = bundle(), too_long(function_text(), bundle())
    except FlattenError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if arguments != ["--check"]:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        problems.append(f"{path} is out of date")
    sys.stderr.writelines(f"error: {problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
