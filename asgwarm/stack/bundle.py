"""Builds templates/pool.yaml: `python -m asgwarm.stack.bundle [--check]`.

templates/pool.in.yaml is written by hand and says where the function's source, the
guest's script and the names of the guest's attributes go; this puts them there.
templates/function.py.txt is what the function runs, as one text to read.

Rule 1: the function's source stands in the template as text if it fits, else packed,
with the command that prints it; the two texts are the same, byte for byte.
Rule 2: the same sources give the same bytes; --check fails on any difference.
"""

import ast
import base64
import bz2
import hashlib
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from asgwarm import __version__
from asgwarm.stack.flatten import FlattenError, Module, flatten
from asgwarm.stack.squeeze import SqueezeError, squeeze

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

MAX_TEMPLATE_BYTES = 51_200  # TemplateBody of CreateStack, CloudFormation API reference
MAX_USER_DATA_BYTES = 16_384  # before base64; EC2 API reference, RunInstances
_PLACE = re.compile(r"^( *)\{\{(\w+)\}\}$", re.MULTILINE)

# bz2 gives the same bytes everywhere; zlib does not promise that.
_PACKED = '''\
# The function's source, packed: as text it would not fit into a template. To read it:
# python3 index.py, or templates/function.py.txt of asgwarm {version} (SHA-256
# {digest}).
import base64
import bz2

SOURCE = bz2.decompress(base64.b64decode("""
{packed}
""")).decode()

if __name__ == "__main__":
  import sys
  sys.stdout.write(SOURCE)
else:
  exec(compile(SOURCE, "function.py", "exec"))
'''


def source_of(module: str) -> str:
    """Source text of one of the package's modules."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return path.read_text(encoding="utf-8")


def function_text() -> str:
    """What the function runs, as one text.

    Raises:
        FlattenError: The modules cannot become one text.
    """
    modules = [Module(name=name, source=source_of(name)) for name in MODULES]
    head = f"# asgwarm {__version__}: the function that keeps a pool\n\n"
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


def packed(source: str) -> str:
    """A short program that runs *source*."""
    data = base64.b64encode(bz2.compress(source.encode(), 9)).decode()
    return _PACKED.format(
        version=__version__,
        digest=hashlib.sha256(source.encode()).hexdigest(),
        packed="\n".join(textwrap.wrap(data, 120)),
    )


def render(template: str, texts: Mapping[str, str], words: Mapping[str, str]) -> str:
    """Put *texts* in the place of whole lines `{{name}}`, *words* anywhere else."""

    def indented(place: re.Match[str]) -> str:
        lines = texts[place[2]].rstrip("\n").split("\n")
        return "\n".join(place[1] + line if line else "" for line in lines)

    for name, word in words.items():
        template = template.replace("{{" + name + "}}", word)
    return _PLACE.sub(indented, template)


def pool_yaml() -> str:
    """Text of templates/pool.yaml.

    Raises:
        FlattenError: Something does not fit.
    """
    template = (TEMPLATES / "pool.in.yaml").read_text(encoding="utf-8")
    words = {
        "version": __version__,
        "guest_attributes": ", ".join(guest_attributes()),
    }
    function = function_text()
    size = 0
    for source in (function, packed(function)):
        text = render(template, {"function": source, "guest": guest_text()}, words)
        size = len(text.encode())
        if size <= MAX_TEMPLATE_BYTES:
            return text
    raise FlattenError(f"the template has {size - MAX_TEMPLATE_BYTES:,} bytes too many")


def files() -> Iterator[tuple[Path, str]]:
    """Each file that is built, and what belongs into it."""
    yield TEMPLATES / "pool.yaml", pool_yaml()
    yield TEMPLATES / "function.py.txt", function_text()


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say whether they are up to date."""
    try:
        built = list(files())
    except (FlattenError, SqueezeError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    stale = [
        path.name
        for path, text in built
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if arguments == ["--check"]:
        for name in stale:
            sys.stderr.write(f"error: templates/{name} is out of date\n")
        return 1 if stale else 0
    for path, text in built:
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
