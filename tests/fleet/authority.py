"""Certificates for `localhost`, made in memory for one test run, and an HTTP/2 server to use them."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes import NOON
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from loopback import Handler


def server_tls(host: str = "localhost", *, days: int = 36500) -> ssl.SSLContext:
    """A server's context with a certificate of its own making; a negative number of days is one that has expired."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        Path(file.name).write_bytes(pem(host, days))
        context.load_cert_chain(file.name)
    return context


def client_tls(host: str = "localhost", *, days: int = 36500) -> ssl.SSLContext:
    """A context that trusts this certificate and no other."""
    return ssl.create_default_context(cadata=pem(host, days).split(b"-----BEGIN PRIVATE")[0].decode())


@cache
def pem(host: str, days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=9999))
        .not_valid_after(NOON + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def http2(delay: float, body: bytes) -> Handler:
    """Answers every stream with this JSON after so many seconds."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        loop = asyncio.get_running_loop()

        def answer(stream: int) -> None:
            if writer.is_closing():
                return
            connection.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
            connection.send_data(stream, body, end_stream=True)
            writer.write(connection.data_to_send())

        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, StreamEnded) and event.stream_id:
                    loop.call_later(delay, answer, event.stream_id)
            writer.write(connection.data_to_send())

    return handle
