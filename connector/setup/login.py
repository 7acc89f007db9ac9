"""
What a login needs: a key with its certificate, and the settings in a file.

The certificate goes into the External Client App, the key stays here (Salesforce help, "Create
a Private Key and Self-Signed Digital Certificate").
"""

import dataclasses
import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connector.domain.errors import ConfigurationError
from connector.salesforce.certificate import KeyCertificate, beside


KEY_FILE = "salesforce.key"
CERTIFICATE_FILE = "salesforce.crt"
SECRET_FILE = "salesforce.secret"  # noqa: S105 (the name of a file)
SETTINGS_FILE = "salesforce.env"
#: What Salesforce takes at least.
KEY_BITS = 2048
_YEAR = timedelta(days=365)
#: So that a clock that is behind does not find it too young.
_SKEW = timedelta(days=1)
#: What means itself to the shell, to systemd and to docker, which all read quotes otherwise.
_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_-]*")
#: Where an admin's browser is, and the address for programs of the same org.
_PAGES = (".lightning.force.com", ".my.salesforce-setup.com", ".lightning.force.mil")
_MY_DOMAIN = ".my.salesforce.com"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A private key in its file, and the certificate to upload; `made` tells new ones."""

    key_file: Path
    key: str = dataclasses.field(repr=False)
    certificate: KeyCertificate
    made: bool = False


def find_key_pair(folder: Path) -> KeyPair | None:
    """The key and certificate of this folder; None where there is no key."""
    key_file = folder / KEY_FILE
    if not key_file.exists():
        return None
    try:
        key = key_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{key_file} cannot be read: choose another --folder"
        ) from error
    certificate = beside(key_file, key)
    if certificate is None or not certificate.fits:
        raise ConfigurationError(
            f"{key_file} has no certificate beside it that fits: choose another --folder, or"
            " say --force to make both anew"
        )
    return KeyPair(key_file=key_file, key=key, certificate=certificate)


def make_key_pair(folder: Path, *, years: int, now: datetime) -> KeyPair:
    """A new RSA key and its self-signed certificate; whatever was there is overwritten."""
    made = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SMS connector")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + years * _YEAR)
        .sign(made, hashes.SHA256())
    )
    key = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keep_private(folder / KEY_FILE, key.decode())
    _write(folder / CERTIFICATE_FILE, certificate.public_bytes(Encoding.PEM).decode(), 0o644)
    found = find_key_pair(folder)
    if found is None:
        raise ConfigurationError(f"{folder}: the new key is gone: choose another --folder")
    return dataclasses.replace(found, made=True)


def keep_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, in a folder that is made where it is missing."""
    _write(path, text, 0o600)


def _write(path: Path, text: str, mode: int) -> None:
    """The file is its old self or the new one, and never readable by more than `mode` says."""
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:  # noqa: PTH123
            file.write(text)
        new.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}: choose another --folder"
        ) from error


def settings_text(values: Mapping[str, str], *, notes: tuple[str, ...]) -> str:
    """
    Settings for the shell (`set -a; . FILE`), systemd (EnvironmentFile) and docker --env-file.

    Raises ConfigurationError for what the three would read differently.
    """
    for name, value in values.items():
        if not _PLAIN.fullmatch(value):
            raise ConfigurationError(
                f"{name}: {value!r} has a character that the shell, systemd and docker do not"
                " read alike; for a file, choose a --folder without blanks"
            )
    lines = [f"# {' '.join(note.split())}" for note in notes]
    return "\n".join([*lines, *(f"{name}={value}" for name, value in values.items()), ""])


def my_domain(text: str) -> str:
    """
    The login address from whatever an admin copies out of the browser.

    Lightning pages and Setup have other hosts than the API: acme.lightning.force.com and
    acme.my.salesforce-setup.com belong to acme.my.salesforce.com (Salesforce help, "My Domain
    URL Formats").
    """
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    host, _, _ = rest.partition("/")
    lower = host.lower()
    for page in _PAGES:
        if lower.endswith(page):
            return f"https://{lower.removesuffix(page)}{_MY_DOMAIN}"
    return f"{scheme}://{lower}" if host else ""
