"""Key pushes over HTTP: boto3 against a server that plays EC2 Instance Connect."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.push import InstanceGone, Retry, push_key
from asgwarm.errors import (
    AccessDenied,
    AsgwarmError,
    CredentialsMissing,
    KeyPushFailed,
    RegionDown,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2_instance_connect import EC2InstanceConnectClient

INSTANCE = "i-0123456789abcdef0"
LINE = SessionKey.generate().public_line


@dataclass
class Service:
    """Answers with the errors it was given, then with success."""

    errors: list[tuple[int, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    success: bool = True
    endpoint: str = ""

    def client(self) -> "EC2InstanceConnectClient":
        """A client that asks here, and does not retry by itself."""
        return boto3.client(
            "ec2-instance-connect",
            region_name="eu-central-1",
            endpoint_url=self.endpoint,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI",  # noqa: S106  # nobody's
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture
def service() -> Iterator[Service]:
    """A running service."""
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append(json.loads(body))
            status, answer = 200, {"RequestId": "r-1", "Success": made.success}
            if made.errors:
                status, code = made.errors.pop(0)
                answer = {"__type": code, "Message": f"because of {code}"}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("x-amzn-RequestId", "r-2")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def push(service: Service, **retry: object) -> list[float]:
    """Push with pauses that only count; returns them."""
    slept: list[float] = []
    push_key(
        service.client(),
        instance_id=INSTANCE,
        os_user="ec2-user",
        public_line=LINE,
        retry=Retry(sleep=slept.append, **retry),  # type: ignore[arg-type]
    )
    return slept


def test_one_call_carries_instance_user_and_key(service):
    """Nothing else is asked of AWS."""
    assert push(service) == []

    assert service.asked == [
        {"InstanceId": INSTANCE, "InstanceOSUser": "ec2-user", "SSHPublicKey": LINE}
    ]


def test_throttling_is_waited_out_with_the_same_key(service):
    """The pauses double; no new key is made."""
    service.errors = [(400, "ThrottlingException")] * 3

    assert push(service) == [0.2, 0.4, 0.8]

    assert {asked["SSHPublicKey"] for asked in service.asked} == {LINE}


def test_a_fault_of_the_service_is_waited_out(service):
    """Whatever the service calls it: the status says whose fault it is."""
    service.errors = [(503, "ServiceUnavailable"), (500, "InternalFailure")]

    assert push(service) == [0.2, 0.4]


def test_throttling_ends_after_five_tries(service):
    """The error says so, and is worth another run."""
    service.errors = [(400, "ThrottlingException")] * 9

    with pytest.raises(KeyPushFailed, match="ThrottlingException") as caught:
        push(service)

    assert len(service.asked) == 5
    assert caught.value.retryable
    assert caught.value.aws_request_id == "r-2"


def test_no_pause_goes_beyond_the_deadline(service):
    """A caller who has to be somewhere is not kept."""
    service.errors = [(400, "ThrottlingException")] * 9

    with pytest.raises(KeyPushFailed):
        push(service, deadline_s=0.0)

    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "EC2InstanceNotFoundException", InstanceGone),
        (400, "EC2InstanceStateInvalidException", InstanceGone),
        (400, "EC2InstanceUnavailableException", InstanceGone),
        (400, "AuthException", AccessDenied),
        (400, "AccessDeniedException", AccessDenied),
        (400, "ExpiredTokenException", CredentialsMissing),
        (400, "InvalidArgsException", KeyPushFailed),
        (400, "SomethingNewException", KeyPushFailed),
    ],
)
def test_every_refusal_has_its_name(service, status, code, kind):
    """Each error of the service is one of ours, said once, with a next step."""
    service.errors = [(status, code)]

    with pytest.raises(AsgwarmError) as caught:
        push(service)

    assert type(caught.value) is kind
    assert INSTANCE in caught.value.message or kind is CredentialsMissing
    assert caught.value.hint
    assert len(service.asked) == 1


def test_a_denial_names_the_action_and_the_instance(service):
    """An administrator can act on the message."""
    service.errors = [(400, "AuthException")]

    with pytest.raises(AccessDenied) as caught:
        push(service)

    assert "ec2-instance-connect:SendSSHPublicKey" in caught.value.message
    assert INSTANCE in caught.value.message


def test_a_fault_of_the_service_is_tried_again(service):
    """ServiceException is AWS's own trouble."""
    service.errors = [(500, "ServiceException")]

    assert push(service) == [0.2]


def test_an_answer_without_success_is_a_failure(service):
    """Only Success means that the key was delivered."""
    service.success = False

    with pytest.raises(KeyPushFailed, match="did not deliver"):
        push(service)


def test_no_answer_is_named(service):
    """An endpoint that is not there is named, not the instance."""
    service.endpoint = "http://127.0.0.1:9"

    with pytest.raises(RegionDown, match=r"127\.0\.0\.1:9"):
        push(service)
