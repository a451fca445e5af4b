"""Builds templates/pool.yaml: `python -m asgwarm.stack.bundle [--check]`.

templates/pool.in.yaml is written by hand and says where the function's source, the
guest's script and the names of the guest's attributes go; this puts them there.

Rule 1: the function's source stands in the template as text, so that a reviewer reads
what will run; the guest's script stands there compressed, as cloud-init takes it.
Comments stay where they were written.
Rule 2: the same sources give the same bytes; --check fails on any difference. What
compresses is pinned for it: zlib's bytes are another machine's to choose.
"""

import ast
import base64
import gzip
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
import zopfli.gzip

from asgwarm import __version__
from asgwarm.stack.flatten import FlattenError, Module, flatten
from asgwarm.stack.squeeze import SqueezeError, squeeze

PACKAGE = Path(__file__).resolve().parents[1]
TEMPLATES = PACKAGE.parent / "templates"

# What the function runs, each after what it imports.
MODULES = (
    "asgwarm.clock",
    "asgwarm.domain.value",
    "asgwarm.domain.reading",
    "asgwarm.domain.record",
    "asgwarm.domain.edges",
    "asgwarm.domain.fleet",
    "asgwarm.domain.meta",
    "asgwarm.domain.capacity",
    "asgwarm.domain.decide",
    "asgwarm.domain.breaker",
    "asgwarm.domain.plan",
    "asgwarm.domain.metrics",
    "asgwarm.registry.table",
    "asgwarm.registry.registry",
    "asgwarm.fleet.fleet",
    "asgwarm.lambdas.world",
    "asgwarm.lambdas.settle",
    "asgwarm.lambdas.reconcile",
    "asgwarm.lambdas.guard",
    "asgwarm.lambdas.handler",
)
# Whose text stands there for another module's.
STAND_INS = {"asgwarm.domain.value": "asgwarm.lambdas.value"}
GUEST = "asgwarm.guest.guest"

MAX_FUNCTION_BYTES = 29_300  # leaves room for the rest, and for what is to come
MAX_TEMPLATE_BYTES = 51_200  # TemplateBody of CreateStack, CloudFormation API reference
HEAD = "# Made of templates/pool.in.yaml and asgwarm's modules, which explain it.\n"
_PLACE = re.compile(r"^( *)\{\{(\w+)\}\}$", re.MULTILINE)
_COMMENT = re.compile(r"^ *# .*\n| +# .*$", re.MULTILINE)  # no `#cloud-config`
_PACKED = re.compile(r"(?<=content: )H4sI[A-Za-z0-9+/=]+$", re.MULTILINE)


def source_of(module: str) -> str:
    """Source text of one of the package's modules."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return path.read_text(encoding="utf-8")


def function_text() -> str:
    """What the function runs, as one text.

    Raises:
        FlattenError: The modules cannot become one text.
    """
    modules = [
        Module(name=name, source=source_of(STAND_INS.get(name, name)))
        for name in MODULES
    ]
    head = f"# asgwarm {__version__}; its modules explain it\n"
    return head + flatten(modules)


def guest_text() -> str:
    """The guest's script, as it is written onto an instance."""
    return squeeze(source_of(GUEST))


def guest_attributes() -> tuple[str, ...]:
    """Names of the table's attributes that the guest's request mentions."""
    for statement in ast.parse(source_of(GUEST)).body:
        if isinstance(statement, ast.Assign):
            names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
            if names == ["ATTRIBUTES"]:
                return tuple(ast.literal_eval(statement.value).split())
    raise FlattenError(f"{GUEST} does not define ATTRIBUTES")


def packed(text: str) -> str:
    """A text as cloud-init takes it with `encoding: gz+b64`."""
    return base64.b64encode(zopfli.gzip.compress(text.encode())).decode()


def unpacked(template: str) -> str:
    """A template with what is packed in it as text."""

    def text(place: re.Match[str]) -> str:
        return gzip.decompress(base64.b64decode(place[0])).decode()

    return _PACKED.sub(text, template)


def render(template: str, texts: Mapping[str, str], words: Mapping[str, str]) -> str:
    """Put *texts* in the place of whole lines `{{name}}`, *words* anywhere else."""

    def indented(place: re.Match[str]) -> str:
        lines = texts[place[2]].rstrip("\n").split("\n")
        return "\n".join(place[1] + line if line else "" for line in lines)

    for name, word in words.items():
        template = template.replace("{{" + name + "}}", word)
    return _PLACE.sub(indented, template)


def uncommented(template: str) -> str:
    """The same template without comments: marks with a blank behind them."""
    return _COMMENT.sub("", template)


def tightened(template: str) -> str:
    """The same template without the blank behind a comma that YAML does not need."""
    ends = [
        token.end_mark.index
        for token in yaml.scan(template)
        if isinstance(token, yaml.FlowEntryToken)
    ]
    for end in reversed(ends):
        template = template[:end] + template[end:].removeprefix(" ")
    return template


def pool_yaml() -> str:
    """Text of templates/pool.yaml.

    Raises:
        FlattenError: Something does not fit.
    """
    function = function_text()
    words = {
        "version": __version__,
        "guest_attributes": ", ".join(guest_attributes()),
        "guest": packed(guest_text()),
    }
    template = uncommented((TEMPLATES / "pool.in.yaml").read_text(encoding="utf-8"))
    text = HEAD + tightened(render(template, {"function": function}, words))
    for what, found, most in (
        ("function", function, MAX_FUNCTION_BYTES),
        ("template", text, MAX_TEMPLATE_BYTES),
    ):
        if (size := len(found.encode())) > most:
            raise FlattenError(f"the {what} has {size - most:,} bytes too many")
    return text


def main(arguments: list[str]) -> int:
    """Write the template, or with --check say whether it is up to date."""
    path = TEMPLATES / "pool.yaml"
    try:
        text = pool_yaml()
    except (FlattenError, SqueezeError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    found = path.read_text(encoding="utf-8") if path.is_file() else ""
    if found == text:
        return 0
    if arguments == ["--check"]:
        command = "python -m asgwarm.stack.bundle"
        sys.stderr.write(f"error: templates/pool.yaml is out of date: {command}\n")
        return 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
