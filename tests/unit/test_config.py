"""Settings and folders."""

from pathlib import Path

import pytest

from asgwarm import config
from asgwarm.errors import ConfigError


@pytest.fixture
def home(tmp_path):
    """An environment with nothing set but a home of its own."""
    return {"HOME": str(tmp_path / "home")}


def write(folder: Path, text: str) -> Path:
    """Write *text* as the asgwarm.toml of *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "asgwarm.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_anything_the_pool_is_default(home, tmp_path):
    """Nothing set: pool `default`, region and profile left to AWS's own chain."""
    found = config.load({}, home, tmp_path)

    assert (found.pool, found.region, found.profile) == ("default", None, None)
    assert (dict(found.up), found.file) == ({}, None)


def test_flags_win_over_environment_over_file(home, tmp_path):
    """Each source hides the next one, key by key."""
    write(tmp_path, 'pool = "file"\nregion = "file"\nprofile = "file"\n')
    env = home | {"ASGWARM_POOL": "env", "ASGWARM_REGION": "env"}

    found = config.load({"pool": "flag", "region": ""}, env, tmp_path)

    assert (found.pool, found.region, found.profile) == ("flag", "env", "file")


def test_the_nearest_file_wins(home, tmp_path):
    """A file of the working directory's parents hides the one in the home."""
    write(tmp_path / "home/.config/asgwarm", 'pool = "home"\n')
    write(tmp_path, 'pool = "above"\n')
    below = tmp_path / "a/b"
    below.mkdir(parents=True)

    assert config.load({}, home, below).pool == "above"


def test_without_a_nearer_file_the_users_own_is_read(home, tmp_path):
    """The XDG configuration folder is looked at last."""
    own = write(tmp_path / "home/.config/asgwarm", 'pool = "home"\n')

    found = config.load({}, home, tmp_path)

    assert (found.pool, found.file) == ("home", own)


def test_the_defaults_of_up_come_from_file_and_environment(home, tmp_path):
    """[up] keys keep their types; ASGWARM_UP_* variables hide them."""
    write(tmp_path, '[up]\nhot = 2\nwarm = 4\nsubnet = ["a", "b"]\nmax-lease = "2h"\n')

    found = config.load({}, home | {"ASGWARM_UP_HOT": "3"}, tmp_path)

    assert found.up == {"hot": 3, "warm": 4, "subnet": ["a", "b"], "max-lease": "2h"}


def test_a_set_up_script_is_relative_to_its_file(home, tmp_path):
    """The path in asgwarm.toml means the same from every working directory."""
    write(tmp_path, '[up]\nsetup = "boot.sh"\n')
    below = tmp_path / "below"
    below.mkdir()

    assert config.load({}, home, below).up["setup"] == str(tmp_path / "boot.sh")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\ncolour = "red"\n', "asgwarm.toml:2: colour is not a setting"),
        ("[up]\nwarn = 2\n", "asgwarm.toml:2: up.warn is not a setting"),
        ("pool = 3\n", "asgwarm.toml:1: pool is 3, and must be a text"),
        ('[up]\n\nhot = "2"\n', "asgwarm.toml:3: up.hot is '2', and must be a whole"),
        ("[up]\nhot = true\n", "up.hot is True"),
        ("[up]\nsubnet = [1]\n", "up.subnet is [1]"),
        ("up = 3\n", "up is no table"),
        ("pool = \n", "(at line 1"),
        ("[pools.dev]\nhot = 2\n", "asgwarm.toml:1: pools is not a setting"),
    ],
)
def test_what_is_not_understood_names_file_and_key(home, tmp_path, text, said):
    """Typos, wrong types and broken TOML are errors, with the line where possible."""
    file = write(tmp_path, text)

    with pytest.raises(ConfigError) as caught:
        config.load({}, home, tmp_path)

    assert str(file) in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint


def test_a_variable_of_the_wrong_type_is_named(home, tmp_path):
    """An ASGWARM_UP_* number must be one."""
    with pytest.raises(ConfigError, match="ASGWARM_UP_CAP is 'ten'"):
        config.load({}, home | {"ASGWARM_UP_CAP": "ten"}, tmp_path)


def test_the_folders_are_those_of_xdg():
    """Each folder follows its variable; a relative value is ignored."""
    env = {
        "HOME": "/h",
        "XDG_STATE_HOME": "/s",
        "XDG_CONFIG_HOME": "relative",
    }

    assert config.state_dir(env) == Path("/s/asgwarm")
    assert config.config_dir(env) == Path("/h/.config/asgwarm")
