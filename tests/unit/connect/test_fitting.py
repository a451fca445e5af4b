"""Which asyncssh the layers are used with."""

import ast
import inspect
from pathlib import Path
from types import SimpleNamespace

import asyncssh
import pytest

from asgwarm.connect import early, layers
from asgwarm.connect.fitting import ATTRIBUTES, FUNCTIONS, NUMBERS, misfit
from asgwarm.connect.levels import best


def changed(module: str, name: str, new: object) -> SimpleNamespace:
    """Return asyncssh with another thing in the place of one."""
    copies = {part: SimpleNamespace(**vars(getattr(asyncssh, part))) for part in PARTS}
    first, _, last = name.partition(".")
    if last:
        owner = getattr(copies[module], first)
        new = type(first, (owner,), {last: new})
    setattr(copies[module], first, new)
    return SimpleNamespace(__version__=asyncssh.__version__, **copies)


PARTS = {*FUNCTIONS, *NUMBERS}
NAMES = [(module, name) for module, names in FUNCTIONS.items() for name in names]


def test_the_installed_one_fits():
    """Or the layers are not in use at all."""
    assert misfit() == ""
    assert best().name == "pipelined"


def test_another_version_does_not_fit():
    """However equal it looks."""
    other = SimpleNamespace(**vars(asyncssh) | {"__version__": "2.24.2"})

    assert misfit(other) == "asyncssh 2.24.2 is not tested"
    assert misfit(SimpleNamespace()) == "asyncssh of an unknown version is not tested"


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_other_parameters_do_not_fit(module, name):
    """One more is enough."""
    assert f"{module}.{name}" in misfit(changed(module, name, lambda self, other: None))


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_what_is_no_function_does_not_fit(module, name):
    """Nor does what is gone."""
    assert "is changed" in misfit(changed(module, name, None))


def test_another_number_does_not_fit():
    """The protocol's numbers are those that the layers know."""
    assert "constants.MSG_SERVICE_ACCEPT" in misfit(
        changed("constants", "MSG_SERVICE_ACCEPT", 7)
    )


def test_an_attribute_that_is_not_set_any_more_does_not_fit():
    """A connection has to have what the layers read."""

    def make(self) -> None:
        self._auth = None

    other = changed("connection", "SSHConnection.__init__", make)

    assert "_auth_methods" in misfit(other)
    assert "_auth," not in misfit(other)


def test_a_misfit_is_stock_and_says_why():
    """Silently for the user, and with the reason for who asks."""
    level = best(lambda: "asyncssh 3 is not tested")

    assert (level.is_stock, level.why) == (True, "asyncssh 3 is not tested")
    assert level.open is asyncssh.connect


@pytest.mark.parametrize("layer", [layers, early])
def test_everything_private_that_a_layer_touches_is_checked(layer):
    """A name that starts with an underscore, and whatever is imported from inside."""
    tree = ast.parse(Path(inspect.getfile(layer)).read_text())
    ours = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    } | {"_is_service_due", "_has_pty", "__class__"}
    touched = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_")
    }
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and f"{node.module}".startswith("asyncssh.")
        for name in node.names
    }
    tables = [*FUNCTIONS.values(), *NUMBERS.values()]
    checked = {step for names in tables for name in names for step in name.split(".")}
    for functions in ATTRIBUTES.values():
        checked |= set(" ".join(functions.values()).split())

    assert (touched | imported) - ours - checked == set()
