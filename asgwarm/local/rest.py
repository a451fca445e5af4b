"""The name of an action where the protocol has none: a REST service's method and path.

botocore's service models say which method and path each action has.
"""

import re
from functools import cache

from botocore.loaders import Loader

SERVICES = ("lambda",)  # those whose actions are told apart


def operation(service: str, method: str, path: str) -> str:
    """Return the action's name; empty where the service or the path is not known."""
    if service not in SERVICES:
        return ""
    asked = f"{method} {path.rstrip('/')}"
    found = (name for form, name in _forms(service) if form.fullmatch(asked))
    return next(found, "")


@cache
def _forms(service: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    data = [Loader.BUILTIN_DATA_PATH]
    loader = Loader(extra_search_paths=data, include_default_search_paths=False)
    actions = loader.load_service_model(service, "service-2")["operations"]
    return tuple((_form(each["http"]), name) for name, each in actions.items())


def _form(http: dict[str, str]) -> re.Pattern[str]:
    path = http["requestUri"].partition("?")[0].rstrip("/")
    fixed = re.split(r"\{[^}]+\}", path)
    return re.compile(f"{http['method']} " + "[^/]+".join(map(re.escape, fixed)))
