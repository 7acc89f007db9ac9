"""The certificate of the app's key, as far as a file beside the key shows it."""

import dataclasses
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


#: What a certificate beside a key is called: the key's name with one of these endings.
SUFFIXES = (".crt", ".cer", ".cert", ".pem")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeyCertificate:
    """One certificate; `fits` says whether it belongs to the key."""

    path: Path
    name: str
    starts: datetime
    ends: datetime
    fits: bool


def beside(key_file: Path, key: str) -> KeyCertificate | None:
    """The certificate that lies beside a key's file; None where there is none to be read."""
    stems = dict.fromkeys((key_file.name, key_file.stem))
    names = [stem + suffix for stem in stems for suffix in SUFFIXES]
    others = [f"{key_file.stem.removesuffix('-key')}{suffix}" for suffix in SUFFIXES]
    for name in dict.fromkeys((*names, *others)):
        path = key_file.with_name(name)
        if path != key_file and (found := _read(path, key)):
            return found
    return None


def _read(path: Path, key: str) -> KeyCertificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        public = certificate.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        own = load_pem_private_key(key.encode(), password=None).public_key()
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return KeyCertificate(
        path=path,
        name=str(names[0].value) if names else "",
        starts=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        fits=public == own.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )
