"""Makes one readable Python text of several modules, for a place that takes one file.

Rule 1: imports between the modules vanish, so each must be `from module import name`
of a module that comes earlier; anything else is a FlattenError, never a surprise.
Rule 2: no two modules define the same name.
Rule 3: the same modules give the same bytes on every Python.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from asgwarm.domain.value import value
from asgwarm.stack.squeeze import is_for_checkers, squeeze

_FOREIGN = frozenset(sys.stdlib_module_names) | {"boto3", "botocore"}


class FlattenError(Exception):
    """The modules cannot become one text; the message names module, line and cause."""


@value
class Module:
    """A module's dotted name and its source text."""

    name: str
    source: str


@dataclass(slots=True)
class _Imports:
    """What stands at the top of the text: bound name -> import statement."""

    ours: str
    bound: dict[str, str] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)

    def add(self, statement: ast.Import | ast.ImportFrom, where: str) -> None:
        """Hoist a foreign import; check one of ours and let it vanish."""
        for alias in statement.names:
            if alias.asname is not None:
                raise FlattenError(f"{where}: `as {alias.asname}` renames an import")
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                self._hoist(alias.name, f"import {alias.name}", where)
            return
        module = statement.module or ""
        if statement.level:
            raise FlattenError(f"{where}: a relative import")
        for alias in statement.names:
            if module.split(".")[0] == self.ours:
                self._check_ours(module, alias.name, where)
            else:
                text = f"from {module} import {alias.name}"
                self._hoist(alias.name, text, where, of=module)

    def _hoist(self, name: str, text: str, where: str, of: str = "") -> None:
        root = (of or name).split(".")[0]
        if root not in _FOREIGN or root == "__future__":
            raise FlattenError(f"{where}: {root!r} is not there at run time")
        bound = name if of else name.split(".")[0]
        if self.bound.setdefault(bound, text) != text:
            raise FlattenError(f"{where}: {text!r} and {self.bound[bound]!r} collide")

    def _check_ours(self, module: str, name: str, where: str) -> None:
        if f"{module}.{name}" in self.known:
            raise FlattenError(
                f"{where}: imports the module {module}.{name} as a whole"
            )
        if module not in self.known:
            raise FlattenError(f"{where}: {module} does not come earlier in the list")
        if name not in self.known[module]:
            raise FlattenError(f"{where}: {module} does not define {name!r}")

    def lines(self, used: set[str]) -> list[str]:
        """The import statements of *used* names: whole modules first."""
        bound = {name: text for name, text in self.bound.items() if name in used}
        whole = sorted({text[7:] for text in bound.values() if text[0] == "i"})
        plain = [f"import {','.join(whole)}"] if whole else []
        names: dict[str, list[str]] = {}
        for text in sorted(set(bound.values())):
            if text.startswith("from "):
                _, module, _, name = text.split(" ")
                names.setdefault(module, []).append(name)
        return plain + [f"from {of} import {','.join(names[of])}" for of in names]


def flatten(modules: Sequence[Module], *, ours: str = "asgwarm") -> str:
    """One text of *modules*, which stand in the order of their dependence.

    Args:
        ours: The package whose imports vanish because its modules are in the text.

    Raises:
        FlattenError: An import that cannot vanish, or two modules that define the
            same name.
    """
    imports = _Imports(ours)
    owners: dict[str, str] = {}
    bodies: list[str] = []
    for module in modules:
        tree = ast.parse(module.source)
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                imports.add(statement, f"{module.name}:{statement.lineno}")
        _refuse_hidden_imports(tree, module.name, ours)
        defined = {name for one in tree.body for name in _defined(one)}
        for name in sorted(defined):
            if owners.setdefault(name, module.name) != module.name:
                raise FlattenError(f"{module.name} and {owners[name]} define {name!r}")
        imports.known[module.name] = defined
        bodies.append(f"# {module.name.rpartition('.')[2]}\n{_body(module.source)}")
    for name in sorted(set(owners) & set(imports.bound)):
        raise FlattenError(f"{owners[name]} defines {name!r}, which is also imported")
    text = _without_unused("\n".join(bodies))
    return "\n".join([*imports.lines(_names(text)), "", text])


def _refuse_hidden_imports(tree: ast.Module, name: str, ours: str) -> None:
    top = set(map(id, tree.body))
    for node in _outside_type_checking(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in top:
            modules = [getattr(node, "module", None), *(a.name for a in node.names)]
            if any(m and m.split(".")[0] == ours for m in modules):
                raise FlattenError(f"{name}:{node.lineno}: an import inside a block")


def _outside_type_checking(tree: ast.Module) -> Iterator[ast.AST]:
    for statement in tree.body:
        if not is_for_checkers(statement):
            yield from ast.walk(statement)


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement of ours binds."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign() | ast.AnnAssign() | ast.For() | ast.With() | ast.Try():
            yield from _stored(ast.walk(statement))
        case _:
            pass


def _names(text: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _without_unused(text: str) -> str:
    """Leave out what is defined at the top and never named, the entry excepted."""
    rows, used = text.splitlines(), _names(text) | {"handler"}
    for statement in ast.parse(text).body:
        if _only_defines(statement) and not used & set(_defined(statement)):
            last = statement.end_lineno or statement.lineno
            rows[statement.lineno - 1 : last] = [""] * (last - statement.lineno + 1)
    shorter = "\n".join(row for row in rows if row) + "\n"
    return text if shorter == text else _without_unused(shorter)


def _only_defines(statement: ast.stmt) -> bool:
    """Whether it does nothing but to bind names."""
    calls = any(isinstance(node, ast.Call) for node in ast.walk(statement))
    return isinstance(statement, ast.FunctionDef) or (
        isinstance(statement, ast.Assign) and not calls
    )


def _stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _body(source: str) -> str:
    """The squeezed text without what stands above it: docstring and imports."""
    text = squeeze(source)
    rows = text.splitlines()
    tree = ast.parse(text)
    for statement in tree.body:
        is_docstring = statement is tree.body[0] and ast.get_docstring(tree)
        if is_docstring or isinstance(statement, ast.Import | ast.ImportFrom):
            for number in range(statement.lineno, (statement.end_lineno or 0) + 1):
                rows[number - 1] = ""
    return "\n".join(rows).strip("\n") + "\n"
