"""External client apps as an admin makes them: what is asked for, and what is wrong with it."""

import dataclasses
import re
import secrets
from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from connector.emulator.auth import App
from connector.emulator.org import EmulatedOrg


_LEAST_BITS = 2048
_KEY_START = "3MVG9"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class WrongAppError(Exception):
    """The form cannot be saved like this; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the form says; `certificate` is PEM text, `users` are those pre-authorized."""

    name: str
    contact: str
    certificate: str = ""
    client_credentials: bool = False
    run_as: str = ""
    users: tuple[str, ...] = ()

    @classmethod
    def read(cls, form: Mapping[str, object]) -> "Wish":
        """From JSON or a form; what is not there is empty."""
        users = form.get("users") or ()
        return cls(
            name=str(form.get("name") or "").strip(),
            contact=str(form.get("contact") or "").strip(),
            certificate=str(form.get("certificate") or ""),
            client_credentials=bool(form.get("client_credentials")),
            run_as=str(form.get("run_as") or "").strip(),
            users=_texts(users),
        )


def create(org: EmulatedOrg, wish: Wish) -> App:
    """A new app with a key, and a secret where the flow needs one; raises WrongAppError."""
    _check(org, wish)
    app = App(
        consumer_key=_KEY_START + secrets.token_urlsafe(60).replace("-", "."),
        public_key_pem=public_key(wish.certificate) if wish.certificate.strip() else "",
        secret=secrets.token_hex(32).upper() if wish.client_credentials else "",
        usernames=wish.users,
        run_as=wish.run_as if wish.client_credentials else "",
        name=wish.name,
        contact=wish.contact,
    )
    with org.storage.transaction():
        org.auth.register(app)
    return app


def _check(org: EmulatedOrg, wish: Wish) -> None:
    if not wish.name:
        raise WrongAppError("External Client App Name: you must enter a value")
    if wish.name in {app.name for app in org.auth.apps()}:
        raise WrongAppError(f"External Client App Name: there is one named {wish.name} already")
    if not _EMAIL.fullmatch(wish.contact):
        raise WrongAppError("Contact Email: invalid e-mail address")
    if not wish.certificate.strip() and not wish.client_credentials:
        raise WrongAppError(
            "Flow Enablement: upload a certificate, or enable client credentials"
        )
    for username in (*wish.users, *filter(None, [wish.run_as])):
        if username not in org.users:
            raise WrongAppError(f"there is no user {username}")


def public_key(pem: str) -> str:
    """The public half of a certificate, or of a public key."""
    try:
        if "BEGIN CERTIFICATE" in pem:
            key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        else:
            key = load_pem_public_key(pem.strip().encode())  # type: ignore[assignment]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongAppError(
            "Certificate: this is not an X.509 certificate in PEM form"
        ) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise WrongAppError(
            f"Certificate: it must have an RSA key of at least {_LEAST_BITS} bits"
        )
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _texts(value: object) -> tuple[str, ...]:
    several: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    return tuple(str(each).strip() for each in several if str(each).strip())
