"""The endpoints around login: token, revocation, who am I."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector.emulator.auth import GrantError
from connector.emulator.calls import Reply
from connector.emulator.door import Request
from connector.emulator.errors import ApiError
from connector.emulator.org import EmulatedOrg


def token(org: EmulatedOrg, request: Request) -> Reply:
    """The token endpoint; refuses with HTTP 400 and OAuth's own error shape."""
    org.usage.calls["POST /services/oauth2/token"] += 1
    host = urlsplit(request.origin).hostname or ""
    base = org.my_domain if host in org.auth.login_hosts else request.origin
    form = {**_basic(request.headers), **_form(request)}
    try:
        with org.storage.transaction():
            answer = org.auth.grant(form, host, base)
    except GrantError as refusal:
        return Reply(status=400, body=refusal.body)
    return Reply(body=answer, headers={"Cache-Control": "no-cache, no-store"})


def revoke(org: EmulatedOrg, request: Request) -> Reply:
    query = dict(parse_qsl(request.address.partition("?")[2]))
    with org.storage.transaction():
        org.auth.revoke({**query, **_form(request)}.get("token", ""))
    return Reply()


def user_info(org: EmulatedOrg, request: Request) -> Reply:
    """OpenID's user info, and Salesforce's identity address, for the token's user."""
    given = request.headers.get("Authorization", "").partition(" ")[2].strip()
    session = org.auth.session(given)
    if session is None:
        raise ApiError(403, "Bad_OAuth_Token", "Bad_OAuth_Token")
    user: Any = org.record("User", session.user)
    identity = f"{request.origin}/id/{org.id}/{session.user}"
    body = {
        "sub": identity,
        "id": identity,
        "user_id": session.user,
        "organization_id": org.id,
        "preferred_username": user["Username"],
        "username": user["Username"],
        "nickname": user["Alias"],
        "display_name": user["Name"],
        "name": user["Name"],
        "email": user["Email"],
        "active": user["IsActive"],
        "user_type": "STANDARD",
        "zoneinfo": user["TimeZoneSidKey"],
        "locale": "en_US",
        "language": user["LanguageLocaleKey"],
        "urls": {
            "rest": f"{request.origin}/services/data/v{{version}}/",
            "sobjects": f"{request.origin}/services/data/v{{version}}/sobjects/",
            "query": f"{request.origin}/services/data/v{{version}}/query/",
        },
    }
    return Reply(body=body)


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _basic(headers: Mapping[str, str]) -> dict[str, str]:
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        key, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": key, "client_secret": secret}
