"""The product's own clients: broken answers, and what is waited for."""

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import HTTPClientError

from asgwarm.aws_errors import translated
from asgwarm.clients import METADATA_TIMEOUT_S, AwsSettings, Clients
from asgwarm.errors import Unavailable
from tests.integration.pools import clients_of, settings_of

ROLE = {
    "Code": "Success",
    "AccessKeyId": "AKIDROLE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2999-01-01T00:00:00Z",
}


@pytest.mark.parametrize("kind", ["garbled", "truncated"])
@pytest.mark.parametrize(
    ("client", "method", "parameters"),
    [
        ("full_dynamodb", "list_tables", {}),
        ("ec2", "describe_vpcs", {}),
    ],
)
def test_an_answer_that_is_no_document_is_no_answer(
    own_region, kind, client, method, parameters
):
    """Broken JSON would else be an empty success: no such table, no such pool."""
    call = getattr(getattr(clients_of(own_region), client), method)
    own_region.control.set_faults(http=[{"kind": kind}])

    with pytest.raises(Unavailable, match="got no answer"), translated("a:B", "one"):
        call(**parameters)

    own_region.control.set_faults()
    assert call(**parameters)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_connections_are_opened_before_there_is_anything_to_ask():
    """One to each service of the way to a prompt, and nothing is sent over them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        settings = AwsSettings(
            region="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}",
            access_key_id="AKID",
            secret_access_key=ROLE["SecretAccessKey"],
        )

        clients = Clients(settings)
        for _ in range(2):
            clients.open_ahead()  # the second time there is nothing to be done

        for peer, _ in (server.accept(), server.accept()):
            with peer:
                peer.setblocking(False)
                with pytest.raises(BlockingIOError):
                    peer.recv(1)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_what_a_client_tries_and_how_long_it_waits_can_be_set(own_region):
    """The settings' own numbers are a person's."""
    settings = replace(settings_of(own_region), attempts=1, read_timeout_s=0.05)
    own_region.control.set_faults(http=[{"kind": "slow", "delay_s": 0.3}])
    with pytest.raises(HTTPClientError):
        Clients(settings).full_dynamodb.list_tables()
    own_region.control.set_faults()


class _Metadata(BaseHTTPRequestHandler):
    """An instance's metadata service, with a role."""

    def do_PUT(self):
        """Give a token."""
        self._answer("a-token")

    def do_GET(self):
        """Name the role, or give its keys."""
        is_list = self.path.endswith("/security-credentials/")
        self._answer("role" if is_list else json.dumps(ROLE))

    def _answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def metadata():
    """The URL of a running metadata service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Metadata) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _told_by_boto3(env, **wanted):
    """Where and as whom boto3 would call DynamoDB in an environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.lean.botocore_says"],
        input=json.dumps({"settings": wanted, "env": env}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)["dynamodb"]


def test_an_instances_role_is_used(metadata, tmp_path):
    """Where nothing else says who is calling."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata,
    }

    told = _told_by_boto3(env, region="eu-west-1")

    assert told["keys"] == ["AKIDROLE", "secret", "token"]


def test_a_metadata_service_that_is_not_there_is_not_waited_for_long():
    """Two questions of half a second each, instead of botocore's two seconds."""
    session = Clients(AwsSettings(region="eu-west-1"), {})._session._session

    waits_s = session.get_config_variable("metadata_service_timeout")
    assert waits_s == METADATA_TIMEOUT_S <= 0.5


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_both_variables_name_the_region(variable, tmp_path):
    """AWS's tools read the one, boto3 the other; with the lean clients and without."""
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
    env = {"HOME": str(tmp_path), variable: "eu-west-1"} | keys

    assert Clients(AwsSettings(), env).region == "eu-west-1"
    assert _told_by_boto3(env | {"AWS_MAX_ATTEMPTS": "3"})["region"] == "eu-west-1"
