"""Lays Python text out so that it is short and still read with ease.

Rule 1: the formatter decides first, and its version is pinned; here only line breaks
and blanks go that Python does not need.
Rule 2: no line is longer than WIDTH. A module's own tables, displays in braces, keep
their lines: they are read by the line.
"""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from itertools import pairwise

WIDTH = 150
_JOIN = "format.skip-magic-trailing-comma=true"
_F_START = getattr(tokenize, "FSTRING_START", -1)
_F_END = getattr(tokenize, "FSTRING_END", -1)
_STARTS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
_WORDS = {tokenize.NAME, tokenize.NUMBER, tokenize.STRING, _F_START, _F_END}


def laid_out(text: str) -> str:
    """The text with narrow indents, no blank lines and full lines."""
    text = _tight(_SHORT_BLOCK.sub(_on_one_line, _formatted(text)))
    text = _filled(_FIELDS.sub(_on_one_line_too, text))
    return _tight(_SHORT_BLOCK.sub(_on_one_line, text))  # there are more short ones


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Python's own tokens of a text."""
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _formatted(text: str) -> str:
    """The text in the formatter's layout, without blank lines."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet"]
    for setting in ("indent-width=1", f"line-length={WIDTH}", _JOIN):
        command += ["--config", setting]
    done = subprocess.run(  # noqa: S603  # the formatter of this very environment
        [*command, "-"], input=text, capture_output=True, text=True, check=True
    )
    return re.sub(r"\n(\s*\n)+", "\n", done.stdout).strip("\n") + "\n"


# A block's head, its only line, and a line that is indented no deeper than the head.
_SHORT_BLOCK = re.compile(
    r"^( *)((?:if|elif|else|for|while|with|try|except|finally|def|class)\b.*:)\n"
    r"\1 (?! |(?:if|for|while|with|try|def|class|async)\b|@)(.*[^:({\[,\\\n])\n"
    r"(?=\1(?! )|(?!\1)|\Z)",
    re.MULTILINE,
)


def _on_one_line(block: re.Match[str]) -> str:
    indent, head, body = block.groups()
    line = f"{indent}{head} {body}"
    return f"{line}\n" if len(line) <= WIDTH else block[0]


# Annotated fields of a class, one a line, as `_tight` leaves them.
_FIELDS = re.compile(r"(?:^ \w+:[\w .|\[\],]+(?:=[^#\n]*)?\n){2,}", re.MULTILINE)


def _on_one_line_too(fields: re.Match[str]) -> str:
    lines = [""]
    for field in fields[0].splitlines():
        joined = f"{lines[-1]};{field[1:]}"
        if lines[-1] and len(joined) <= WIDTH:
            lines[-1] = joined
        else:
            lines.append(field)
    return "\n".join(lines[1:]) + "\n"


def _tight(text: str) -> str:
    """The text without the blanks that Python does not need, strings untouched."""
    rows, inside = text.splitlines(keepends=True), 0
    for before, after in reversed(list(pairwise(tokens(text)))):
        # From Python 3.12 on the parts of an f-string are tokens of their own.
        inside += (after.type == _F_END) - (before.type == _F_START)
        (row, end), (next_row, start) = before.end, after.start
        words = {before.type, after.type} <= _WORDS
        if row == next_row and start > end > 0 and not words and inside <= 0:
            line = rows[row - 1]
            rows[row - 1] = line[:end] + line[start:]
    return "".join(rows)


def _filled(text: str) -> str:
    """The text with as much on each line inside brackets as there is room for."""
    rows = text.splitlines()
    filled = rows[:1]
    breaks = dict(_breaks(text))
    for number, row in enumerate(rows[1:], start=1):
        joined = ""
        if number in breaks:
            blank, has_spare_comma = breaks[number]
            joined = filled[-1].removesuffix("," * has_spare_comma)
            joined += blank + row.lstrip()
        if joined and len(joined) <= WIDTH:
            filled[-1] = joined
        else:
            filled.append(row)
    return "\n".join(filled) + "\n"


def _breaks(text: str) -> Iterator[tuple[int, tuple[str, bool]]]:
    """Rows whose end means nothing to Python, but for those of tables.

    With each: what has to stand there instead, and whether it ends with a comma
    before a bracket that closes.
    """
    inside, column, found = "", 0, list(tokens(text))
    for before, token, after in zip(found, found[1:], found[2:], strict=False):
        if before.type in _STARTS and not inside:
            column = token.start[1]  # of the statement
        if token.type == tokenize.OP and token.string in "([{":
            inside += token.string
        elif token.type == tokenize.OP and token.string in ")]}":
            inside = inside[:-1]
        elif token.type == tokenize.NL and inside and (column or inside != "{"):
            blank = " " if {before.type, after.type} <= _WORDS else ""
            is_last = before.string == "," and after.string in ")]}"
            yield token.start[0], (blank, is_last)
