"""Flags as values: a command's dataclass becomes its options, and back.

Rule: a command names its options once, as annotated fields of `Flags`; both parsers
read them, the quick one and the one that explains, and the command gets one frozen
value.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Annotated, Any

from asgwarm.cli.options import Argument, declared, names_of, option, read
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.options import Option

PoolArgument = Annotated[
    str,
    Argument("POOL", "Name of the pool; else ASGWARM_POOL, asgwarm.toml, default."),
]


@value
class Common:
    """What every command accepts."""

    json: Annotated[
        bool, option("--json", help="Documents for programs instead of text.")
    ] = False
    region: Annotated[str, option(metavar="NAME", help="AWS region.")] = ""
    profile: Annotated[str, option(metavar="NAME", help="AWS profile.")] = ""
    local: Annotated[
        bool, option("--local", help="The emulated region instead of AWS.")
    ] = False
    debug: Annotated[
        bool, option("--debug", help="A traceback when the unexpected happens.")
    ] = False
    version: Annotated[bool, option("--version", hidden=True)] = False


@value
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
    values = read((own, Common), args) or explained(name, own, help_text, args)
    if values is None:
        return None
    return taken(own, values), taken(Common, values)


def explained(
    name: str, own: type[Any], help_text: str, args: Sequence[str]
) -> dict[str, Any] | None:
    """Return the values of all fields, read by the parser that explains itself.

    Raises, and returns None, as `parse`.
    """
    import typer

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
    return values if isinstance(values, dict) else None


def _receiver(*groups: type[Any]) -> Callable[..., dict[str, Any]]:
    """Return a function that has the fields of *groups* as its parameters."""

    def receive(**values: Any) -> dict[str, Any]:
        return values

    every = [field for group in groups for field in _in_order(group)]
    hints = {field.name: _hint(field) for field in every}
    receive.__annotations__ = hints
    receive.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(field),
                annotation=hints[field.name],
            )
            for field in every
        ]
    )
    return receive


def _in_order(group: type[Any]) -> list[Any]:
    """Return the fields of *group*, its own before what it shares with others."""
    own = inspect.get_annotations(group)
    return sorted(fields(group), key=lambda field: field.name not in own)


def _hint(field: Any) -> Any:
    """Return a field's type as typer has it."""
    import typer

    kind, what = declared(field)
    if isinstance(what, Argument):
        return Annotated[kind, typer.Argument(metavar=what.metavar, help=what.help)]
    names = _spelled(field, what, kind)
    shown = typer.Option(
        *names, help=what.help, metavar=what.metavar, hidden=what.hidden
    )
    return Annotated[kind, shown]


def _spelled(field: Any, what: "Option", kind: Any) -> tuple[str, ...]:
    # Without names of its own a switch would get a --no-… beside it.
    return names_of(field, what) if what.names or kind is bool else ()


def _default(field: Any) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default


def taken(group: type[Any], values: dict[str, Any]) -> Any:
    """Return the value of one group of fields."""
    return group(**{field.name: values[field.name] for field in fields(group)})


def _lower(text: str) -> str:
    first, rest = text[:1].lower(), text[1:].rstrip(".")
    return first + rest
