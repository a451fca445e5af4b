"""Which pool a lease or a name means."""

from pathlib import Path

import pytest

from asgwarm.cli.main import run
from asgwarm.leasing.journal import Entry, Journal


@pytest.fixture
def env(tmp_path):
    """Folders of the user's own."""
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}


def write(tmp_path: Path, *pools: str, region: str = "eu-west-1") -> None:
    """Write a lease named web of each pool into the journal."""
    journal = Journal(tmp_path / "asgwarm/leases", report=print)
    for pool in pools:
        journal.add(
            Entry(
                lease_id=f"{pool}.abc",
                name="web",
                pool=pool,
                region=region,
                endpoint=None,
                instance_id="i-1",
                created_at=1,
                outcome="held",
            )
        )


def test_a_name_in_two_pools_has_to_be_said_more_exactly(env, tmp_path, capfd):
    """The error names both leases."""
    write(tmp_path, "dev", "test")

    assert run(["release", "web", "--region", "eu-west-1"], env) == 2
    err = capfd.readouterr().err
    assert "dev.abc, test.abc" in err
    assert "hint: asgwarm release dev.abc --region eu-west-1" in err


def test_the_local_region_has_to_run(env, capfd):
    """--local does not start it for commands that only use it."""
    assert run(["ls", "--local"], env) == 5
    assert capfd.readouterr().err == (
        "error: the local region is not running\nhint: asgwarm local start\n"
    )


def test_a_missing_region_is_a_setting_that_is_missing(env, capfd, monkeypatch):
    """Without any region nothing is called."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert run(["ls"], env) == 2
    assert "no AWS region is set" in capfd.readouterr().err


def test_a_typo_in_the_file_stops_every_command(env, tmp_path, capfd, monkeypatch):
    """asgwarm.toml is read before anything is called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asgwarm.toml").write_text('poll = "dev"\n', encoding="utf-8")

    assert run(["status"], env) == 2
    assert "asgwarm.toml:1: poll is not a setting" in capfd.readouterr().err
