"""Certificates for a broker on this machine: made by the shipped script, and those that it does not make."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brokers import HOST, SHIPPED
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization


def made(directory: Path, *names: str) -> Path:
    """Makes an authority there, if there is none, and a certificate for these names; HOST if there are none."""
    run_script(directory, *(names or (HOST,))).check_returncode()
    return directory


def run_script(directory: Path, *names: str) -> subprocess.CompletedProcess[str]:
    script = SHIPPED / "make-certificates"
    return subprocess.run([script, directory, *names], capture_output=True, text=True, check=False)


def dated(directory: Path, good: Path, *, begins: int, ends: int) -> Path:
    """Like the good one, but good from and to these days from today."""
    directory.mkdir()
    certificate = x509.load_pem_x509_certificate((good / "server.crt").read_bytes())
    key = serialization.load_pem_private_key((good / "ca.key").read_bytes(), None)
    today = datetime.now(UTC)  # noqa: TID251 - what it is good for is compared with the system's clock
    builder = x509.CertificateBuilder(
        certificate.issuer,
        certificate.subject,
        certificate.public_key(),
        certificate.serial_number,
        today + timedelta(days=begins),
        today + timedelta(days=ends),
        list(certificate.extensions),
    )
    again = builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]  # the script's key can sign
    (directory / "server.crt").write_bytes(again.public_bytes(serialization.Encoding.PEM))
    (directory / "server.key").write_bytes((good / "server.key").read_bytes())
    return directory
