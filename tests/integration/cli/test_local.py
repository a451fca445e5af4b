"""The emulated region as commands start, show and end it; and the tour through it."""

import json
import os
import subprocess
from pathlib import Path

import boto3


def _processes():
    """Command lines of the processes that run now, by id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = (entry / "cmdline").read_bytes()
            except OSError:
                continue
    return found


def _of(folder):
    """The processes that were started for *folder*."""
    name = str(folder).encode()
    return [words for words in _processes().values() if name in words]


def test_the_region_is_started_once_and_ended(nowhere):
    """start, start again, status, env, stop, stop again; then it is not there."""
    first = nowhere.run("local", "start", "--json").document
    second = nowhere.run("local", "start", "--json").document
    status = nowhere.run("local", "status", "--json").document
    shown = nowhere.run("local", "status")

    assert first == second
    assert first["pid"] in _processes()
    assert status["not_enforced"]
    assert "accepted, and not enforced:" in shown.out.decode()
    secret = nowhere.run("local", "env", "--json").document["set"][
        "AWS_SECRET_ACCESS_KEY"
    ]
    assert secret not in shown.out.decode() + json.dumps(status)

    assert nowhere.run("local", "stop").err == "stopped\n"
    assert first["pid"] not in _processes()
    again = nowhere.run("local", "stop")
    assert (again.code, again.err) == (0, "the local region was not running\n")
    assert nowhere.run("local", "status").code == 5
    assert nowhere.run("local", "env").code == 5


def test_the_environment_leads_any_client_there(nowhere):
    """What `local env` prints is a shell's, and an unmodified client understands it."""
    nowhere.run("local", "start")
    lines = nowhere.run("local", "env").out

    shown = subprocess.run(
        ["/bin/sh", "-c", 'eval "$(cat)"; env'],
        input=lines,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "AWS_PROFILE": "x", "AWS_SESSION_TOKEN": "y"},
        check=True,
    )
    env = dict(line.split("=", 1) for line in shown.stdout.decode().splitlines())
    client = boto3.client(
        "sts",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )

    assert client.get_caller_identity()["Account"]
    client.close()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & env.keys()
    nowhere.run("local", "stop")


def test_reset_forgets_everything(nowhere):
    """The region is stopped and its folder is gone."""
    nowhere.run("local", "start")
    folder = nowhere.folder / "state/asgwarm/local"
    assert folder.is_dir()

    assert nowhere.run("local", "reset").code == 0

    assert not folder.exists()
    assert _of(nowhere.folder) == []


def test_the_tour_ends_as_it_began(nowhere):
    """Exit code 0, the phase table at the end, no process and no file left."""
    before = sorted(nowhere.folder.rglob("*"))

    done = nowhere.run("demo")

    assert done.code == 0, done.err
    shown = done.out.decode()
    assert "from warm pool" in shown
    assert "EC2 tags" in shown
    assert shown.count("done in") == 9
    assert "\x1b" not in shown
    assert _of(nowhere.folder) == []
    made = set(nowhere.folder.rglob("*")) - set(before)
    assert made == {nowhere.folder / "state/asgwarm"}
