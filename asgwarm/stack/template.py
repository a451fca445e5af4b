"""The templates' texts, and the parameters that make a pool of the first."""

from importlib.resources import files
from pathlib import Path

from asgwarm.errors import AsgwarmError
from asgwarm.stack.options import PoolOptions

_BESIDE_PACKAGE = Path(__file__).resolve().parents[2] / "templates"


def template_text(name: str = "pool") -> str:
    """The very template that `up` deploys, or the one called *name*.

    It lies in the installed package, or in a checkout beside it.
    """
    return _text(f"{name}.yaml")


def stack_policy() -> str:
    """The policy that keeps a pool's table from being replaced by an update."""
    return _text("stack-policy.json")


def _text(file: str) -> str:
    for place in (files("asgwarm") / "templates" / file, _BESIDE_PACKAGE / file):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise AsgwarmError(
        "this installation has no template",
        hint="pip install --force-reinstall asgwarm",
    )


def parameters(options: PoolOptions) -> dict[str, str]:
    """The template's parameters for what *options* say; the rest is left alone."""
    return options.parameters()
