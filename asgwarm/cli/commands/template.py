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
    network: Annotated[
        bool,
        option("--network", help="The one for a VPC, where there is none to use."),
    ] = False
    operations: Annotated[
        bool,
        option("--operations", help="The one for alarms and a dashboard of a pool."),
    ] = False
    stack_policy: Annotated[
        bool,
        option("--stack-policy", help="What keeps a pool's table from an update."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Print the CloudFormation template that `up` deploys, for CI to deploy itself."""
    output = invocation.output
    text = _wanted(flags)
    if flags.out is not None:
        _write(flags.out, text)
    if output.json:
        out = None if flags.out is None else str(flags.out)
        document = {"schema": "asgwarm.template/v1", "file": out}
        output.document(document if out else document | {"template": text})
    elif flags.out is None:
        output.data(text)
    return 0


def _wanted(flags: Flags) -> str:
    from asgwarm.stack.template import stack_policy, template_text

    names = ("endpoint", "access", "network", "operations")
    others = [name for name in names if getattr(flags, name)]
    if len(others) + flags.stack_policy > 1:
        raise ConfigError(
            "they are files of their own: one at a time", hint="asgwarm template --help"
        )
    return stack_policy() if flags.stack_policy else template_text(*others)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", hint=f"ls -ld {path.parent}"
        ) from error
