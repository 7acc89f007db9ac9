"""
The two OAuth flows for servers, and what each of their refusals asks the operator to change.

Sources: Salesforce help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration", "OAuth
2.0 Client Credentials Flow for Server-to-Server Integration" and "OAuth Authorization Errors".
"""

import re
from datetime import datetime, timedelta

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connector.domain.errors import ConfigurationError
from connector.salesforce.access import OrgAccess
from connector.salesforce.errors import LoginRefusedError


#: How long an assertion is good for; Salesforce is reported to refuse more than 5 minutes.
ASSERTION_LIFE = timedelta(minutes=3)
#: Salesforce takes certificates from 2048 bits on.
SHORTEST_KEY_BITS = 2048

#: By error and, where it tells more, words of the description; the first that fits counts.
_REMEDIES: tuple[tuple[str, str, str], ...] = (
    (
        "invalid_grant",
        "user hasn't approved",
        "check the username, and pre-authorize it by a permission set in the app's policies",
    ),
    (
        "invalid_grant",
        "no client credentials user",
        "name a Run As user in the app's policies",
    ),
    (
        "invalid_grant",
        "not supported on this domain",
        "set the login URL to the org's My Domain, like https://acme.my.salesforce.com",
    ),
    (
        "invalid_grant",
        "certificate",
        "upload a certificate to the app that is valid and belongs to the private key",
    ),
    (
        "invalid_grant",
        "expired",
        "the credentials were revoked or this machine's clock is wrong: connect the app anew",
    ),
    (
        "invalid_grant",
        "audience",
        "set the audience to the org's My Domain or to the login address",
    ),
    (
        "invalid_grant",
        "assertion",
        "upload the certificate to the app that belongs to the private key",
    ),
    ("invalid_grant", "inactive", "activate the integration user"),
    ("invalid_grant", "locked", "unlock or unfreeze the integration user"),
    ("invalid_grant", "frozen", "unfreeze the integration user"),
    (
        "invalid_grant",
        "ip restricted",
        "allow this machine's address and the hour in the user's profile",
    ),
    (
        "invalid_grant",
        "",
        "check user, certificate and clock; Login History in Setup says more",
    ),
    (
        "invalid_assertion",
        "",
        "check the private key, the audience and this machine's clock",
    ),
    ("invalid_app_access", "", "assign the app's permission set to the integration user"),
    (
        "app_not_found",
        "",
        "set login URL and audience to the org's My Domain, and check the client id",
    ),
    (
        "invalid_client_id",
        "",
        "check the client id and the login URL; a new app takes some 10 minutes to be known",
    ),
    ("invalid_client", "", "check the client secret"),
    ("inactive_user", "", "activate the integration user"),
    ("unsupported_grant_type", "", "enable the flow in the app's settings and policies"),
    ("invalid_scope", "", "give the app the scope api"),
)
_UNKNOWN = "see Login History in Setup for the reason"
_ERROR = re.compile(r"[a-z_]{1,60}")


def grant(access: OrgAccess, now: datetime) -> dict[str, str]:
    """The form that asks for a token."""
    if access.uses_jwt:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": _assertion(access, now),
        }
    return {
        "grant_type": "client_credentials",
        "client_id": access.client_id,
        "client_secret": access.client_secret,
    }


def refusal(error: str, description: str, access: OrgAccess) -> LoginRefusedError:
    """What to change, in one line; nothing of the answer but its error word is repeated."""
    told = description.lower()
    words, remedy = next(
        (
            (words, remedy)
            for known, words, remedy in _REMEDIES
            if known == error and words in told
        ),
        ("", _UNKNOWN),
    )
    word = error if _ERROR.fullmatch(error) else "an unknown error"
    message = f"Salesforce login at {access.login_host}: {word}: {remedy}"
    return LoginRefusedError(message, error if word == error else "", words)


def _assertion(access: OrgAccess, now: datetime) -> str:
    claims = {
        "iss": access.client_id,
        "sub": access.username,
        "aud": access.audience or access.login_origin,
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    return jwt.encode(claims, _key(access.private_key), algorithm="RS256")


def _key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(
            "Salesforce private key: must be an RSA key in PEM form, without a passphrase"
        )
    if key.key_size < SHORTEST_KEY_BITS:
        raise ConfigurationError(
            f"Salesforce private key: must have at least {SHORTEST_KEY_BITS} bits"
        )
    return key
