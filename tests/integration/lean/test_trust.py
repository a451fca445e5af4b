"""Whom a TLS connection believes: those whom botocore would believe, or fewer."""

import datetime
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.httpsession import get_cert_path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asgwarm.lean import trust
from asgwarm.lean.connection import Connections
from asgwarm.lean.endpoint import Dialing, Endpoint
from asgwarm.lean.http1 import NoAnswer

AMAZON = {
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
}


def common_names(context):
    """The names of the roots that a context believes."""
    return {
        value
        for root in context.get_ca_certs()
        for ((name, value),) in root["subject"]
        if name == "commonName"
    }


def certificate(name):
    """A certificate of a host that signed it itself, and its key, in one text."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251  # certificates have times
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(pem) + private


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    accepted = 0

    def get_request(self):
        self.accepted += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        """Say nothing of those who do not believe it."""


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A server of `localhost` over TLS, and the file of its certificate."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    file.write_bytes(certificate("localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server, str(file)
        with suppress(OSError):
            server.shutdown()
        thread.join()


@pytest.fixture
def connect(secure):
    """Makes connections to the server; they are closed with the test."""
    made = []

    def make(host, ca_file):
        port = secure[0].server_port
        endpoint = Endpoint(scheme="https", host=host, port=port, ca_file=ca_file)
        made.append(Connections(endpoint, read_timeout_s=5))
        return made[-1]

    yield make
    for connections in made:
        connections.close()


def test_the_installed_file_is_botocores():
    """The same file, found without loading botocore."""
    assert str(trust.installed_file()) == get_cert_path(True)


@pytest.mark.parametrize("service", ["dynamodb", "ec2-instance-connect"])
def test_aws_is_believed_by_amazons_roots_alone(service):
    """All five of them, out of the installed file."""
    context = trust.context(f"{service}.eu-west-1.amazonaws.com", None)

    assert common_names(context) == AMAZON
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_what_is_believed_is_read_once_for_all_of_aws():
    """Also by two who connect at the same time; another file is another matter."""
    hosts = [f"{name}.us-east-1.amazonaws.com" for name in ("dynamodb", "ec2", "sts")]
    with ThreadPoolExecutor(len(hosts)) as threads:
        first, *others = threads.map(lambda host: trust.context(host, None), hosts)

    assert all(other is first for other in others)
    assert trust.context("amazonaws.com.example", None) is not first
    assert trust.context(hosts[0], str(trust.installed_file())) is not first


def test_another_host_is_believed_by_every_installed_root():
    """An endpoint of somebody's own may have any certificate that is good."""
    names = common_names(trust.context("amazonaws.com.example", None))

    assert names > AMAZON
    assert len(names) > 50


def test_a_file_that_introduces_nobody_has_no_roots_of_amazons():
    """Then the whole file counts."""
    assert trust.amazon_roots("-----BEGIN CERTIFICATE-----\nMII") == ""


def test_a_connection_over_tls_is_kept(secure, connect):
    """Tickets that the server sends meanwhile are no end of it."""
    server, file = secure
    before = server.accepted
    connections = connect("localhost", file)
    connections.open(Dialing(connections.endpoint))

    bodies = [connections.ask({"Host": "localhost"}, b"").body for _ in range(3)]

    assert bodies == [b"{}"] * 3
    assert server.accepted == before + 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("is_known", [True, False])
def test_who_cannot_be_believed_gets_nothing(secure, connect, host, is_known):
    """Neither an unknown certificate nor another's name; a good one is both."""
    connections = connect(host, secure[1] if is_known else None)

    if (host, is_known) == ("localhost", True):
        assert connections.ask({"Host": host}, b"").status == 200
        return
    with pytest.raises(NoAnswer, match="certificate verify failed"):
        connections.ask({"Host": host}, b"")


def test_a_file_of_certificates_that_is_none_is_no_answer(connect, tmp_path):
    """boto3 is asked then, and tells it in its words."""
    file = tmp_path / "none.pem"
    file.write_text("nothing")

    with pytest.raises(NoAnswer):
        connect("localhost", str(file)).ask({"Host": "localhost"}, b"")
