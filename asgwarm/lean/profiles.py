"""What AWS's two files say of one profile, where they say nothing unusual.

Rule 1: the files are read with botocore's own parser's rules, so that a place where
they are odd is odd for both.
Rule 2: a profile that has any key but those of `_HARMLESS` is `NotUnderstood`: roles,
SSO, processes, endpoints and what will be invented are boto3's.
"""

import os
from collections.abc import Mapping

from asgwarm.domain.value import value
from asgwarm.lean.keys import Keys

Sections = dict[str, dict[str, str]]

_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_TOKEN = "aws_session_token"  # noqa: S105  # the name of a key, no secret
# What the AWS command alone reads does not matter here.
_HARMLESS = {
    _ID,
    _SECRET,
    _TOKEN,
    "region",
    "output",
    "cli_pager",
    "cli_auto_prompt",
    "cli_binary_format",
    "cli_history",
    "cli_timestamp_format",
}
_QUOTES = set("\"'\\")  # botocore splits the names of sections as a shell does


class NotUnderstood(Exception):
    """It is boto3 that knows what is meant."""


@value
class Profile:
    """A profile without surprises."""

    region: str | None
    keys: Keys | None


def read_profile(name: str | None, *, config: str, credentials: str) -> Profile:
    """Return what the two files say of a profile; None is the default one.

    Args:
        config: Path of the configuration file; it need not exist.
        credentials: Path of the shared credentials file; it need not exist.

    Raises:
        NotUnderstood: A file or the profile is unusual, or a named one is not there.
    """
    configured = _profiles_of(_sections(config)).get(name or "default")
    shared = _sections(credentials).get(name or "default")
    if name is not None and configured is None and shared is None:
        raise NotUnderstood("a profile that is not there")
    told = {**(configured or {}), **(shared or {})}
    if not told.keys() <= _HARMLESS:
        raise NotUnderstood("a profile with more than keys and a region")
    source = shared if _ID in (shared or {}) else configured
    return Profile(region=told.get("region"), keys=_keys_of(source or {}))


def _sections(path: str) -> Sections:
    """Return a file's sections; none where there is no such file."""
    if not os.path.isfile(path):  # noqa: PTH113  # as botocore asks
        return {}
    from configparser import Error, RawConfigParser  # which takes a while

    parser = RawConfigParser()
    try:
        read = parser.read([path])
    except (Error, UnicodeDecodeError) as error:
        raise NotUnderstood("a file that is no configuration") from error
    if not read:
        raise NotUnderstood("a file that cannot be read")
    found = {name: dict(parser.items(name)) for name in parser.sections()}
    for values in found.values():
        for text in values.values():
            _check_nested(text)
    return found


def _check_nested(value: str) -> None:
    """Refuse what botocore refuses: a nested line that is no pair."""
    lines = value.splitlines()[1:] if value.startswith("\n") else []
    if any("=" not in line for line in lines):
        raise NotUnderstood("a nested setting that is no pair")


def _profiles_of(sections: Sections) -> Sections:
    """Return a configuration file's profiles by their names."""
    found: Sections = {}
    for title, values in sections.items():
        if title != "default" and not title.startswith("profile"):
            continue
        words = title.split()
        if title == "default":
            words = ["profile", "default"]
        if len(words) != 2 or words[0] != "profile" or _QUOTES & set(title):
            raise NotUnderstood("an unusual title of a profile")
        if words[1] in found:
            raise NotUnderstood("a profile that is there twice")
        found[words[1]] = values
    return found


def _keys_of(values: Mapping[str, str]) -> Keys | None:
    if _ID not in values:
        return None
    return checked_keys(values[_ID], values.get(_SECRET, ""), values.get(_TOKEN, ""))


def checked_keys(access_key_id: str, secret: str, token: str) -> Keys:
    """Return keys that can be signed with and sent as they are.

    Raises:
        NotUnderstood: One is missing, or has letters that no key of AWS's has.
    """
    for text in (access_key_id, secret):
        if not text:
            raise NotUnderstood("half a pair of keys")
    for text in (access_key_id, secret, token):
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise NotUnderstood("a key with unusual letters")
    return Keys(
        access_key_id=access_key_id, secret_access_key=secret, session_token=token
    )
