"""The stage on which the guest's real script runs: a machine, its metadata, a table."""

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from asgwarm.clock import now_s
from asgwarm.guest import guest

REGION = "eu-west-1"
INSTANCE = "i-0123456789abcdef0"
INSTANCES = f"arn:aws:ec2:{REGION}:123456789012:instance/"
KEYS = Credentials("ASIATEST", "a/very+secret=key", "the//token+")
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx"
ANSWER_S = 20  # longest that a test waits for anything


@dataclass
class Region:
    """What the machine's network offers; a test changes it while the guest runs."""

    target: str | None = "Warmed:Stopped"
    reachable: bool = True
    throttled: int = 0  # requests to the table that will still be refused
    skew_s: int = 0  # of the table's clock
    rows: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    attempts: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def next_row(self) -> dict[str, Any]:
        """The next row that the guest writes."""
        return self.rows.get(timeout=ANSWER_S)


class Handler(BaseHTTPRequestHandler):
    """Instance metadata under /imds, the table at the root."""

    protocol_version = "HTTP/1.1"
    region: Region

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(now_s() + self.region.skew_s, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_PUT(self) -> None:
        ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "0")
        known = self.path == "/imds/latest/api/token" and 1 <= int(ttl) <= 21600
        self._metadata("token" if known else None)

    def do_GET(self) -> None:
        self.region.attempts.put(self.path)
        if self.path == "/":
            self._say(403, '{"__type": "MissingAuthenticationTokenException"}')
        elif self.headers.get("X-aws-ec2-metadata-token") != "token":
            self._say(401, "")
        else:
            role = "/imds/latest/meta-data/iam/security-credentials/"
            said = {
                "/imds/latest/meta-data/instance-id": INSTANCE,
                role: "role",
                role + "role": json.dumps(
                    {
                        "AccessKeyId": KEYS.access_key,
                        "SecretAccessKey": KEYS.secret_key,
                        "Token": KEYS.token,
                    }
                ),
                "/imds/latest/meta-data/autoscaling/target-lifecycle-state": (
                    self.region.target
                ),
            }
            self._metadata(said.get(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.region.attempts.put("POST")
        if self.headers["Authorization"] != self._signature(body):
            self._say(400, '{"__type": "InvalidSignatureException"}')
        elif self.region.throttled:
            self.region.throttled -= 1
            self._say(400, '{"__type": "ThrottlingException"}')
        else:
            self.region.rows.put(row_of(json.loads(body)))
            self._say(200, "{}")

    def _signature(self, body: bytes) -> str:
        """What botocore would have signed the same request with."""
        signed = self.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0]
        headers = {name: self.headers[name] for name in signed.split(";")}
        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest("POST", url, headers, body)
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = SigV4Auth(KEYS, "dynamodb", REGION)
        canonical = auth.canonical_request(request)
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        return (
            f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )

    def _metadata(self, text: str | None) -> None:
        if not self.region.reachable:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._say(404 if text is None else 200, text or "")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def row_of(request: dict[str, Any]) -> dict[str, Any]:
    """The row that an UpdateItem request sets, as plain values."""
    assert request["ReturnValues"] == "NONE"
    names = request["ExpressionAttributeNames"]
    row = {name: value["S"] for name, value in request["Key"].items()}
    for clause in request["UpdateExpression"].removeprefix("SET ").split(","):
        name, value = clause.split("=")
        ((kind, text),) = request["ExpressionAttributeValues"][value].items()
        row[names[name]] = int(text) if kind == "N" else text
    return row | {"table": request["TableName"]}


class Machine:
    """A tree laid out like an instance's, with an sshd that says hello."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "usr" / "sbin"
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._greet, daemon=True).start()
        self.put("opt/asgwarm/guest.py", Path(guest.__file__).read_text())
        self.settings(setup_timeout_s=60)
        self.boot("boot-1")
        self.put("etc/ssh/ssh_host_ed25519_key.pub", f"{HOST_KEY} root@machine\n")
        self.put("opt/aws/bin/eic_run_authorized_keys", "#!/bin/sh\n", 0o755)
        self.sshd()

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of the machine."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def settings(self, *, setup_timeout_s: float) -> None:
        """Write what the template gives the guest."""
        settings = {
            "table": "asgwarm-dev",
            "setup_timeout_s": setup_timeout_s,
            "endpoint": "https://dynamodb.invalid",
            "instances": INSTANCES,
        }
        self.put("opt/asgwarm/guest.json", json.dumps(settings))

    def boot(self, boot_id: str) -> None:
        """Begin another boot."""
        self.put("proc/sys/kernel/random/boot_id", f"{boot_id}\n")

    def setup(self, script: str) -> None:
        """Give the machine a set-up script."""
        self.put("var/log/.keep", "")
        self.put("opt/asgwarm/setup", f"#!/bin/sh\n{script}\n", 0o755)

    def sshd(self, command: str = "/opt/aws/bin/eic_run_authorized_keys %u %f") -> None:
        """Configure sshd; `sshd -T` prints the configuration."""
        lines = [
            f"port {self.port}",
            f"listenaddress 127.0.0.1:{self.port}",
            "hostkey /etc/ssh/ssh_host_rsa_key",
            "hostkey /etc/ssh/ssh_host_ed25519_key",
            f"authorizedkeyscommand {command}",
        ]
        said = "\n".join(lines)
        self.put("usr/sbin/sshd", f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n", 0o755)

    def close(self) -> None:
        """Let nobody answer at sshd's port."""
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def _greet(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-Test\r\n")


@dataclass
class Stage:
    """Everything together; `start` runs the guest."""

    machine: Machine
    region: Region
    endpoint: str
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)
    journal: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def next_line(self) -> str:
        """The next line that the guest writes into its journal."""
        return self.journal.get(timeout=ANSWER_S)

    def start(self, program: str = "guest.py") -> "subprocess.Popen[str]":
        """Run the guest as systemd would, at a boot."""
        process = subprocess.Popen(
            [sys.executable, "-I", self.machine.root / "opt/asgwarm" / program],
            env={
                "PATH": f"{self.machine.bin}:{os.environ['PATH']}",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{self.endpoint}/imds",
                "AWS_ENDPOINT_URL": self.endpoint,
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        return process

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.journal.put(line)

    def stop(self) -> None:
        """Switch the machine off."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A machine that has just been launched into the warm pool."""
    region = Region()
    handler = type("Handler", (Handler,), {"region": region})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    stage = Stage(machine=Machine(tmp_path), region=region, endpoint=endpoint)
    yield stage
    stage.stop()
    stage.machine.close()
    server.shutdown()
    thread.join()
    server.server_close()
