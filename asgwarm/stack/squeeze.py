"""Makes Python text shorter for a place where every byte counts, and keeps it readable.

Kept: every name and every statement as it is.
Gone: docstrings and comments (they are read in the package), annotations of functions
and variables (those of a class's fields stay, dataclasses read them, and need no
future import), None where `return` alone returns it, three of four blanks of each
indent, blank lines, line breaks inside brackets and between fields where there is room,
and blanks around operators (see `layout`).

Rule: what is left means the same. It is parsed again and compared.
"""

import ast
import tokenize
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from asgwarm.stack.layout import laid_out, tokens

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = ast.Module | _Function | ast.ClassDef

# An edit puts other text between two places, each a row and a byte in it.
_Edit = tuple[tuple[int, int], tuple[int, int], str]


class SqueezeError(Exception):
    """The shorter text would mean something else: a mistake of this module."""


def squeeze(source: str) -> str:
    """The shorter text of a module.

    Raises:
        SqueezeError: It would mean something else.
    """
    text = _edited(source, _comments(source))
    for edits in (
        *(_checkers_blocks, _docstrings, _annotations),
        *(_checkers_decorators, _nothings, _futures),
    ):
        text = _edited(text, edits(text))
    text = laid_out(text)
    if _meaning(text) != _meaning(source):
        raise SqueezeError("the shorter text means something else")
    return text


def is_for_checkers(statement: ast.AST) -> bool:
    """Whether it is an `if TYPE_CHECKING:` block."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Name)
        and statement.test.id == "TYPE_CHECKING"
    )


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    starts, rows = [0], text.encode().splitlines(keepends=True)
    for row in rows:
        starts.append(starts[-1] + len(row))
    whole = b"".join(rows)
    for (row_, byte), (end_row, end_byte), put in sorted(edits, reverse=True):
        start, end = starts[row_ - 1] + byte, starts[end_row - 1] + end_byte
        whole = whole[:start] + put.encode() + whole[end:]
    return whole.decode()


def _comments(text: str) -> Iterator[_Edit]:
    rows = text.splitlines()
    for token in tokens(text):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            before = rows[row - 1][:column].rstrip()
            yield (row, len(before.encode())), (row, len(rows[row - 1].encode())), ""


def _checkers_blocks(text: str) -> Iterator[_Edit]:
    for statement in ast.parse(text).body:
        if is_for_checkers(statement):
            yield _start(statement), _end(statement), ""


def _checkers_decorators(text: str) -> Iterator[_Edit]:
    for node in ast.walk(ast.parse(text)):
        for decorator in getattr(node, "decorator_list", ()):
            if _is_transform(decorator):
                row, column = _start(decorator)
                yield (row, column - 1), _end(decorator), ""


def _is_transform(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and (
        ast.unparse(decorator.func) == "dataclass_transform"
    )


def _docstrings(text: str) -> Iterator[_Edit]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Documented) and ast.get_docstring(node):
            alone = len(node.body) == 1 and not isinstance(node, ast.Module)
            yield _start(node.body[0]), _end(node.body[0]), "pass" if alone else ""


def _annotations(text: str) -> Iterator[_Edit]:
    colons = _colons(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Function):
            head = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            for argument in _arguments(node.args):
                argument.annotation = None
            header = f"{head} {node.name}({ast.unparse(node.args)}):"
            yield _start(node), colons[node.lineno], header
        if isinstance(node, _Function | ast.Module):
            yield from _variables(node)


def _variables(scope: ast.AST) -> Iterator[_Edit]:
    """Annotated assignments of a function or module, not of the classes in it."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield _end(node.target), _start(node.value), " = "
        elif not isinstance(node, _Documented):
            yield from _variables(node)


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from arguments.posonlyargs + arguments.args + arguments.kwonlyargs
    yield from (a for a in (arguments.vararg, arguments.kwarg) if a is not None)


def _nothings(text: str) -> Iterator[_Edit]:
    for node in ast.walk(ast.parse(text)):
        if _returns_none(node):
            yield _start(node), _end(node), "return"


def _futures(text: str) -> Iterator[_Edit]:
    for statement in ast.parse(text).body:
        if _is_future(statement):
            yield _start(statement), _end(statement), ""


def _is_future(statement: ast.AST) -> bool:
    """Whether it is about annotations, of which none is left but fields'."""
    return isinstance(statement, ast.ImportFrom) and (
        ast.unparse(statement) == "from __future__ import annotations"
    )


def _returns_none(node: ast.AST) -> TypeGuard[ast.Return]:
    return (
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Constant)
        and node.value.value is None
    )


def _colons(text: str) -> dict[int, tuple[int, int]]:
    """Row of each `def` -> the place behind the colon that ends its header."""
    found: dict[int, tuple[int, int]] = {}
    rows, depth, open_row = text.splitlines(), 0, 0
    for token in tokens(text):
        if token.string in ("def", "async") and not open_row:
            open_row = token.start[0]
        elif token.type == tokenize.OP and token.string in "([{":
            depth += 1
        elif token.type == tokenize.OP and token.string in ")]}":
            depth -= 1
        elif token.string == ":" and depth == 0 and open_row:
            row, column = token.end
            found[open_row] = (row, len(rows[row - 1][:column].encode()))
            open_row = 0
    return found


def _meaning(text: str) -> str:
    """What a text says to Python, without what this module leaves out."""
    tree = ast.parse(text)
    tree.body = [
        each for each in tree.body if not is_for_checkers(each) and not _is_future(each)
    ]
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and ast.get_docstring(node):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
        if _returns_none(node):
            node.value = None
        if isinstance(node, _Function):
            node.returns = None
            node.decorator_list = [
                each for each in node.decorator_list if not _is_transform(each)
            ]
            for argument in _arguments(node.args):
                argument.annotation = None
    return ast.dump(_Unannotated().visit(tree))


class _Unannotated(ast.NodeTransformer):
    """Makes plain assignments of annotated ones, outside of classes."""

    in_class = False

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.in_class, outer = True, self.in_class
        self.generic_visit(node)
        self.in_class = outer
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.in_class, outer = False, self.in_class
        self.generic_visit(node)
        self.in_class = outer
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self.in_class or node.value is None:
            return node
        return ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno)


def _start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
