"""Several modules as one text."""

import re
import subprocess
import sys
from dataclasses import asdict, replace
from typing import Any

import pytest

from asgwarm.lambdas.value import value
from asgwarm.stack.bundle import function_text
from asgwarm.stack.flatten import FlattenError, Module, flatten
from asgwarm.stack.layout import WIDTH
from asgwarm.stack.squeeze import squeeze

RULES = '''"""Rules of it.

More about them.
"""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elsewhere import Thing

LIMIT = 3


def rule(value: int, *, other: "Thing | None" = None) -> str:
    """Say it."""
    return json.dumps({"value": value, "limit": LIMIT})
'''
ENTRY = '''"""The entry."""

import json
import os

from asgwarm.rules import LIMIT, rule


def handler(event: dict[str, int], context: object) -> str:
    """Serve one event."""
    text: str = rule(event["value"])
    return text + json.dumps(LIMIT) + os.sep
'''

IDLE = """
import json

ALIAS = dict[str, int]
LEFT = json.loads("{}")


def unused():
    return other()


def other():
    return 1


def handler():
    return 2
"""

NOTHING_BUT = """
import sys

class Deny:
    def find_spec(self, name, path=None, target=None):
        root = name.split(".")[0]
        allowed = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six",
                   "urllib3", "awscrt", "brotli", "brotlicffi", "zstandard", "socks",
                   "backports", "h2"}
        if root in sys.stdlib_module_names or root in allowed:
            return None
        raise ImportError(f"{name} is not there in AWS Lambda")

sys.meta_path.insert(0, Deny())
text = sys.stdin.read()
names = {"__name__": "index"}
import types
index = sys.modules["index"] = types.ModuleType("index")
exec(compile(text, "index.py", "exec"), index.__dict__)
assert callable(index.handler)
"""


def _modules(**changes: str) -> list[Module]:
    sources = {"asgwarm.rules": RULES, "asgwarm.entry": ENTRY} | {
        name.replace("_", "."): source for name, source in changes.items()
    }
    return [Module(name=name, source=source) for name, source in sources.items()]


def test_the_text_does_what_the_modules_do():
    """Imports between them vanish, the others stand above, once."""
    text = flatten(_modules())

    names: dict[str, object] = {}
    exec(compile(text, "index.py", "exec"), names)  # noqa: S102 - what is tested
    handler = names["handler"]
    assert callable(handler)
    assert handler({"value": 1}, None) == '{"value": 1, "limit": 3}3/'
    assert text.count("import json") == 1
    assert "asgwarm.rules import" not in text
    assert "TYPE_CHECKING" not in text


def test_the_same_modules_give_the_same_text():
    """Otherwise a check for drift would mean nothing."""
    assert flatten(_modules()) == flatten(_modules())


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("import asgwarm.rules\n", "asgwarm"),
        ("from asgwarm.rules import rule as other\n", "renames"),
        ("import json as j\n", "renames"),
        ("from .rules import rule\n", "relative"),
        ("from asgwarm.later import thing\n", "does not come earlier"),
        ("from asgwarm import rules\n", "asgwarm"),
        ("from asgwarm.rules import nothing\n", "does not define"),
        ("import requests\n", "not there at run time"),
        ("from __future__ import annotations\n", "not there at run time"),
        ("LIMIT = 4\n", "define 'LIMIT'"),
        ("from os import rule\n", "also imported"),
        ("def f():\n    from asgwarm.rules import rule\n", "inside a block"),
    ],
)
def test_what_cannot_vanish_is_refused(entry, said):
    """With the module's name and the cause, instead of a surprise in AWS."""
    with pytest.raises(FlattenError, match=said):
        flatten(_modules(asgwarm_entry=entry))


def test_a_squeezed_text_means_the_same():
    """Annotations of fields stay, text in quotes keeps its blanks."""
    text = squeeze(
        '"""Doc."""\n\n\nclass Point:\n    """A place."""\n\n    x: int = 1\n\n'
        '    def where(self, scale: float = 1.0) -> str:\n        """Where."""\n'
        '        return """\n        as it stands\n        """ * int(scale)\n'
    )

    names: dict[str, object] = {}
    exec(compile(text, "squeezed", "exec"), names)  # noqa: S102 - what is tested
    point = names["Point"]
    assert isinstance(point, type)
    assert point.__annotations__ == {"x": int}
    assert point().where() == "\n        as it stands\n        "


def test_lines_are_filled_inside_parentheses_and_not_in_braces():
    """A table is read by the line, a call is not."""
    names = [f"value_{number}" for number in range(12)]
    keywords = ", ".join(f"{name}={name}" for name in names)
    entries = ", ".join(f'"{name}": {name}' for name in names)

    call, *_ = text = squeeze(
        f"made = call({keywords})\ntable = {{{entries}}}\n"
    ).split("\n")

    assert len(call) > WIDTH - len("value_11=value_11")
    assert max(map(len, text)) <= WIDTH
    assert f' "{names[3]}":{names[3]},' in text


def test_what_nobody_names_is_left_out_unless_it_does_something():
    """Nor what only that has named; the entry stays."""
    text = flatten([Module(name="asgwarm.entry", source=IDLE)])

    assert "LEFT=" in text
    assert "def handler" in text
    assert not {"ALIAS", "unused", "other"} & set(re.findall(r"\w+", text))


def test_a_value_in_the_function_is_built_by_keyword_and_replaced():
    """That is all that it does with one."""

    @value
    class Point:
        x: int
        y: int = 2

    made: Any = Point
    point = made(x=1)

    assert asdict(replace(point, y=3)) == {"x": 1, "y": 3}
    with pytest.raises(TypeError):
        made(1)


def test_the_function_needs_boto3_and_nothing_else():
    """Loaded as AWS Lambda loads it, with everything else out of reach."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", NOTHING_BUT],
        input=function_text(),
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
