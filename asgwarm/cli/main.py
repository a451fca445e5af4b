"""From words to an exit code.

Rule: the module of a command, and what it needs, is imported only when it runs.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import asgwarm
from asgwarm.cli import argv as typed
from asgwarm.cli import around as surroundings
from asgwarm.cli import boundary, catalogue, signals
from asgwarm.cli.around import Around
from asgwarm.cli.output import Output
from asgwarm.errors import AsgwarmError, ConfigError

Load = Callable[[catalogue.Command], Any]  # gives what has a command's Flags and run


def module_of(command: catalogue.Command) -> Any:
    """Import the file of *command*."""
    return import_module(command.module)


def run(
    argv: Sequence[str],
    env: Mapping[str, str] = os.environ,
    load: Load = module_of,
) -> int:
    """Run one command line; returns its exit code, whatever happens."""
    signals.install()
    return run_in(surroundings.own(), argv, env, load)


def run_in(
    around: Around,
    argv: Sequence[str],
    env: Mapping[str, str],
    load: Load = module_of,
) -> int:
    """Run one command line in surroundings of its own; returns as `run`."""
    own, remote = typed.split(argv)
    output = Output(
        around.out,
        around.err,
        json="--json" in own,
        remote=remote is not None,
        where=typed.where(own),
    )
    try:
        return _run(argv, env, output, load, around)
    except AsgwarmError as error:
        return boundary.expected(error, output)
    except signals.Interrupted as signalled:
        return boundary.interrupted(signalled, output)
    except BrokenPipeError:
        # The reader has left; nobody must try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), around.out.fileno())
        return boundary.BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the boundary: a bug becomes two lines
        return boundary.unexpected(error, output, argv=own, debug="--debug" in own)


def _run(
    argv: Sequence[str],
    env: Mapping[str, str],
    output: Output,
    load: Load,
    around: Around,
) -> int:
    words = typed.take_apart(argv, catalogue.GROUPS)
    if "--version" in words.args:
        return _version(output)
    if words.command in catalogue.GROUPS or not words.command:
        return _overview(words, output)
    command = catalogue.COMMANDS.get(words.command)
    if command is None:
        raise ConfigError(
            f"no such command: {words.command}", hint=catalogue.nearest(words.command)
        )
    if words.remote is not None and not command.remote:
        raise ConfigError(
            f"{command.name} runs nothing after --",
            hint=f"asgwarm {command.name} --help",
        )
    from asgwarm.cli.invocation import Invocation

    def invoke(common: Any) -> Any:
        make = around.invoke or Invocation
        return make(common, output, remote=words.remote, env=env, cwd=around.cwd())

    return _dispatch(command, words, load=load, invoke=invoke)


def _dispatch(
    command: catalogue.Command,
    words: typed.Words,
    *,
    load: Load,
    invoke: Callable[[Any], Any],
) -> int:
    from asgwarm.cli import flags

    module = load(command)
    parsed = flags.parse(command.name, module.Flags, module.run.__doc__, words.args)
    if parsed is None:
        return 0
    own, common = parsed
    return int(module.run(own, invoke(common)))


def _version(output: Output) -> int:
    if output.json:
        output.document(
            {"schema": "asgwarm.version/v1", "version": asgwarm.__version__}
        )
    else:
        output.data(f"asgwarm {asgwarm.__version__}\n")
    return 0


def _overview(words: typed.Words, output: Output) -> int:
    if "--help" in words.args or "-h" in words.args:
        output.data(catalogue.overview(words.command))
        return 0
    what = f"asgwarm {words.command}".strip()
    raise ConfigError(f"{what} needs a command", hint=f"{what} --help")
