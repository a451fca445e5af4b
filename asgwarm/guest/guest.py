"""The guest: says in the registry that this boot of the instance lets people in.

systemd starts it at every boot; it needs Python 3.9 and nothing beside it. The tree in
which it is installed (as /opt/asgwarm/guest.py) is the machine that it speaks of.
Rule 1: `done` is said only when clock, sshd and EC2 Instance Connect were found right.
Rule 2: the row is written whenever target state or phase change, with the boot id, so
that what an earlier boot said proves nothing.
Rule 3: a failure is a line in the journal and a pause, never the end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

# The instance's policy allows these attributes; IAM wants every key among them.
ATTRIBUTES = "pk sk ready_key boot_id target phase host_key port setup at v"
REPORT = ATTRIBUTES.split()[3:]

POLL_S = 0.25  # somebody may be waiting for this boot
MAX_PAUSE_S = 5.0
TIMEOUT_S = 3.0  # for one answer of anybody
MAX_SKEW_S = 30  # a pushed key lives 60 s by this clock
TAIL_CHARS = 500  # of what a failing set-up script wrote
TOOLS = ("curl -V", "openssl version")  # of the key lookup, when there is a key
IMDS = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
PASSING = (OSError, HTTPException, LookupError, ValueError, subprocess.SubprocessError)

direct = build_opener(ProxyHandler({})).open  # past any proxy


def now_s() -> int:
    """Unix time in whole seconds."""
    return int(time.time())  # noqa: TID251 - asgwarm.clock is not on an instance


def answer(request: Request) -> str:
    """Text of the answer; HTTPError for anything but success."""
    with direct(request, timeout=TIMEOUT_S) as response:
        return str(response.read().decode())


def ask(path: str) -> str:
    """What the instance metadata service, version 2, says at *path*."""
    url, name = f"{IMDS.rstrip('/')}/latest/", "X-aws-ec2-metadata-token"
    life = {f"{name}-ttl-seconds": "60"}
    token = answer(Request(url + "api/token", headers=life, method="PUT"))  # noqa: S310 - http by design
    return answer(Request(url + "meta-data/" + path, headers={name: token}))  # noqa: S310 - as above


def signed(
    keys: dict[str, str], region: str, host: str, body: bytes, at: str
) -> dict[str, str]:
    """Headers of an UpdateItem request, signed with AWS Signature Version 4.

    Args:
        at: When, as YYYYMMDDTHHMMSSZ.

    Source: IAM User Guide, "Create a signed AWS API request".
    """
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": host,
        "x-amz-date": at,
        "x-amz-security-token": keys["Token"],
        "x-amz-target": "DynamoDB_20120810.UpdateItem",
    }
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    digest = hashlib.sha256(body).hexdigest()
    request = "\n".join(["POST", "/", "", *lines, "", names, digest])
    scope = f"{at[:8]}/{region}/dynamodb/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, "
        f"SignedHeaders={names}, Signature={key.hex()}"
    )
    return headers


class Guest:
    """One boot of one instance."""

    def __init__(self, root: Path) -> None:
        self.root = root
        settings = json.loads(self.file("/opt/asgwarm/guest.json").read_text())
        self.table: str = settings["table"]
        self.arn: str = settings["instances"]
        self.region = self.arn.split(":")[3]
        self.endpoint = os.environ.get("AWS_ENDPOINT_URL") or settings["endpoint"]
        self.boot_id = self.file("/proc/sys/kernel/random/boot_id").read_text().strip()
        self.clock_is_right = False
        self.way_in: tuple[str, int] | None = None
        self.said = ("", "")
        self.pause_s = POLL_S
        self.start_setup(settings["setup_timeout_s"])

    def file(self, path: str) -> Path:
        """A file by the absolute path under which the machine knows it."""
        return Path(path) if path.startswith(f"{self.root}/") else self.root / path[1:]

    def start_setup(self, limit_s: int) -> None:
        """Run the user's script, once in the life of the instance."""
        self.log = self.file("/var/log/asgwarm-setup.log")
        self.result = self.file("/var/lib/asgwarm/setup")
        self.result.parent.mkdir(parents=True, exist_ok=True)
        self.child: subprocess.Popen[bytes] | None = None
        script = self.file("/opt/asgwarm/setup")  # empty where there is none
        is_there = os.access(script, os.X_OK) and script.stat().st_size
        if self.result.exists() or not is_there:
            return
        self.result.write_text("failed: interrupted")  # until it has ended
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(  # noqa: S603 - the pool's owner wrote it
                ["timeout", "-k9", str(limit_s), script],  # noqa: S607 - PATH's
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def look_at_setup(self) -> tuple[str, str]:
        """Phase, and what became of the script."""
        if self.child:
            code = self.child.poll()
            if code is None:
                return "setup", "none"
            tail = self.log.read_text(errors="replace").strip()[-TAIL_CHARS:]
            why = "too slow" if code in (124, 137) else f"status {code}"
            self.result.write_text(f"failed: {why}: {tail}" if code else "ok")
            self.child = None
        setup = self.result.read_text() if self.result.exists() else "none"
        return ("failed" if setup.startswith("failed") else "done"), setup

    def step(self) -> bool:
        """Report if there is news; whether this boot can bring no more."""
        phase, setup = self.look_at_setup()
        if not self.clock_is_right:
            self.check_clock()
        if phase == "done" and not self.way_in:
            self.way_in = self.find_way_in()
        target = ask("autoscaling/target-lifecycle-state")
        if (target, phase) != self.said:
            way_in = self.way_in or ("", 22)
            self.write(self.boot_id, target, phase, *way_in, setup, now_s(), 1)
            self.said = target, phase
        return phase != "setup" and not target.startswith("Warmed:")

    def check_clock(self) -> None:
        """Compare the clock with the table's."""
        try:
            with direct(self.endpoint, timeout=TIMEOUT_S) as response:
                date = response.headers["Date"]
        except HTTPError as error:  # any answer has a date
            date = error.headers["Date"]
        skew_s = now_s() - parsedate_to_datetime(date).timestamp()
        if abs(skew_s) > MAX_SKEW_S:
            raise ValueError(f"the clock is {skew_s:.0f} s off")
        self.clock_is_right = True

    def find_way_in(self) -> tuple[str, int]:
        """Host key and port of an sshd that answers and asks EC2 Instance Connect."""
        command = ["sshd", "-T"]
        text = subprocess.check_output(command, text=True, timeout=TIMEOUT_S)  # noqa: S603 - PATH's
        lines = [line.partition(" ")[::2] for line in text.splitlines()]
        first = dict(reversed(lines))
        # The package sets its command in sshd's file or in the options of its unit.
        found = re.search(r"/\S*/eic_run_authorized_keys", text + self.commands())
        if not found or not os.access(eic := self.file(found[0]), os.X_OK):
            raise LookupError("EC2 Instance Connect is not in place")
        host, _, port = first["listenaddress"].rpartition(":")
        address = host.strip("[]"), int(port)  # Linux takes 0.0.0.0 and :: for itself
        with socket.create_connection(address, TIMEOUT_S) as sshd:
            if not sshd.recv(64).startswith(b"SSH-2.0"):
                raise LookupError("sshd says nothing")
        keys = (value for name, value in lines if name == "hostkey")
        key = next((key for key in keys if "ed25519" in key), "/no ed25519 host key")
        # A volume made from a snapshot is slow at first touch: not while a user waits.
        for words in ([str(eic), "root"], ["bash", "-lc", ":"], *map(str.split, TOOLS)):
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run(words, capture_output=True, timeout=TIMEOUT_S)  # noqa: S603 - what a login runs
        return " ".join(self.file(key + ".pub").read_text().split()[:2]), int(port)

    def commands(self) -> str:
        """Command lines of all that runs."""
        said = ""
        for line in self.file("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                said += line.read_text(errors="replace").replace("\0", " ")
        return said

    def write(self, *report: str | int) -> None:
        """Write the instance's own row.

        No condition, the one write without: nobody else may write this row, and what
        the running boot says replaces whatever was said before.
        """
        values = {
            f":{name}": {"N" if isinstance(value, int) else "S": str(value)}
            for name, value in zip(REPORT, report)  # noqa: B905 - not in Python 3.9
        }
        item = {
            "TableName": self.table,
            "Key": {"pk": {"S": self.arn + ask("instance-id")}, "sk": {"S": "AGENT"}},
            "UpdateExpression": "SET "
            + ",".join(f"#{name}=:{name}" for name in REPORT),
            "ExpressionAttributeNames": {f"#{name}": name for name in REPORT},
            "ExpressionAttributeValues": values,
            "ReturnValues": "NONE",
        }
        body = json.dumps(item).encode()
        role = "iam/security-credentials/"
        keys = json.loads(ask(role + ask(role)))
        host = self.endpoint.partition("//")[2].strip("/")
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = signed(keys, self.region, host, body, at)
        self.pause_s = min(MAX_PAUSE_S, 2 * self.pause_s)  # should it fail
        try:
            answer(Request(self.endpoint, body, headers))  # noqa: S310 - of the settings
        except HTTPError as error:
            raise OSError(f"the table: {error}: {error.read(300)!r}") from error
        self.pause_s = POLL_S


def main() -> None:
    """Take steps until this boot has said all that it can say."""
    guest, said = Guest(Path(__file__).resolve().parents[2]), ""
    while True:
        try:
            if guest.step():
                return
        except PASSING as error:
            if said != (said := f"{error!r}\n"):
                sys.stderr.write(said)
        time.sleep(guest.pause_s)


if __name__ == "__main__":
    main()
