"""TLS certificates as AWS shows them: an RSA-2048 leaf, an intermediate, a root."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from asgwarm.clock import now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """PEM files: what the server shows, its key, and what a client trusts."""

    chain: Path
    key: Path
    root: Path


@dataclass(frozen=True, slots=True)
class _Signer:
    certificate: x509.Certificate
    key: RSAPrivateKey


def write(folder: Path, hosts: tuple[str, ...]) -> Files:
    """Make a chain for *hosts* that is good for a day."""
    files = Files(
        chain=folder / "chain.pem", key=folder / "tls.key", root=folder / "root.pem"
    )
    root = _issue("bench root", None, authority=True)
    middle = _issue("bench intermediate", root, authority=True)
    leaf = _issue(hosts[0], middle, names=hosts)
    files.root.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    shown = (leaf.certificate, middle.certificate)
    files.chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in shown))
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return files


def _issue(
    name: str,
    signer: _Signer | None,
    *,
    authority: bool = False,
    names: tuple[str, ...] = (),
) -> _Signer:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing = signer.key if signer else key
    now = datetime.fromtimestamp(now_s(), UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
            critical=False,
        )
    )
    if names:
        found = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(found, critical=False)
    return _Signer(builder.sign(signing, SHA256()), key)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
