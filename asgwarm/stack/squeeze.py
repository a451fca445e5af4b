"""Makes Python text shorter for a place where every byte counts, and keeps it readable.

Kept: names, comments, the first line of each docstring, each statement as it is.
Gone: the rest of the docstrings, annotations of functions and variables (those of a
class's fields stay, dataclasses read them), comments for checkers, half of each indent,
and line breaks inside brackets where the line has room.

Rule: what is left means the same. It is parsed again and compared.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

WIDTH = 100
_CHECKERS_COMMENT = re.compile(r"#\s*(noqa|type: ignore)\b")
_TRIPLE_QUOTED = re.compile(r"[rbfRBF]{0,2}(\"\"\"|''')")
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
    text = _edited(source, _checkers_comments(source))
    for edits in (_checkers_blocks, _docstrings, _annotations):
        text = _edited(text, edits(text))
    text = re.sub(r"\n{3,}", "\n\n", _filled(text)).strip("\n") + "\n"
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


def _checkers_comments(text: str) -> Iterator[_Edit]:
    rows = text.splitlines()
    for token in _tokens(text):
        if token.type == tokenize.COMMENT and _CHECKERS_COMMENT.match(token.string):
            row, column = token.start
            before = rows[row - 1][:column].rstrip()
            yield (row, len(before.encode())), (row, len(rows[row - 1].encode())), ""


def _checkers_blocks(text: str) -> Iterator[_Edit]:
    for statement in ast.parse(text).body:
        if is_for_checkers(statement):
            yield _start(statement), _end(statement), ""


def _docstrings(text: str) -> Iterator[_Edit]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Documented) and (said := ast.get_docstring(node)):
            title = said.partition("\n")[0].replace("\\", "\\\\")
            yield _start(node.body[0]), _end(node.body[0]), f'"""{title}"""'


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


def _colons(text: str) -> dict[int, tuple[int, int]]:
    """Row of each `def` -> the place behind the colon that ends its header."""
    found: dict[int, tuple[int, int]] = {}
    rows, depth, open_row = text.splitlines(), 0, 0
    for token in _tokens(text):
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


def _filled(text: str) -> str:
    """Half the indents, and lines inside brackets as full as they may be."""
    rows, kept = text.splitlines(), _rows_in_strings(text)
    out, done = [], 0
    for first, last, droppable in [*_breakable(text), (len(rows) + 1, 0, set[int]())]:
        for number in range(done + 1, first):
            row = rows[number - 1]
            out.append(row if number in kept else _half(row))
        out += _fill(rows[first - 1 : last], first, droppable)
        done = last
    return "\n".join(out)


def _rows_in_strings(text: str) -> set[int]:
    """Rows that begin inside a string, whose blanks belong to it."""
    rows: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            said = ast.get_source_segment(text, node) or ""
            if _TRIPLE_QUOTED.match(said):
                rows.update(range(node.lineno + 1, _end(node)[0] + 1))
    return rows


def _breakable(text: str) -> Iterator[tuple[int, int, set[int]]]:
    """First and last row of each statement whose line breaks mean nothing.

    With them go the rows whose last comma may vanish when the break does.
    """
    line: list[tokenize.TokenInfo] = []
    for token in _tokens(text):
        line.append(token)
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            said = [t for t in line if t.type not in _SILENT]
            line = []
            if said and said[0].start[0] < said[-1].end[0] and _is_free(said):
                yield said[0].start[0], said[-1].end[0], _droppable(said)


_SILENT = frozenset(
    {
        tokenize.NEWLINE,
        tokenize.NL,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
)


def _is_free(tokens: list[tokenize.TokenInfo]) -> bool:
    return not any(
        token.type == tokenize.COMMENT or token.start[0] != token.end[0]
        for token in tokens
    )


def _droppable(tokens: list[tokenize.TokenInfo]) -> set[int]:
    """Rows that end with a comma before a bracket which needs none."""
    rows: set[int] = set()
    needs_none: list[bool] = []
    before = tokens[0]
    for token, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.type == tokenize.OP and token.string in "([{":
            is_call = before.string.isidentifier() or before.string in ")]"
            needs_none.append(token.string in "[{" or is_call)
        elif token.type == tokenize.OP and token.string in ")]}":
            needs_none.pop()
        elif token.string == "," and after.string in ")]}" and needs_none[-1]:
            rows.add(token.start[0])
        before = token
    return rows


def _fill(rows: list[str], first: int, droppable: set[int]) -> list[str]:
    filled = [_half(row) for row in rows[:1]]
    for number, row in enumerate(rows[1:], start=first + 1):
        word, line = row.strip(), filled[-1]
        if number - 1 in droppable and word[0] in ")]}":
            line = line.removesuffix(",")
        gap = "" if line[-1] in "([{" or word[0] in ")]}" else " "
        if len(line + gap + word) <= WIDTH:
            filled[-1] = line + gap + word
        else:
            filled.append(_half(row))
    return filled


def _half(row: str) -> str:
    body = row.lstrip(" ")
    return " " * ((len(row) - len(body)) // 2) + body


def _meaning(text: str) -> str:
    """What a text says to Python, without what this module leaves out."""
    tree = ast.parse(text)
    tree.body = [each for each in tree.body if not is_for_checkers(each)]
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
        if isinstance(node, _Function):
            node.returns = None
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


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
