"""Whom a TLS connection believes: the certificates that botocore would believe.

Rule: never more than botocore. Towards AWS's own hosts it is less: only the roots of
Amazon's, out of the same file, because loading all of its roots takes 16 ms and theirs
one. A connection that fails by that is boto3's.

Source: Amazon Trust Services, "Certification Authorities", the roots of AWS endpoints.
"""

import ssl
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

_AWS = ".amazonaws.com"
# How the installed file introduces a certificate, and whose are Amazon's.
_BEFORE_EACH = "\n# Issuer: "
_AMAZON = (
    "CN=Amazon Root CA ",
    "CN=Starfield Services Root Certificate Authority - G2",
)
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_ONE_AT_A_TIME = Lock()  # two services are connected to at once


def context(host: str, ca_file: str | None) -> ssl.SSLContext:
    """Return what a connection to *host* is verified with, made once for all hosts.

    Args:
        ca_file: A file of certificates to believe instead of the installed ones.

    Raises:
        OSError: A file of certificates cannot be read, or makes no sense.
    """
    with _ONE_AT_A_TIME:
        return _context(ca_file, is_aws=host.endswith(_AWS))


@cache
def _context(ca_file: str | None, *, is_aws: bool) -> ssl.SSLContext:
    if ca_file is not None:
        return ssl.create_default_context(cafile=ca_file)
    file = installed_file()
    if is_aws:
        roots = amazon_roots(file.read_text("ascii", errors="replace"))
        if roots:
            return ssl.create_default_context(cadata=roots)
    return ssl.create_default_context(cafile=str(file))


def installed_file() -> Path:
    """Return the file of certificates that botocore reads: certifi's, else its own."""
    for package, name in (("certifi", "cacert.pem"), ("botocore", "cacert.pem")):
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0]) / name
    raise FileNotFoundError("botocore is not installed")


def amazon_roots(bundle: str) -> str:
    """Return Amazon's roots out of a file's text; empty where none is introduced."""
    found = [
        part[part.find(_BEGIN) : part.find(_END) + len(_END)]
        for part in bundle.split(_BEFORE_EACH)
        if part.startswith(_AMAZON)
    ]
    return "\n".join(found)
