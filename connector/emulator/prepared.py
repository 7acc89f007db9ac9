"""An org in a folder, ready for a client: what it deploys, an app with its key, some people."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.emulator.administration import ADMIN, INTEGRATION_USER
from connector.emulator.org import EmulatedOrg
from connector.emulator.seeds import seed_campaign, seed_contacts, seed_leads


CONSUMER_KEY = "emulated-connector-app"
_KEY_BITS = 2048


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOrg:
    """The org and what a client needs to log in with the JWT bearer flow."""

    org: EmulatedOrg
    consumer_key: str
    username: str
    key_file: Path


def open_empty(
    folder: Path, clock: Callable[[], datetime], *, contacts: int = 20, leads: int = 10
) -> EmulatedOrg:
    """An org with some people, but nothing of ours: no fields, and no app to log in with."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    org = EmulatedOrg(str(folder / "org.sqlite3"), clock=clock)
    try:
        _settle(org, contacts, leads)
    except BaseException:
        org.close()
        raise
    return org


def open_prepared(
    folder: Path,
    clock: Callable[[], datetime],
    package: bytes,
    *,
    contacts: int = 20,
    leads: int = 10,
) -> PreparedOrg:
    """
    The org of this folder; what is there already stays, what is missing is made.

    `package` is a zip in metadata format. Each permission set in it is given to both users.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    org = EmulatedOrg(str(folder / "org.sqlite3"), clock=clock)
    try:
        if not _granted(org):
            _deploy(org, package)
        _settle(org, contacts, leads)
        key_file = folder / "app-key.pem"
        org.register_app(CONSUMER_KEY, _public_key(key_file))
    except BaseException:
        org.close()
        raise
    return PreparedOrg(
        org=org, consumer_key=CONSUMER_KEY, username=INTEGRATION_USER, key_file=key_file
    )


def _deploy(org: EmulatedOrg, package: bytes) -> None:
    result = org.deploy(package)
    if not result.success:
        raise ValueError("the package cannot be deployed")
    for permission_set in _granted(org):
        for user in (ADMIN, INTEGRATION_USER):
            org.assign(permission_set, user)


def _granted(org: EmulatedOrg) -> list[str]:
    """The permission sets that came with a package: profiles have one of their own."""
    found = org.records("PermissionSet")
    return [str(each["Name"]) for each in found if not each["IsOwnedByProfile"]]


def _settle(org: EmulatedOrg, contacts: int, leads: int) -> None:
    """Some people and a campaign, where there is nobody yet."""
    if not org.count("Contact") and not org.count("Lead"):
        people = seed_contacts(org, contacts, accounts=max(contacts // 5, 1))
        seed_campaign(org, "Autumn news", people + seed_leads(org, leads))


def _public_key(key_file: Path) -> str:
    """The public half of the key in this file, which is made where it is missing."""
    if not key_file.exists():
        key_file.touch(mode=0o600)
        made = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
        key_file.write_bytes(
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    return (
        key.public_key()
        .public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        .decode()
    )
