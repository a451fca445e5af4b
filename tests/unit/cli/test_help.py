"""Help, version, and what they cost."""

import json
import subprocess
import sys

import pytest

import asgwarm
from asgwarm.cli.catalogue import COMMANDS, GROUPS
from asgwarm.cli.main import run

TOO_COSTLY = {"boto3", "botocore", "asyncssh", "rich", "pydantic", "ministack"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_80_columns(name, capfd, monkeypatch):
    """Each command has help on stdout, and no line is wider than 80."""
    monkeypatch.setenv("COLUMNS", "80")

    code = run([*name.split(), "--help"], {})

    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: asgwarm {name} ")
    assert max(map(len, out.splitlines())) <= 80
    assert "--json" in out


@pytest.mark.parametrize("group", ["", *sorted(GROUPS)])
def test_the_overview_names_every_command(group, capfd):
    """The overview fits 80 columns and leaves no command out."""
    code = run([*group.split(), "--help"], {})

    out = capfd.readouterr().out
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    listed = [c.name for c in COMMANDS.values() if not c.hidden]
    assert all(f"  {name} " in out for name in listed if name.startswith(group))


@pytest.mark.parametrize("argv", [["--version"], ["get", "--version"]])
def test_the_version_is_one_line(argv, capfd):
    """--version prints name and version, wherever it stands."""
    assert run(argv, {}) == 0
    assert capfd.readouterr().out == f"asgwarm {asgwarm.__version__}\n"


def test_the_version_is_a_document_with_json(capfd):
    """--json --version is one document."""
    assert run(["--json", "--version"], {}) == 0
    assert json.loads(capfd.readouterr().out)["version"] == asgwarm.__version__


def test_a_misspelt_command_gets_a_suggestion(capfd):
    """The hint names the nearest command."""
    assert run(["stats"], {}) == 2
    assert "hint: asgwarm status --help" in capfd.readouterr().err


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], *([*n.split(), "--help"] for n in COMMANDS)]
)
def test_help_imports_nothing_costly(argv):
    """Neither an AWS client nor SSH nor a table is loaded to explain a command."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "asgwarm", *argv],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & TOO_COSTLY


def test_what_a_command_has_of_its_own_is_explained_first(capfd):
    """Then what it shares with another, then what all have."""
    run(["get", "--help"], {})

    out = capfd.readouterr().out
    places = [out.index(f" {name} ") for name in ("--ttl", "-L", "--tmux", "--json")]
    assert places == sorted(places)
