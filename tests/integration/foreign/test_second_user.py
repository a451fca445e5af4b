"""Another user of the same machine, who knows every address, path and process.

The region runs shells on the machine of the user who started it: its key and the
permissions of its folder are all that keeps the others out.
"""

import contextlib
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.debian

NOBODY = 65534
SERVICES = (
    "autoscaling",
    "cloudformation",
    "dynamodb",
    "ec2",
    "ec2-instance-connect",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "sqs",
    "ssm",
    "sts",
    "asgwarm-local",
)
# Runs as the other user, with nothing but Python's own library.
PROGRAM = """if True:
    import json, os, pathlib, sys, urllib.error, urllib.request

    known = json.load(sys.stdin)

    def status(url, **headers):
        request = urllib.request.Request(url, data=b"Action=X", headers=headers)
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def opened(path):
        try:
            return bool(os.listdir(path) if os.path.isdir(path) else open(path, "rb"))
        except PermissionError:
            return False

    def signed(service):
        scope = f"AKIAAAAAAAAAAAAAAAAA/20260101/us-east-1/{service}/aws4_request"
        return (f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, "
                f"Signature={'0' * 64}")

    def told(pid, name):
        try:
            return pathlib.Path("/proc", str(pid), name).read_bytes().decode()
        except OSError:
            return ""

    print(json.dumps({
        "unsigned": status(known["url"]),
        "signed": {s: status(known["url"], Authorization=signed(s),
                             **{"X-Amz-Date": "20260101T000000Z"})
                   for s in known["services"]},
        "metadata": status(known["url"] + "/imds/guess/latest/api/token"),
        "opened": [path for path in known["paths"] if opened(path)],
        "told": "".join(told(pid, name) for pid in known["pids"]
                        for name in ("cmdline", "environ")),
    }))
"""


def as_nobody(*command, **options):
    """Run a program as the other user."""
    return subprocess.run(
        command,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def processes(folder):
    """The processes that have anything to do with *folder*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or nobody may look at it
            said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if os.fsencode(folder) in said:
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="module")
def other(deployed):
    """What the other user got, after a pool was made and used."""
    if os.getuid() != 0 or not Path("/usr/bin/python3").exists():
        pytest.skip("needs root and Debian's python3")
    assert pwd.getpwuid(NOBODY).pw_name == "nobody"
    deployed.asgwarm("get", "ours", "--", "echo mine > private; chmod 644 private")
    state_dir = deployed.info.state_dir
    paths = [state_dir, *state_dir.rglob("*")]
    pids = processes(state_dir)
    assert len(paths) > 20
    assert len(pids) > 3
    known = {
        "url": deployed.info.endpoint_url,
        "services": SERVICES,
        "paths": ["/", *(str(path) for path in paths if path.exists())],
        "pids": pids,
    }
    done = as_nobody("/usr/bin/python3", "-c", PROGRAM, input=json.dumps(known))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_service_answers_to_a_second_user(other):
    """Unsigned or with a made-up key: refused by every service and the control API."""
    assert other["unsigned"] == 403
    assert other["signed"] == dict.fromkeys(SERVICES, 403)


def test_the_metadata_of_instances_is_not_found_by_a_second_user(other):
    """Its path is the secret; a guessed one looks like any page that is not there."""
    assert other["metadata"] == 404


def test_no_file_or_folder_of_the_region_opens_for_a_second_user(other):
    """Not even one whose own mode would let everybody read."""
    assert "/" in other["opened"]  # the question itself works
    assert not [path for path in other["opened"] if path != "/"]


def test_no_process_tells_a_second_user_the_secret(other, deployed):
    """Arguments are public on most machines; the environment is not."""
    assert str(deployed.info.state_dir) in other["told"]
    assert deployed.info.secret_access_key not in other["told"]


def test_a_second_user_gets_no_shell(deployed):
    """The address of an instance alone opens nothing."""
    if shutil.which("ssh") is None or os.getuid() != 0:
        pytest.skip("needs root and ssh: tests/install-debian")
    host, port = next(iter(deployed.control.status()["addresses"].values()))

    done = as_nobody(
        *("ssh", "-F", "none", "-p", str(port), "-o", "BatchMode=yes"),
        *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
        *(f"ec2-user@{host}", "true"),
    )

    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr
