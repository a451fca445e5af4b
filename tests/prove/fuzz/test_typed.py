"""What people type and write: settings, options, words of a command line."""

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given

from asgwarm import config
from asgwarm.cli import catalogue
from asgwarm.cli.main import module_of, run
from asgwarm.domain import names
from asgwarm.errors import ConfigError
from asgwarm.stack.options import PoolOptions
from tests.prove.fuzz.kit import ANY, Nonsense, fuzz

KEYS = ("pool", "region", "profile", "up", "hot", "warm", "subnet", "setup", "allow")
WRITTEN = (
    *("1", "'x'", '"x"', "true", "[]", "['a']", "[1]", "1.5", "{}", "1979-05-27"),
    *("0x" + "f" * 9000, "[" * 2000, "{a=" * 900, '"""', "[" + "9" * 5000 + "]"),
)
TABLES = ("[up]", "[[up]]", "[up.hot]", "[pool]", "# x")
VARIABLES = (
    "ASGWARM_POOL",
    "ASGWARM_UP_HOT",
    "ASGWARM_UP_MAX_LEASE",
    "XDG_CONFIG_HOME",
)
OPTIONS = sorted(
    {
        f"--{field.name.replace('_', '-')}"
        for command in catalogue.COMMANDS.values()
        for field in fields(module_of(command).Flags)
    }
    | {"--json", "--region", "--profile", "--local", "--debug", "--help", "-h", "-y"}
)
WORDS = ("dev", "--", "-", "90s", "3", "=", "--hot=2", "local", "start")
FITTING = ("10.0.0.0/8", "0.0.0.0/0", "::/0", "m7i.large", "/a/b", "root", "")
NAMES = tuple(catalogue.COMMANDS)


def a_file(nonsense: Nonsense) -> bytes:
    """A configuration file, more or less."""
    if nonsense.once_in(9):
        return nonsense.randbytes(20)
    lines = []
    for _ in range(nonsense.randrange(6)):
        written = nonsense.choice([*WRITTEN, nonsense.text(), str(nonsense.number())])
        line = f"{nonsense.choice(KEYS)} = {written}"
        lines.append(nonsense.choice([line, line, nonsense.choice(TABLES)]))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def a_variable(nonsense: Nonsense) -> str:
    """What an environment can hold."""
    return nonsense.choice([nonsense.text(), "3", "-1", "x"]).replace("\0", "")


def a_command_line(nonsense: Nonsense) -> list[str]:
    """Words of ours and others, mostly behind the name of a command."""
    words = [*WORDS, a_variable(nonsense), a_variable(nonsense), *OPTIONS]
    name = nonsense.choice(NAMES).split() if not nonsense.once_in(9) else []
    return [*nonsense.some(words, 1), *name, *nonsense.some(words, 5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder whose configuration file is whatever an example wants."""
    return tmp_path_factory.mktemp("typed")


@fuzz()
@given(nonsense=ANY)
def test_settings_are_understood_or_refused(folder, nonsense):
    """Whatever stands in the file and in the environment, the error has a name."""
    (folder / config.FILE_NAME).write_bytes(a_file(nonsense))
    env = {name: a_variable(nonsense) for name in nonsense.some(VARIABLES, 2)}

    with suppress(ConfigError):
        found = config.load({}, {"HOME": str(folder)} | env, folder)
        assert isinstance(found.pool, str)
        assert set(found.up) <= {*config._UP}


def _only_parsed(command: catalogue.Command) -> Any:
    module = module_of(command)

    def did_run(flags: Any, _: Any) -> int:
        assert isinstance(flags, module.Flags)
        return 0

    did_run.__doc__ = module.run.__doc__
    return SimpleNamespace(Flags=module.Flags, run=did_run)


@pytest.mark.usefixtures("_signals_as_they_were")
@fuzz()
@given(nonsense=ANY)
def test_a_command_line_is_understood_or_refused(nonsense):
    """Exit code 0 or 2; nothing is a bug, and nothing is touched."""
    out, err = io.StringIO(), io.StringIO()

    with redirect_stdout(out), redirect_stderr(err):
        code = run(a_command_line(nonsense), {"HOME": os.devnull}, load=_only_parsed)

    assert code in (0, 2), err.getvalue()
    assert "Traceback" not in err.getvalue()
    assert out.getvalue() or err.getvalue() or code == 0


CHECKS: tuple[Callable[[str], str | int], ...] = (
    *(names.check_pool, names.check_name, names.check_token),
    *(names.pool_of_lease, names.duration_s),
)


@fuzz()
@given(nonsense=ANY)
def test_a_name_or_a_duration_is_taken_or_refused(nonsense):
    """What is taken is what the template and DynamoDB would take."""
    for check in CHECKS:
        with suppress(ConfigError):
            taken = check(nonsense.choice([nonsense.text(), f"{nonsense.number()}h"]))
            assert isinstance(taken, int) or taken.isascii()


@fuzz()
@given(nonsense=ANY)
def test_a_pool_is_wanted_or_refused(nonsense):
    """What is taken becomes parameters that CloudFormation can carry."""
    asked: dict[str, Any] = {"pool": "dev", "setup": nonsense.randbytes(9)}
    for name in nonsense.some(("hot", "warm", "cap", "max_lease_s", "log_days"), 3):
        asked[name] = nonsense.number()
    for name in nonsense.some(("instance_type", "ami", "os_user", "allow", "vpc"), 3):
        asked[name] = nonsense.choice([nonsense.text(), *FITTING])
    if nonsense.once_in(3):
        asked["subnets"] = (nonsense.text(),)

    with suppress(ConfigError):
        parameters = PoolOptions(**asked).parameters()
        assert all(value.isprintable() for value in parameters.values())
