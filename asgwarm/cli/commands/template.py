"""`asgwarm template`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.options import option
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `template` accepts."""

    out: Annotated[
        Path | None, option(metavar="FILE", help="A file instead of stdout.")
    ] = None
    endpoint: Annotated[
        bool,
        option("--endpoint", help="The one for a VPC's endpoint, see up --address."),
    ] = False
    access: Annotated[
        bool,
        option("--access", help="The one for policies and roles: who may do what."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Print the CloudFormation template that `up` deploys, for CI to deploy itself."""
    from asgwarm.stack.template import template_text

    output = invocation.output
    text = template_text(_named(flags))
    if flags.out is not None:
        _write(flags.out, text)
    if output.json:
        out = None if flags.out is None else str(flags.out)
        document = {"schema": "asgwarm.template/v1", "file": out}
        output.document(document if out else document | {"template": text})
    elif flags.out is None:
        output.data(text)
    return 0


def _named(flags: Flags) -> str:
    if flags.endpoint and flags.access:
        raise ConfigError(
            "--endpoint and --access are two templates",
            hint="asgwarm template --access --out access.yaml",
        )
    if flags.access:
        return "access"
    return "endpoint" if flags.endpoint else "pool"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", hint=f"ls -ld {path.parent}"
        ) from error
