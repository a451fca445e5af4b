"""What a person set once instead of typing it: asgwarm.toml, environment, folders.

Rule 1: flags win over ASGWARM_* variables, variables over the file. The file is
asgwarm.toml of the working directory or of its nearest parent that has one, else
the one in the XDG configuration folder.
Rule 2: what is not understood is an error that names the file and the key; a typo
that is silently ignored would deploy the default.
Rule 3: nothing is written outside the four XDG folders, and names inside them do
not collide when all four are one folder.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

FILE_NAME = "asgwarm.toml"
DEFAULT_POOL = "default"
LARGEST = 999_999_999  # no number that is asked for comes near it

Value = str | int | list[str]

# key -> the types that its value may have
_TOP: dict[str, tuple[type, ...]] = {
    "pool": (str,),
    "region": (str,),
    "profile": (str,),
}
_UP: dict[str, tuple[type, ...]] = {
    "hot": (int,),
    "warm": (int,),
    "cap": (int,),
    "owner-cap": (int,),
    "shards": (int,),
    "instance-type": (str,),
    "ami": (str,),
    "setup": (str,),
    "setup-timeout": (str, int),
    "vpc": (str,),
    "subnet": (str, list),
    "allow": (str,),
    "address": (str,),
    "endpoint": (str,),
    "max-lease": (str, int),
    "metrics": (str,),
}
_SPOKEN = {str: "a text", int: "a whole number", list: "a list of texts"}


@value
class Config:
    """The settings in force, after flags, environment and file."""

    pool: str = DEFAULT_POOL
    region: str | None = None
    profile: str | None = None
    up: Mapping[str, Value] = field(default_factory=dict)  # defaults of `up`
    file: Path | None = None  # where the file's part came from


def load(flags: Mapping[str, str | None], env: Mapping[str, str], cwd: Path) -> Config:
    """Return the settings in force.

    Args:
        flags: Values typed for `pool`, `region` and `profile`; None or empty when
            not typed.

    Raises:
        ConfigError: The file or a variable is not understood; names file and key.
    """
    file = find_file(env, cwd)
    written = _read(file) if file else {}
    up_written = written.get("up", {})
    if not isinstance(up_written, dict):
        raise ConfigError(f"{file}: up is no table", hint="write [up] above its keys")
    top = _checked({k: v for k, v in written.items() if k != "up"}, _TOP, file, "")
    up = _checked(up_written, _UP, file, "up.")
    if file and isinstance(up.get("setup"), str):
        up["setup"] = str(file.parent / str(up["setup"]))  # relative to its file
    top |= _from_env(env, "ASGWARM_", _TOP)
    up |= _from_env(env, "ASGWARM_UP_", _UP)
    top |= {key: value for key, value in flags.items() if value}
    return Config(
        pool=str(top.get("pool", DEFAULT_POOL)),
        region=_text_or_none(top.get("region")),
        profile=_text_or_none(top.get("profile")),
        up=up,
        file=file,
    )


def find_file(env: Mapping[str, str], cwd: Path) -> Path | None:
    """Return the configuration file in force, or None."""
    folders = [cwd, *cwd.parents, config_dir(env)]
    return next((f / FILE_NAME for f in folders if (f / FILE_NAME).is_file()), None)


def config_dir(env: Mapping[str, str]) -> Path:
    """Folder of the user's own asgwarm.toml."""
    return _xdg(env, "XDG_CONFIG_HOME", ".config")


def state_dir(env: Mapping[str, str]) -> Path:
    """Folder of what must outlive a restart: the journal, the local region."""
    return _xdg(env, "XDG_STATE_HOME", ".local/state")


def cache_dir(env: Mapping[str, str]) -> Path:
    """Folder of what saves time and is not missed when it is gone."""
    return _xdg(env, "XDG_CACHE_HOME", ".cache")


def _xdg(env: Mapping[str, str], variable: str, fallback: str) -> Path:
    # The XDG specification has relative paths ignored.
    named = env.get(variable, "")
    if named.startswith("/"):
        return Path(named) / "asgwarm"
    return Path(env.get("HOME") or Path.home()) / fallback / "asgwarm"


def _read(file: Path) -> dict[str, object]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} cannot be read: {error}", hint=f"ls -l {file}"
        ) from error
    import tomllib  # for the few who have a file

    try:
        return tomllib.loads(text)
    # Beside its own error: numbers of thousands of digits, brackets without end.
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: {error}", hint=f"edit {file}") from error


def _checked(
    values: Mapping[str, object],
    known: Mapping[str, tuple[type, ...]],
    file: Path | None,
    table: str,
) -> dict[str, Value]:
    checked: dict[str, Value] = {}
    for key, given in values.items():
        where = f"{file}{_line_of(key, file)}: {table}{key}"
        if key not in known:
            raise ConfigError(
                f"{where} is not a setting, known are {', '.join(known)}",
                hint=f"edit {file}",
            )
        if not _fits(given, known[key]):
            spoken = " or ".join(_SPOKEN[kind] for kind in known[key])
            raise ConfigError(
                f"{where} is {_shown(given)}, and must be {spoken}", hint=f"edit {file}"
            )
        checked[key] = given  # type: ignore[assignment]  # _fits has seen to it
    return checked


def _line_of(key: str, file: Path | None) -> str:
    # tomllib keeps no positions; a key written in an unusual way has none here.
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    for number, line in enumerate(lines, start=1):
        if re.match(rf"\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]", line):
            return f":{number}"
    return ""


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, list):
        return list in kinds and all(isinstance(item, str) for item in value)
    if type(value) is int and abs(value) > LARGEST:
        return False
    return type(value) in kinds  # exactly: True is an int to isinstance


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python prints no number of more than 4,300 digits
        return "a very large number"


def _from_env(
    env: Mapping[str, str], prefix: str, known: Mapping[str, tuple[type, ...]]
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, kinds in known.items():
        variable = prefix + key.upper().replace("-", "_")
        text = env.get(variable)
        if text:
            found[key] = _number(text, variable) if kinds == (int,) else text
    return found


def _number(text: str, variable: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigError(
            f"{variable} is {text!r}, and must be a whole number",
            hint=f"unset {variable}",
        )
    return int(text)


def _text_or_none(value: Value | None) -> str | None:
    return None if value is None else str(value)
