"""Flags as values: a command's dataclass becomes its options, and back.

Rule: a command names its options once, as annotated fields of `Flags`; typer reads
them for parsing and for `--help`, the command gets one frozen value.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, get_type_hints

import typer

from asgwarm.errors import ConfigError

PoolArgument = Annotated[
    str,
    typer.Argument(
        metavar="POOL",
        help="Name of the pool; else ASGWARM_POOL, asgwarm.toml, default.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every command accepts."""

    json: Annotated[
        bool, typer.Option("--json", help="Documents for programs instead of text.")
    ] = False
    region: Annotated[
        str, typer.Option("--region", metavar="NAME", help="AWS region.")
    ] = ""
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="AWS profile.")
    ] = ""
    local: Annotated[
        bool, typer.Option("--local", help="The emulated region instead of AWS.")
    ] = False
    debug: Annotated[
        bool, typer.Option("--debug", help="A traceback when the unexpected happens.")
    ] = False
    version: Annotated[bool, typer.Option("--version", hidden=True)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFlags:
    """What a command accepts that has no options of its own."""


def parse(
    name: str, own: type[Any], help_text: str, args: Sequence[str]
) -> tuple[Any, Common] | None:
    """Return the command's flags and the common ones.

    Args:
        own: The dataclass of the command's own flags.

    Returns:
        None when help was asked for, which has then been written to stdout.

    Raises:
        ConfigError: A word is not understood.
    """
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command(name, help=help_text)(_receiver(own, Common))
    command = typer.main.get_command(app)
    try:
        values = command.main(
            list(args), prog_name=f"asgwarm {name}", standalone_mode=False
        )
    except typer.TyperException as error:
        raise ConfigError(
            _lower(error.format_message()), hint=f"asgwarm {name} --help"
        ) from error
    if not isinstance(values, dict):
        return None
    return _take(own, values), _take(Common, values)


def _receiver(*groups: type[Any]) -> Callable[..., dict[str, Any]]:
    """Return a function that has the fields of *groups* as its parameters."""

    def receive(**values: Any) -> dict[str, Any]:
        return values

    hints = {
        name: hint
        for group in groups
        for name, hint in get_type_hints(group, include_extras=True).items()
    }
    receive.__annotations__ = hints
    receive.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(field),
                annotation=hints[field.name],
            )
            for group in groups
            for field in fields(group)
        ]
    )
    return receive


def _default(field: Any) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default


def _take(group: type[Any], values: dict[str, Any]) -> Any:
    return group(**{field.name: values[field.name] for field in fields(group)})


def _lower(text: str) -> str:
    first, rest = text[:1].lower(), text[1:].rstrip(".")
    return first + rest
