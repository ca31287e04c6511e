"""The app's key pair: private from its first byte, never overwritten, and only read where nobody else can (S18)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from bridge.errors import SettingWrong
from bridge.fleet import keys
from bridge.fleet.keys import PublicKey

P256 = ec.generate_private_key(ec.SECP256R1())


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption or NoEncryption())


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def complaint(path: Path) -> str:
    with pytest.raises(SettingWrong) as wrong:
        keys.load_private_key(path)
    assert str(wrong.value).startswith(f"{path}: ")
    return str(wrong.value)


@pytest.fixture
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


# --- making -------------------------------------------------------------------------------------------------------


def test_a_new_pair_is_on_the_curve_that_tesla_takes(tmp_path: Path) -> None:
    made = keys.make(tmp_path)
    assert isinstance(keys.load_private_key(tmp_path / keys.FILE).curve, ec.SECP256R1)
    assert keys.public_key(tmp_path / keys.FILE) == made


def test_the_public_half_is_pem_and_an_uncompressed_point(tmp_path: Path) -> None:
    made = keys.make(tmp_path)
    assert made.pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert (made.hex[:2], len(made.hex)) == ("04", 130)
    assert PublicKey.read(made.pem.encode()) == made


@pytest.mark.usefixtures("_no_umask")
def test_it_is_private_whatever_the_umask_says(tmp_path: Path) -> None:
    keys.make(tmp_path / "data")
    keys.replace(tmp_path / "data")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.usefixtures("_no_umask")
def test_it_is_private_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens it at the moment it appears finds it closed to others."""
    modes = []
    real = os.open

    def watching(path: str | Path, flags: int, mode: int = 0o777) -> int:
        file = real(path, flags, mode)
        if keys.FILE in str(path):
            modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        return file

    monkeypatch.setattr(os, "open", watching)
    keys.make(tmp_path)
    assert modes
    assert set(modes) == {0o600}


def test_a_key_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    first = keys.make(tmp_path)
    with pytest.raises(SettingWrong, match="left as it is"):
        keys.make(tmp_path)
    assert keys.public_key(tmp_path / keys.FILE) == first


@pytest.mark.parametrize("target", ["elsewhere.pem", "nowhere.pem"])
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, target: str) -> None:
    written(tmp_path / "elsewhere.pem", b"precious")
    (tmp_path / keys.FILE).symlink_to(tmp_path / target)
    with pytest.raises(SettingWrong, match="left as it is"):
        keys.make(tmp_path)
    assert (tmp_path / "elsewhere.pem").read_bytes() == b"precious"
    assert not (tmp_path / "nowhere.pem").exists()


def test_a_disk_that_fails_leaves_no_half_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingWrong, match="No space left on device"):
        keys.make(tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- replacing ----------------------------------------------------------------------------------------------------


def test_the_old_keys_are_kept_aside(tmp_path: Path) -> None:
    made, asides = [keys.make(tmp_path)], []
    for _ in range(2):
        asides.append(keys.replace(tmp_path))
        made.append(keys.public_key(tmp_path / keys.FILE))
    assert [path.name for path in asides] == ["private-key.pem.old-1", "private-key.pem.old-2"]
    assert [keys.public_key(path) for path in asides] == made[:2]
    assert len({each.hex for each in made}) == 3


def test_a_disk_that_fails_leaves_the_old_key_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keys.make(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SettingWrong, match="No space left on device"):
            keys.replace(tmp_path)
    assert keys.public_key(tmp_path / keys.FILE) == first


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_owners_own_file_comes_first(tmp_path: Path) -> None:
    assert keys.where(tmp_path, None) == tmp_path / "private-key.pem"
    assert keys.where(tmp_path, Path("/mine.pem")) == Path("/mine.pem")


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_both_forms_that_openssl_writes_are_read(tmp_path: Path, form: PrivateFormat) -> None:
    own = written(tmp_path / "own.pem", P256.private_bytes(Encoding.PEM, form, NoEncryption()))
    assert keys.public_key(own) == PublicKey.of(P256.public_key())


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_key_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    assert "chmod 600" in complaint(written(tmp_path / "own.pem", pem(P256), mode))


def test_a_key_behind_a_link_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "real.pem", pem(P256))
    (tmp_path / "own.pem").symlink_to(tmp_path / "real.pem")
    assert "name the file itself" in complaint(tmp_path / "own.pem")


def test_a_key_that_is_not_there_is_made_by_a_verb(tmp_path: Path) -> None:
    assert "`fleet2mqtt keys`" in complaint(tmp_path / "own.pem")


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is no file" in complaint(tmp_path / "pipe")
    assert "is no file" in complaint(tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 2048),
    ],
)
def test_another_kind_of_key_is_refused(tmp_path: Path, key: PrivateKeyTypes) -> None:
    assert "P-256" in complaint(written(tmp_path / "own.pem", pem(key)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"canary",
        pem(P256)[:120],
        pem(P256, BestAvailableEncryption(b"password")),
        PublicKey.of(P256.public_key()).pem.encode(),
    ],
    ids=["empty", "nonsense", "cut off", "with a password", "the public half"],
)
def test_what_is_no_private_key_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    said = complaint(written(tmp_path / "own.pem", content))
    assert "is no private key" in said
    assert not any(line and line in said for line in content.decode().splitlines())


def test_a_public_key_of_another_kind_is_none() -> None:
    assert PublicKey.read(b"nonsense") is None
    assert PublicKey.read(pem(P256)) is None
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    assert PublicKey.read(PublicKey.of(other).pem.encode()) is None
