"""Types, watches and streams at the client's end of a wire, and says what it took.

Each order has `argv` and `env` of one command and one of

    "echo": 60        a shell: milliseconds until each of so many keys was echoed
    "screen": 1000    a shell: milliseconds that so many letters took to the terminal
    "down": 1000      a command that writes so many bytes: from the first to the last
    "up": 1000        a command that says `go`, reads so many bytes, and says `done`

and its answer is {"took_ms": […]}, or {"failed": "why"}.

usage: python -m tests.bench.live.hands
"""

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any

from tests.bench.orders import follow

LIMIT_S = 120  # nothing takes that long; who hangs ends the bench
CHUNK_BYTES = 1 << 16
_PAUSE_S = 0.02  # between keys; not always the same, or they fall in step with timers


class Failed(Exception):
    """A command did not do what was asked of it."""


class Person:
    """Somebody at a terminal in which a shell was opened."""

    def __init__(self, screen: int) -> None:
        self._screen = screen
        self._seen = b""

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._screen, keys)

    def until(self, text: bytes) -> None:
        """Watch until *text* is shown; what came before is forgotten."""
        while (at := self._seen.find(text)) < 0:
            self._seen = self._seen[-len(text) :] + self._read()
        self._seen = self._seen[at + len(text) :]

    def drain(self) -> None:
        """Watch until everything has ended."""
        try:
            while True:
                self._read()
        except Failed:
            return

    def _read(self) -> bytes:
        try:
            data = os.read(self._screen, CHUNK_BYTES)
        except OSError:  # nobody holds the other end
            data = b""
        if not data:
            raise Failed(f"the shell ended: {self._seen!r}")
        return data


@contextmanager
def _shell(argv: list[str], env: dict[str, str]) -> Iterator[Person]:
    screen, terminal = pty.openpty()
    ends = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    options: dict[str, Any] = {"env": env, "start_new_session": True, **ends}
    with subprocess.Popen(argv, **options) as running:
        os.close(terminal)
        person = Person(screen)
        try:
            yield person
            person.drain()
        except BaseException:
            running.kill()
            raise
        finally:
            os.close(screen)


def echo(argv: list[str], env: dict[str, str], keys: int) -> list[float]:
    """Milliseconds until each key was echoed by the terminal of the instance."""
    took_ms = []
    with _shell(argv, env) as person:
        person.type(b"echo re$((40+2))dy; exec cat\r")
        person.until(b"re42dy\r\n")
        for number in range(keys):
            sleep(_PAUSE_S + number % 7 * 0.003)
            began_s = perf_counter()
            person.type(b"x")
            person.until(b"x")
            took_ms.append((perf_counter() - began_s) * 1000)
        person.type(b"\r\x04")
    return took_ms


def screen(argv: list[str], env: dict[str, str], letters: int) -> list[float]:
    """Milliseconds that so many letters took from the first to the last."""
    with _shell(argv, env) as person:
        write = f"head -c {letters} /dev/zero | tr '\\0' x; exec echo en$((40+2))d\r"
        person.type(b"echo re$((40+2))dy; " + write.encode())
        person.until(b"re42dy\r\n")
        began_s = perf_counter()
        person.until(b"en42d")
        return [(perf_counter() - began_s) * 1000]


@contextmanager
def _command(
    argv: list[str], env: dict[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    pipe = subprocess.PIPE
    with subprocess.Popen(
        argv, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0
    ) as running:
        try:
            yield running
        except BaseException:
            running.kill()
            raise
    if running.returncode:
        raise Failed(f"exit code {running.returncode}")


def down(argv: list[str], env: dict[str, str], size: int) -> list[float]:
    """Milliseconds from the first byte of a command's output to the last."""
    with _command(argv, env) as running:
        assert running.stdout is not None
        came = len(running.stdout.read(1))
        began_s = perf_counter()
        while data := running.stdout.read(CHUNK_BYTES):
            came += len(data)
        took_s = perf_counter() - began_s
    if came != size:
        raise Failed(f"{came} bytes came instead of {size}")
    return [took_s * 1000]


def up(argv: list[str], env: dict[str, str], size: int) -> list[float]:
    """Milliseconds from the first byte of a command's input to its last word."""
    chunk = bytes(CHUNK_BYTES)
    with _command(argv, env) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        _expect(running.stdout.read(3), b"go\n")
        began_s = perf_counter()
        for _ in range(size // len(chunk)):
            left = memoryview(chunk)
            while left:
                left = left[running.stdin.write(left) :]
        running.stdin.close()
        _expect(running.stdout.read(5), b"done\n")
        return [(perf_counter() - began_s) * 1000]


def _expect(said: bytes, wanted: bytes) -> None:
    if said != wanted:
        raise Failed(f"it said {said!r}")


KINDS: dict[str, Callable[[list[str], dict[str, str], int], list[float]]] = {
    "echo": echo,
    "screen": screen,
    "down": down,
    "up": up,
}


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    (kind,) = KINDS.keys() & order.keys()
    try:
        return {"took_ms": KINDS[kind](order["argv"], order["env"], order[kind])}
    except (Failed, OSError) as error:
        return {"failed": str(error)}


def main() -> None:
    """Follow orders until there are none."""
    follow(_answer, LIMIT_S)


if __name__ == "__main__":
    main()
