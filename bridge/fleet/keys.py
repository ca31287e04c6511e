"""The app's key pair: the private half signs commands, the public half is for the world (fleet-api.md 1.11).

Nothing here ever overwrites a private key: every car would have to be paired anew.
"""

from __future__ import annotations

import itertools
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bridge.disk import create_private, private_directory, put_in_place, write_new
from bridge.errors import SettingWrong

FILE = "private-key.pem"

LARGEST = 16384
"""Bytes of a key file that are read; a P-256 key has 241."""

_NOT_A_KEY = (ValueError, TypeError, UnsupportedAlgorithm)
"""What cryptography raises for a text that is no key, or one with a password."""

_HOW = "make one with `fleet2mqtt keys`, or `openssl ecparam -name prime256v1 -genkey -noout`"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`pem` is what the domain serves; `hex` is the same point as the Fleet API writes it: 04, x, y."""

    pem: str
    hex: str

    @classmethod
    def of(cls, key: ec.EllipticCurvePublicKey) -> Self:
        return cls(
            key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex(),
        )

    @classmethod
    def read(cls, pem: bytes) -> Self | None:
        """None for what is no public key on the curve P-256."""
        try:
            key = load_pem_public_key(pem)
        except _NOT_A_KEY:
            return None
        return cls.of(key) if isinstance(key, ec.EllipticCurvePublicKey) and _is_p256(key) else None


# --- making -------------------------------------------------------------------------------------------------------


def make(directory: Path) -> PublicKey:
    """A new pair. Raises SettingWrong where there is one, or the directory cannot be written."""
    path = directory / FILE
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        private_directory(directory)
        write_new(path, _pem(key))
    except FileExistsError:
        raise SettingWrong(f"{path} is there already, and is left as it is") from None
    except OSError as error:
        raise _cannot_write(path, error) from None
    return PublicKey.of(key.public_key())


def replace(directory: Path) -> Path:
    """A new pair in the place of the old one. Gives where the old private key is kept. Raises SettingWrong."""
    path = directory / FILE
    new = path.with_name(f"{FILE}.new")
    try:
        new.unlink(missing_ok=True)  # left behind by a crash
        write_new(new, _pem(ec.generate_private_key(ec.SECP256R1())))
        aside = _free_name(path)
        path.replace(aside)
        put_in_place(new, path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    return aside


def _free_name(path: Path) -> Path:
    """Taken as soon as it is found, so that nobody else's old key is lost under it."""
    names = (path.with_name(f"{path.name}.old-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not os.path.lexists(name))
    os.close(create_private(aside))
    return aside


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _cannot_write(path: Path, error: OSError) -> SettingWrong:
    return SettingWrong(f"FLEET2MQTT_DATA_DIR: cannot write {path}: {error.strerror}")


# --- reading ------------------------------------------------------------------------------------------------------


def where(directory: Path, own: Path | None) -> Path:
    """The owner's own file (FLEET2MQTT_TESLA_KEY_FILE), else the one in the data directory."""
    return own or directory / FILE


def public_key(path: Path) -> PublicKey:
    """The public half of the private key in this file. Raises SettingWrong."""
    return PublicKey.of(load_private_key(path).public_key())


def load_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Raises SettingWrong unless the file holds a P-256 key that nobody else may read."""
    try:
        key = load_pem_private_key(_read(path), password=None)
    except _NOT_A_KEY:
        # The error's own text may quote the file.
        raise SettingWrong(f"{path}: is no private key in PEM without a password: {_HOW}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _is_p256(key):
        raise SettingWrong(f"{path}: is another kind of key; Tesla takes the curve P-256 (prime256v1) only: {_HOW}")
    return key


def _is_p256(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> bool:
    return isinstance(key.curve, ec.SECP256R1)


def _read(path: Path) -> bytes:
    try:
        # Without waiting: in the place of a file may be a pipe.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SettingWrong(f"{path}: there is no key; `fleet2mqtt keys` makes one") from None
    except OSError as error:
        why = "it is a link, which is not followed: name the file itself" if path.is_symlink() else error.strerror
        raise SettingWrong(f"{path}: the key cannot be read: {why}") from None
    try:
        _check(path, os.fstat(file).st_mode)
        return os.read(file, LARGEST)
    finally:
        os.close(file)


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise SettingWrong(f"{path}: is no file")
    if mode & 0o077:
        raise SettingWrong(f"{path}: others may read or write the key (mode {mode & 0o777:04o}): chmod 600 it")
