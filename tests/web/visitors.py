"""A browser without a browser: forms of the status pages, sent as people send them."""

import re

from connector.web.keys import secret_hash
from tests.support.clock import NOON


SECRET = "smsconn_ann"
HTML = {"Accept": "text/html"}


def make_key(store, name="ann", secret=SECRET, scopes=("status:read", "consent:write")):
    with store.transaction() as t:
        t.keys.create(name, secret_hash(secret), list(scopes), NOON)


def log_in(client, name="ann", secret=SECRET, **more):
    headers = more.pop("headers", {})
    return client.post(
        "/status/login", data={"name": name, "secret": secret, **more}, headers=headers
    )


def form_token(page):
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]
