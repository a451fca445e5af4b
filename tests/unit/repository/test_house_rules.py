"""Rules that every file of the repository keeps."""

import ast
import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
LONGEST_FILE, LONGEST_FUNCTION = 300, 50  # lines
FOLDERS = (".ci", "asgwarm", "docs", "requirements", "templates", "tests")
NO_TEXT = {".pyc", ".png", ".gif"}

# Put together here so that this file keeps the rules as well.
REGISTRIES = re.compile(
    "|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + "js"])
)
MACHINES = re.compile(
    "|".join(["/" + "root/", "/" + "work/", "/" + "home/(?!ec2-user)"])
)
MARKS = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]))


def own_files():
    """Every text file that belongs to the repository."""
    top = [path for path in REPOSITORY.iterdir() if path.is_file()]
    inner = [path for name in FOLDERS for path in (REPOSITORY / name).rglob("*")]
    return [
        path
        for path in (*top, *inner)
        if path.is_file()
        and path.suffix not in NO_TEXT
        and "__pycache__" not in path.parts
        and not path.name.startswith(".coverage")
    ]


PRODUCT = sorted((REPOSITORY / "asgwarm").rglob("*.py"))


def name_of(path):
    """A path as people know it."""
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize(
    ("rule", "forbidden"),
    [
        pytest.param("names a package registry", REGISTRIES, id="registries"),
        pytest.param("names a folder of one machine", MACHINES, id="machines"),
        pytest.param("leaves something undone", MARKS, id="marks"),
    ],
)
def test_no_file_says_what_is_true_of_one_place_or_day_only(rule, forbidden):
    """Everybody's registry, paths and plans are their own."""
    found = [
        f"{name_of(path)}:{number} {rule}: {line.strip()[:80]}"
        for path in own_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if forbidden.search(line)
    ]

    assert found == []


def test_the_rules_are_checked_on_everything():
    """A folder that moved away would be checked no more."""
    names = {name_of(path) for path in own_files()}

    assert {"README.md", "Makefile", ".ci/run", "templates/pool.yaml"} <= names
    assert len(PRODUCT) > 100


def test_a_file_of_the_product_is_read_in_one_go():
    """At most 300 lines, and its first words say what it is for."""
    lines = {name_of(path): len(path.read_text().splitlines()) for path in PRODUCT}
    silent = [
        name_of(path)
        for path in PRODUCT
        if ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert {name: n for name, n in lines.items() if n > LONGEST_FILE} == {}
    assert silent == []


def test_a_function_of_the_product_fits_on_a_screen():
    """At most 50 lines, its explanation included."""
    long = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }

    assert long == {}


@pytest.mark.parametrize("name", ["dev", "awscli", "mssh", "checkov", "workflows"])
def test_every_dependency_is_pinned_by_version_and_hash(name):
    """What is installed today is what was tested, wherever it comes from."""
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    joined = text.replace("\\\n", " ")
    wanted = [
        line
        for line in joined.splitlines()
        if line and not line.lstrip().startswith("#")
    ]

    assert len(wanted) > 5
    assert [line for line in wanted if not re.match(r"[a-z0-9-]+==[^ ]+ ", line)] == []
    assert [line for line in wanted if "--hash=sha256:" not in line] == []


def test_every_package_of_node_is_pinned_by_hash():
    """And comes from wherever this machine gets its packages."""
    lock = json.loads((REPOSITORY / "requirements/guard/package-lock.json").read_text())
    packages = [one for name, one in lock["packages"].items() if name]

    assert packages
    assert [one for one in packages if not one["integrity"].startswith("sha512-")] == []
    assert [one for one in packages if "resolved" in one] == []
