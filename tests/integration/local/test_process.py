"""The region as a process: started once, found, ended with all that it started."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest

from asgwarm.local import process
from asgwarm.local.control import Control
from asgwarm.local.info import RegionError, RegionInfo
from asgwarm.local.reap import processes_under


@pytest.fixture
def state_dir(tmp_path):
    """A folder whose region is ended afterwards, come what may."""
    folder = tmp_path / "region"
    yield folder
    process.stop(folder)


def test_starting_twice_is_one_region(state_dir):
    """The second start finds the first, also when both come at once."""
    found = []
    starting = [
        threading.Thread(target=lambda: found.append(process.start(state_dir)))
        for _ in range(3)
    ]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()

    assert len({info.pid for info in found}) == 1
    assert process.info(state_dir) == process.start(state_dir) == found[0]


def test_a_region_that_does_not_run_is_none(state_dir):
    """Neither a folder without one, nor one that was killed, nor one that ended."""
    assert process.info(state_dir) is None
    assert process.stop(state_dir) is False
    killed = process.start(state_dir)
    os.kill(killed.pid, signal.SIGKILL)
    os.waitpid(killed.pid, 0)
    assert process.info(state_dir) is None
    again = process.start(state_dir)
    assert again.pid != killed.pid
    assert process.stop(state_dir) is True
    assert process.info(state_dir) is None


def test_stop_leaves_no_process_and_no_file(state_dir):
    """Workers, guests, shells and what hid in a session of its own: all gone."""
    before = set(os.listdir("/tmp"))  # noqa: PTH208, S108  # where temporary files go
    running = busy_region(state_dir)

    assert len(processes_under(state_dir)) >= 3
    process.stop(state_dir)

    assert processes_under(state_dir) == []
    assert not process._is_alive(running.pid)
    assert {path.name for path in state_dir.iterdir()} == {"lock", "region.log"}
    left = set(os.listdir("/tmp")) - before  # noqa: PTH208, S108
    assert not [name for name in left if "ministack" in name]


def test_sigterm_ends_the_region_with_its_children(state_dir):
    """As `stop` does."""
    running = busy_region(state_dir)

    os.kill(running.pid, signal.SIGTERM)

    os.waitpid(running.pid, 0)
    assert processes_under(state_dir) == []
    assert not (state_dir / "region.json").exists()
    assert not (state_dir / "instances").exists()


def test_what_a_killed_region_left_is_ended_by_the_next_start(state_dir):
    """A region cannot clean up after SIGKILL."""
    running = busy_region(state_dir)
    os.kill(running.pid, signal.SIGKILL)
    os.waitpid(running.pid, 0)
    left = set(processes_under(state_dir))
    assert left

    process.start(state_dir)

    assert not left & set(processes_under(state_dir))
    assert not (state_dir / "instances").exists()


def busy_region(state_dir) -> RegionInfo:
    """A region with a warm function, a guest and a process that hid itself."""
    if sys.platform != "linux":
        pytest.skip("other systems do not show environments")
    info = process.start(state_dir)
    settings: dict[str, Any] = {
        "endpoint_url": info.endpoint_url,
        "region_name": info.region,
        "aws_access_key_id": info.access_key_id,
        "aws_secret_access_key": info.secret_access_key,
    }
    session: Any = boto3.Session()
    make_function(session.client("lambda", **settings))
    instance = make_instance(session.client("ec2", **settings))
    control = Control(info)
    while instance not in (status := control.status())["addresses"]:
        control.wait_change(5, since=status["changes"])
    key = asyncssh.generate_private_key("ssh-ed25519")
    session.client("ec2-instance-connect", **settings).send_ssh_public_key(
        InstanceId=instance,
        InstanceOSUser="ec2-user",
        SSHPublicKey=key.export_public_key().decode(),
    )
    script = "setsid sleep 600 >/dev/null 2>&1 & echo ok"
    host, port = control.status()["addresses"][instance]
    run_over_ssh(host, port, key, script)
    return info


def run_over_ssh(host, port, key, script) -> None:
    """Run a script on an instance."""

    async def run() -> None:
        async with asyncssh.connect(
            host,
            port,
            username="ec2-user",
            client_keys=[key],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection:
            await connection.run(script, check=True)

    asyncio.run(run())


def make_function(client) -> None:
    """A function that has been called once, so that its process is warm."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", "def handler(event, context):\n    return event\n")
    client.create_function(
        FunctionName="echo",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": archive.getvalue()},
    )
    answer = client.invoke(FunctionName="echo", Payload=json.dumps({"a": 1}))
    assert json.loads(answer["Payload"].read()) == {"a": 1}
    client.close()


def make_instance(client) -> str:
    """An instance whose guest runs until it is ended."""
    user_data = (
        "#cloud-config\nwrite_files:\n"
        "- path: /opt/guest.py\n  content: 'import time; time.sleep(600)'\n"
        "- path: /etc/systemd/system/guest.service\n"
        "  content: 'ExecStart=/usr/bin/python3 /opt/guest.py'\n"
    )
    answer = client.run_instances(
        ImageId="ami-1",
        InstanceType="m7i.large",
        MinCount=1,
        MaxCount=1,
        UserData=user_data,
    )
    client.close()
    return str(answer["Instances"][0]["InstanceId"])


def test_reset_removes_everything(state_dir):
    """The log too."""
    process.start(state_dir)
    process.reset(state_dir)
    assert not state_dir.exists()


def test_a_region_that_cannot_start_says_why(state_dir):
    """The end of its log is in the message."""
    taken = process.start(state_dir)
    port = int(taken.endpoint_url.rpartition(":")[2])
    with pytest.raises(RegionError, match="in use"):
        process.start(state_dir.with_name("other"), port=port)


def test_the_secret_is_in_no_argument_and_no_environment(state_dir):
    """Only the owner's file has it; the process was started without it."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    info = process.start(state_dir)
    for name in ("cmdline", "environ"):
        text = Path(f"/proc/{info.pid}/{name}").read_bytes()
        assert info.secret_access_key.encode() not in text
    log = (state_dir / "region.log").read_text()
    assert info.secret_access_key not in log


def test_what_is_exported_does_not_reach_the_region(state_dir, monkeypatch):
    """A person's own keys stay outside."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "exported-secret")
    info = process.start(state_dir)
    assert b"exported-secret" not in Path(f"/proc/{info.pid}/environ").read_bytes()


def test_the_package_starts_without_boto3(tmp_path):
    """The region plays AWS: it is no client of it, and nothing of the product."""
    script = (
        "import sys\n"
        "import asgwarm.local.region, asgwarm.local.process\n"
        "names = [n for n in sys.modules if n.split('.')[0] == 'boto3'"
        " or (n.startswith('asgwarm.') and not n.startswith('asgwarm.local'))]\n"
        "assert not names, names\n"
    )
    command = [sys.executable, "-c", script]
    subprocess.run(command, check=True, timeout=60)  # words are ours
