"""Instances are real SSH servers, and Instance Connect is the way in."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from botocore.exceptions import ClientError

GUEST = """#cloud-config
write_files:
- path: /opt/test/guest.py
  permissions: '0755'
  content: |
    import json, os, subprocess, urllib.request
    def ask(path, method="GET", **headers):
        base = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
        request = urllib.request.Request(f"{{base}}/latest/{{path}}", method=method)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
    token = ask("api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds="60")
    report = {{
        "id": ask("meta-data/instance-id", X_aws_ec2_metadata_token=token),
        "sshd": subprocess.check_output(["sshd", "-T"], text=True),
        "environment": sorted(os.environ),
        "boot": open("proc/sys/kernel/random/boot_id").read(),
    }}
    with open("{folder}/report", "a") as file:
        print(json.dumps(report), file=file)
- path: /etc/systemd/system/guest.service
  content: |
    [Service]
    ExecStart=/usr/bin/python3 /opt/test/guest.py
runcmd:
- touch {folder}/executed
bootcmd:
- touch {folder}/executed
"""


@pytest.fixture(scope="module")
def shared():
    """One instance for the tests that only log in."""
    return {}


@pytest.fixture
def instance(work, shared):
    """A running instance."""
    if "id" not in shared:
        shared["id"] = work.launch()
    return shared["id"]


@pytest.fixture
async def ssh(work, instance, key):
    """A connection to it."""
    work.push(instance, key)
    async with work.connect(instance, key) as connection:
        yield connection


async def test_only_a_pushed_key_opens_the_door(work, instance, key):
    """No key, another key, another user: nothing."""
    with pytest.raises(asyncssh.PermissionDenied):
        await work.connect(instance, key)
    work.push(instance, asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(asyncssh.PermissionDenied):
        await work.connect(instance, key)
    work.push(instance, key)
    with pytest.raises(asyncssh.PermissionDenied):
        await work.connect(instance, key, username="root")
    with pytest.raises(asyncssh.PermissionDenied):
        await work.connect(instance, key, client_keys=[], password="x")  # noqa: S106
    async with work.connect(instance, key) as connection:
        assert (await connection.run("true")).exit_status == 0


async def test_rsa_keys_are_taken_too(work, instance):
    """EC2 Instance Connect takes RSA and ED25519."""
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    work.push(instance, key)
    async with work.connect(instance, key) as connection:
        assert (await connection.run("true")).exit_status == 0


async def test_a_key_is_refused_after_sixty_seconds(fresh_region, fresh_work, key):
    """Of the region's time, at the moment of authentication."""
    instance = fresh_work.launch()
    fresh_work.push(instance, key)
    fresh_region.control.advance(50)
    async with fresh_work.connect(instance, key) as connection:
        fresh_region.control.advance(11)
        assert (await connection.run("echo still in")).stdout == "still in\n"
    with pytest.raises(asyncssh.PermissionDenied):
        await fresh_work.connect(instance, key)


@pytest.mark.parametrize("code", [0, 1, 7, 255])
async def test_the_exit_status_is_the_commands(ssh, code):
    """With and without a terminal."""
    assert (await ssh.run(f"exit {code}")).exit_status == code
    done = await ssh.run(f"exit {code}", term_type="xterm")
    assert done.exit_status == code


async def test_a_command_ended_by_a_signal_says_so(ssh):
    """As SSH names signals."""
    done = await ssh.run("kill -TERM $$")
    assert done.exit_signal is not None
    assert done.exit_signal[0] == "TERM"


async def test_a_megabyte_arrives_whole(ssh):
    """Output is drained before the status goes out."""
    done = await ssh.run("head -c 1000000 /dev/zero | tr '\\0' x; echo end >&2")
    assert (len(done.stdout), done.stderr) == (1_000_000, "end\n")


async def test_input_and_its_end_are_passed_on(ssh):
    """`cat` ends when the client has no more."""
    text = "x" * 300_000
    done = await ssh.run("cat", input=text)
    assert done.stdout == text


async def test_a_terminal_has_size_and_type(ssh):
    """Also after the window was changed."""
    process = await ssh.create_process(term_type="vt100", term_size=(91, 33))
    process.stdin.write("stty size; echo $TERM; stty -echo\n")
    await process.stdout.readuntil("33 91")
    await process.stdout.readuntil("vt100")
    process.change_terminal_size(100, 40)
    process.stdin.write("stty size; exit 3\n")
    await process.stdout.readuntil("40 100")
    assert (await process.wait()).exit_status == 3


async def test_ctrl_c_interrupts_what_runs_in_the_terminal(ssh):
    """The terminal is the session's own."""
    process = await ssh.create_process("echo on; sleep 600", term_type="xterm")
    await process.stdout.readuntil("on")
    process.stdin.write("\x03")
    async with asyncio.timeout(10):
        done = await process.wait()
    assert done.exit_signal is not None


async def test_a_signal_reaches_the_command(ssh):
    """Sent over the channel."""
    process = await ssh.create_process("echo on; exec sleep 600")
    await process.stdout.readuntil("on")
    process.send_signal("INT")
    async with asyncio.timeout(10):
        done = await process.wait()
    assert done.exit_signal[0] == "INT"


async def test_home_is_the_instances_own_and_no_secret_is_in_sight(
    region, ssh, instance
):
    """Only where its own metadata is, as every process on EC2 knows."""
    home = f"{region.info.state_dir}/instances/{instance}/home"
    done = await ssh.run("pwd; echo $HOME; echo $USER; env")
    where, home_is, user, *environment = done.stdout.splitlines()
    assert (where, home_is, user) == (home, home, "ec2-user")
    of_aws = {line.split("=")[0] for line in environment if line.startswith("AWS_")}
    assert of_aws == {"AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT"}
    assert region.info.secret_access_key not in done.stdout


async def test_files_go_both_ways(ssh, tmp_path):
    """SFTP and scp begin in HOME."""
    async with ssh.start_sftp_client() as files:
        async with files.open("a.txt", "w") as file:
            await file.write("hello")
        assert await files.realpath(".") == (await ssh.run("pwd")).stdout.strip()
    assert (await ssh.run("cat a.txt")).stdout == "hello"
    await asyncssh.scp((ssh, "a.txt"), tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "hello"


async def test_ports_are_forwarded_both_ways(ssh):
    """A connection to one that listens on the instance comes back here."""
    said = asyncio.get_running_loop().create_future()

    async def hear(reader, writer):
        said.set_result(await reader.read())
        writer.close()

    async with await ssh.start_server(lambda *_: hear, "localhost", 0) as listening:
        _, writer = await ssh.open_connection("127.0.0.1", listening.get_port())
        writer.write(b"round")
        writer.write_eof()

        assert await said == b"round"
        writer.close()


async def test_an_agent_is_forwarded_where_it_is_asked_for(ssh, work, instance, key):
    """SSH_AUTH_SOCK names a socket on the instance; else there is none."""
    shown = 'test -S "$SSH_AUTH_SOCK" && echo socket || echo none'
    assert (await ssh.run(shown)).stdout == "none\n"

    work.push(instance, key)
    async with await work.connect(instance, key, agent_forwarding="/nowhere") as asking:
        assert (await asking.run(shown)).stdout == "socket\n"


async def test_a_lost_connection_hangs_up_on_its_command(work, instance, key, tmp_path):
    """The command gets SIGHUP and some time to end."""
    ended = tmp_path / "ended"
    work.push(instance, key)
    connection = await work.connect(instance, key)
    command = f"trap 'echo hup > {ended}; exit' HUP; echo on; read x; sleep 600 & wait"
    process = await connection.create_process(command)
    await process.stdout.readuntil("on")

    connection.abort()
    await connection.wait_closed()

    work.region.until(lambda: ended.exists() and ended.read_text())
    assert ended.read_text() == "hup\n"


async def test_an_instance_keeps_its_host_key_and_address_when_stopped(work, key):
    """They end with the instance."""
    ec2 = work.region.client("ec2")
    instance = work.launch()

    async def seen() -> Any:
        work.push(instance, key)
        async with work.connect(instance, key) as connection:
            return connection.get_server_host_key(), connection.get_extra_info(
                "peername"
            )

    first = await seen()
    ec2.stop_instances(InstanceIds=[instance])
    work.region.until(lambda: instance not in addresses(work))
    with pytest.raises(OSError, match=r"refused|failed"):
        await asyncssh.connect(*first[1][:2], known_hosts=None, config=None)
    with pytest.raises(ClientError, match="invalid state: stopped"):
        work.push(instance, key)
    ec2.start_instances(InstanceIds=[instance])
    assert await seen() == first


def addresses(work) -> dict[str, Any]:
    """Instances that answer SSH."""
    return dict(work.region.control.status()["addresses"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_terminated_instance_leaves_no_process_and_no_folder(work, key):
    """A process that hid itself in a session of its own neither."""
    instance = work.launch()
    folder = work.region.info.state_dir / "instances" / instance
    work.push(instance, key)
    async with work.connect(instance, key) as connection:
        done = await connection.run("setsid sleep 600 >/dev/null 2>&1 & echo $!")
        pid = int(done.stdout)
        assert is_running(pid)
        work.region.client("ec2").terminate_instances(InstanceIds=[instance])
        work.region.until(lambda: not folder.exists())
    assert not is_running(pid)
    with pytest.raises(ClientError, match="invalid state: terminated"):
        work.push(instance, key)


async def test_a_terminated_instance_is_shown_for_a_while_and_then_unknown(
    fresh_region, fresh_work
):
    """Of the region's time; who asks for it by its id later is told so."""
    fresh_region.control.timings(forget_s=100)
    instance = fresh_work.launch()
    ec2 = fresh_region.client("ec2")
    ec2.terminate_instances(InstanceIds=[instance])
    fresh_region.control.settle()
    fresh_region.control.advance(99)
    (shown,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    assert shown["Instances"][0]["State"]["Name"] == "terminated"

    fresh_region.control.advance(2)
    with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
        ec2.describe_instances(InstanceIds=[instance])


def is_running(pid) -> bool:
    """Whether there is such a process that is not a zombie."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False


def test_describe_instances_shows_the_real_address(work, instance):
    """To any client of EC2."""
    host, _ = work.address(instance)
    answer = work.region.client("ec2").describe_instances(InstanceIds=[instance])
    (shown,) = answer["Reservations"][0]["Instances"]
    assert shown["PublicIpAddress"] == shown["PrivateIpAddress"] == host


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"InstanceId": "i-" + "0" * 17}, "EC2InstanceNotFoundException"),
        ({"SSHPublicKey": "ssh-ed25519 " + "A" * 80}, "InvalidArgsException"),
        ({"InstanceOSUser": "a b"}, "InvalidArgsException"),
        ({"AvailabilityZone": "us-east-1z"}, "InvalidArgsException"),
    ],
)
def test_a_wrong_push_is_refused(work, instance, key, changes, code):
    """With Instance Connect's own errors."""
    parameters = {
        "InstanceId": instance,
        "InstanceOSUser": "ec2-user",
        "SSHPublicKey": key.export_public_key().decode(),
    }
    with pytest.raises(ClientError) as refusal:
        work.region.client("ec2-instance-connect").send_ssh_public_key(
            **parameters | changes
        )
    assert refusal.value.response["Error"]["Code"] == code


def test_other_key_types_are_refused(work, instance):
    """The guest of AWS takes neither ECDSA."""
    ecdsa = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    with pytest.raises(ClientError, match="RSA or ED25519"):
        work.push(instance, ecdsa)


def test_what_instance_connect_does_not_emulate_says_so(work, instance, key):
    """An AWS error, not a success that means nothing."""
    client = work.region.client("ec2-instance-connect")
    with pytest.raises(ClientError, match="does not emulate"):
        client.send_serial_console_ssh_public_key(
            InstanceId=instance, SSHPublicKey=key.export_public_key().decode()
        )


def test_user_data_is_not_executed_but_its_units_run_at_every_boot(work, tmp_path):
    """Each boot has its own id; the unit sees standard variables only."""
    ec2 = work.region.client("ec2")
    instance = work.launch(GUEST.format(folder=tmp_path))
    report = tmp_path / "report"

    def reports() -> list[Any]:
        lines = report.read_text().splitlines() if report.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    work.region.until(lambda: len(reports()) == 1)
    ec2.stop_instances(InstanceIds=[instance])
    ec2.start_instances(InstanceIds=[instance])
    work.region.until(lambda: len(reports()) == 2)

    first, second = reports()
    host, port = work.address(instance)
    assert first["id"] == second["id"] == instance
    assert first["boot"] != second["boot"]
    assert f"listenaddress {host}:{port}\n" in first["sshd"]
    assert set(first["environment"]) <= {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TZ",
        "USER",
    }
    assert not (tmp_path / "executed").exists()
