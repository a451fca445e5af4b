"""Where words go: data to stdout, everything else to stderr.

Rule 1: stdout carries data only. With a remote command stdout and stderr are the
command's, and our documents go to stderr.
Rule 2: a document is one line. Progress is drawn on a terminal alone.
Rule 3: the caller escapes foreign text (escape.py) before it becomes a line.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Document = Mapping[str, object]
# Commands that mean the same wherever they are run.
_ANYWHERE = ("asgwarm local", "asgwarm demo", "asgwarm --")
LONGEST = 1000  # characters of an error; AWS quotes whole templates
WIDE = 400  # columns where no terminal sets a limit: nothing is cut in a pipe


class Output:
    """The two streams of one run of the command line.

    Args:
        json: Whether documents were asked for instead of text.
        remote: Whether the streams belong to a remote command.
        where: Options that a command needs to reach the same place again.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        *,
        json: bool = False,
        remote: bool = False,
        where: str = "",
    ) -> None:
        self.json = json
        self.remote = remote
        self.handed_over = False
        self._where = where
        self._out = out
        self._err = err
        self._documents = err if remote else out

    @property
    def live(self) -> bool:
        """Whether progress may be drawn: stderr is a terminal that shows text."""
        return self._err.isatty() and not self.json

    def hand_over(self) -> None:
        """Note that a session has the streams: documents go to stderr from here on."""
        self.handed_over = True
        self._documents = self._err

    def data(self, text: str) -> None:
        """Write what was asked for to stdout, line break included."""
        self._out.write(text)
        self._out.flush()

    def document(self, document: Document) -> None:
        """Write one JSON document as one line."""
        _write_line(self._documents, json.dumps(document))

    def note(self, text: str) -> None:
        """Write a line for the reader to stderr; with --json there is no reader."""
        if not self.json:
            _write_line(self._err, text)

    def next(self, command: str) -> None:
        """Say what to type next."""
        self.note(f"next: {self.suggested(command)}")

    def suggested(self, command: str) -> str:
        """A command of ours with what it needs to reach the same place again."""
        if not command.startswith("asgwarm ") or command.startswith(_ANYWHERE):
            return command
        ours, dashes, remote = command.partition(" -- ")
        if self._where in ours:
            return command
        return ours + self._where + dashes + remote

    def prompt(self, question: str) -> None:
        """Write a question to stderr, the cursor staying behind it."""
        self._err.write(question)
        self._err.flush()

    def error(self, document: Document) -> None:
        """Write an error: a document with --json, else two lines."""
        if self.json:
            _write_line(self._err, json.dumps(document))
            return
        _write_line(self._err, f"error: {_short(str(document['message']))}")
        if hint := self.suggested(str(document["hint"])):
            _write_line(self._err, f"hint: {hint}")

    def debug(self, text: str) -> None:
        """Write a traceback to stderr as it is."""
        _write_line(self._err, text.rstrip("\n"))

    def table(self) -> "Console":
        """Console on stdout, for tables."""
        return _console(self._out)

    def progress(self) -> "Console":
        """Console on stderr, for what is drawn while something runs."""
        return _console(self._err)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… (--json shows all)"


def _write_line(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # which ends us as it ends everybody

    # rich itself honours NO_COLOR and COLUMNS and a stream that is no terminal.
    return Piped(
        file=stream,
        width=None if stream.isatty() else WIDE,
        markup=False,
        emoji=False,
        highlight=False,
    )
