"""Only authentic requests are trusted, and the vendors' own code agrees on which they are."""

import base64
import contextlib
import dataclasses
import hmac
import json
import random
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connector.domain.callback import Callback
from connector.gateways import find, verify
from tests.gateways.cases import FILES, FOLDER, read
from tests.support.clock import NOON


FLIPS = 20_000
TOKEN = "0123456789abcdef0123456789abcdef"
KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HOST = "https://sms.example.org"
#: Claims that a library would look into.
REGISTERED = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
FORM = "application/x-www-form-urlencoded"

#: Requests of every scheme, and what of each is covered by it. Where that is the decoded
#: query, it says so; `target` is covered as it is written.
SCHEMES = {
    "twilio/delivered": ("target", "body", "x-twilio-signature"),
    "twilio/sha256": ("target", "body", "x-twilio-signature"),
    "twilio/event-streams": ("target", "body", "x-twilio-signature"),
    "generic/undelivered-unreachable": (
        "body",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ),
    "vonage/sms-delivered": ("query",),
    "vonage/sms-delivered-form-sha512": ("body",),
    "vonage/sms-delivered-json-sha1": ("body",),
    "vonage/sms-md5-hash": ("query",),
    "vonage/sms-md5-hmac": ("query",),
    "vonage/messages-delivered": ("body", "authorization"),
    "vonage/sms-token": ("token",),
    "plivo/sent": ("body", "x-plivo-signature-ma-v3", "x-plivo-signature-v3-nonce"),
    "plivo/delivered-get": (
        "query",
        "x-plivo-signature-ma-v3",
        "x-plivo-signature-v3-nonce",
    ),
    "plivo/sent-v2": ("target", "x-plivo-signature-ma-v2", "x-plivo-signature-v2-nonce"),
    "telnyx/delivered": ("body", "telnyx-timestamp", "telnyx-signature-ed25519"),
    "bandwidth/delivered": ("authorization",),
    "aws/delivered": ("body",),
    "aws/with-subject": ("body",),
    "kannel/delivered": ("token",),
    "kannel/basic": ("authorization",),
    "jasmin/delivered": ("token",),
    "smpp/delivered": ("token",),
    "smpp/basic": ("authorization",),
    "clickatell/delivered": ("token",),
    "clickatell/archived-get-basic": ("authorization",),
    "clicksend/delivered": ("token",),
    "africastalking/delivered": ("token",),
    "infobip/delivered": ("authorization",),
    "infobip/own-parameters": ("token",),
    "infobip/hmac": ("body", "x-infobip-signature"),
    "bird/channel-absent": (
        "target",
        "body",
        "messagebird-signature",
        "messagebird-request-timestamp",
    ),
    "bird/event-undelivered": (
        "body",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ),
    "messagebird/delivered": ("target", "messagebird-signature-jwt"),
    "messagebird/inbound-stop": ("target", "body", "messagebird-signature-jwt"),
    "messagebird/deprecated-signature": (
        "messagebird-signature",
        "messagebird-request-timestamp",
    ),
    "messagebird/inbound-deprecated": ("body", "messagebird-signature"),
    "sinch/delivered": (
        "body",
        "x-sinch-webhook-signature",
        "x-sinch-webhook-signature-nonce",
        "x-sinch-webhook-signature-timestamp",
    ),
    "sinch/basic": ("authorization",),
    "sinch/token": ("token",),
}


#: What is covered of an envelope of SNS, however its JSON is written; not its addresses.
ENVELOPE = (
    *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
    *("SignatureVersion", "Signature"),
)


def a_callback(name="any", *, target="/callbacks/any", headers=None, body=b""):
    return Callback(
        gateway=name,
        method="POST",
        target=target,
        headers=headers or {},
        body=body,
        received_at=NOON,
        public_url=HOST,
    )


def flipped(text, randomness):
    """The bytes with one bit the other way; never above ASCII, where headers end."""
    at, bit = randomness.randrange(len(text)), 1 << randomness.randrange(7)
    return text[:at] + bytes([text[at] ^ bit]) + text[at + 1 :]


def tampered(callback, place, randomness):
    if place == "body":
        return dataclasses.replace(callback, body=flipped(callback.body, randomness))
    if place == "target":
        target = flipped(callback.target.encode(), randomness).decode()
        return dataclasses.replace(callback, target=target)
    if place == "query":
        path, _, query = callback.target.partition("?")
        target = f"{path}?{flipped(query.encode(), randomness).decode()}"
        return dataclasses.replace(callback, target=target)
    if place == "token":
        before, token, after = callback.target.partition("s3cret")
        target = before + flipped(token.encode(), randomness).decode() + after
        return dataclasses.replace(callback, target=target)
    scheme, _, value = callback.headers[place].rpartition(" ")
    value = f"{scheme} {flipped(value.encode(), randomness).decode()}".lstrip(" ")
    return dataclasses.replace(callback, headers={**callback.headers, place: value})


def meaning(callback, places):
    """What a request says, where it is not signed as it is written: %2b is %2B."""
    target = callback.target
    if "query" in places:
        target = (target.partition("?")[0], folded(callback.query_pairs))
    return target, callback.headers, folded(callback.form_pairs) or content(callback.body)


def content(body):
    """The body, or its fields where the signature is one of them."""
    with contextlib.suppress(ValueError):
        document = json.loads(body)
        if isinstance(document, dict) and "sig" in document:
            return folded(document.items())
        if isinstance(document, dict) and "SigningCertURL" in document:
            return [document.get(name) for name in ENVELOPE]
    return body


def folded(pairs):
    """The fields, a hexadecimal signature among them in small letters."""
    return [(name, value.lower() if name == "sig" else value) for name, value in pairs]


@pytest.mark.parametrize("name", SCHEMES)
def test_no_request_with_a_flipped_bit_is_trusted(name):
    case = read(FOLDER / f"{name}.yaml")
    randomness, trusted, tried = random.Random(name), [], 0  # noqa: S311, no secret
    said = meaning(case.callback, SCHEMES[name])

    while tried < FLIPS:
        other = tampered(case.callback, randomness.choice(SCHEMES[name]), randomness)
        if meaning(other, SCHEMES[name]) == said:
            continue
        tried += 1
        if case.gateway.verify(other, case.secrets):
            trusted.append(other)

    assert case.gateway.verify(case.callback, case.secrets)
    assert trusted == []


def test_every_scheme_in_the_callback_files_is_flipped():
    trusted = {path.parent.name for path in FILES if read(path).trusted}

    assert trusted == {name.partition("/")[0] for name in SCHEMES}


texts = st.text(st.characters(codec="utf-8"), max_size=12)


class Fields(dict[str, str]):
    """Form fields as a web framework would give them to the vendor's library."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.pairs = pairs

    def getlist(self, name):
        return [value for key, value in self.pairs if key == name]


class TestTwilioSignature:
    @given(
        st.lists(st.tuples(texts.filter(bool), texts), min_size=1, max_size=12),
        st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]),
        st.sampled_from([HOST, f"{HOST}:443"]),
    )
    def test_agrees_with_the_vendors_library(self, pairs, algorithm, host):
        target = "/callbacks/twilio?ref=a%3Ab%20c"
        signature = RequestValidator(TOKEN).compute_signature(
            host + target, Fields(pairs), algorithm
        )
        settings = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
        headers = {
            "content-type": FORM,
            "x-twilio-signature": signature,
            "x-twilio-webhooks-signature-settings": settings,
        }

        callback = a_callback(target=target, headers=headers, body=urlencode(pairs).encode())

        key = "auth_token" if algorithm == "HMAC_SHA1" else "shared_key"
        assert find("twilio").verify(callback, {key: [TOKEN]})

    def test_without_form_and_body_covers_the_url(self):
        target = "/callbacks/twilio?MessageSid=SM1&MessageStatus=sent"
        signature = RequestValidator(TOKEN).compute_signature(HOST + target, {})

        callback = a_callback(target=target, headers={"x-twilio-signature": signature})

        assert find("twilio").verify(callback, {"auth_token": [TOKEN]})
        bodied = dataclasses.replace(callback, body=b"MessageStatus=delivered")
        assert not find("twilio").verify(bodied, {"auth_token": [TOKEN]})

    @pytest.mark.parametrize("public_url", ["", "sms.example.org", "ftp://sms.example.org"])
    def test_needs_the_public_address(self, public_url):
        case = read(FOLDER / "twilio/delivered.yaml")

        elsewhere = dataclasses.replace(case.callback, public_url=public_url)

        assert not case.gateway.verify(elsewhere, case.secrets)


class TestStandardWebhooks:
    @given(texts.filter(bool), st.text(st.characters(codec="utf-8")))
    def test_agrees_with_the_reference_library(self, identity, body):
        headers = {
            "webhook-id": identity,
            "webhook-timestamp": str(int(NOON.timestamp())),
            "webhook-signature": Webhook(KEY).sign(identity, NOON, body),
        }

        callback = a_callback(headers=headers, body=body.encode())

        assert find("generic").verify(callback, {"signing_key": [KEY]})

    @pytest.mark.parametrize(
        "missing", ["webhook-id", "webhook-timestamp", "webhook-signature"]
    )
    def test_needs_each_header(self, missing):
        case = read(FOLDER / "generic/delivered.yaml")
        headers = {name: v for name, v in case.callback.headers.items() if name != missing}

        without = dataclasses.replace(case.callback, headers=headers)

        assert not case.gateway.verify(without, case.secrets)

    @pytest.mark.parametrize(
        "stamp", ["", "now", "-1", "1.5", "1e3", "١٢", "9" * 400, " 1795435200", "1795435200 "]
    )
    def test_needs_a_timestamp_of_digits(self, stamp):
        case = read(FOLDER / "generic/delivered.yaml")
        headers = {**case.callback.headers, "webhook-timestamp": stamp}

        other = dataclasses.replace(case.callback, headers=headers)

        assert not case.gateway.verify(other, case.secrets)

    def test_measures_the_window_from_the_moment_of_receipt(self):
        case = read(FOLDER / "generic/delivered.yaml")

        late = dataclasses.replace(case.callback, received_at=NOON + timedelta(seconds=301))

        assert not case.gateway.verify(late, case.secrets)

    @pytest.mark.parametrize(
        "secret, fault",
        [
            (KEY, ""),
            (KEY.removeprefix("whsec_").rstrip("="), ""),
            ("whsec_###", "is not base64"),
            ("whsec_c2hvcnQ=", "is a key of 5 bytes, where 24 to 64 are wanted"),
            ("whsec_" + "A" * 100, "is a key of 75 bytes, where 24 to 64 are wanted"),
            ("ä" * 32, "is not base64"),
        ],
    )
    def test_says_what_is_wrong_with_a_secret(self, secret, fault):
        gateway = find("generic")

        assert gateway.secret_fault("signing_key", secret) == fault
        case = read(FOLDER / "generic/delivered.yaml")
        assert gateway.verify(case.callback, {"signing_key": [secret]}) is (not fault)


class TestTokenAndBasic:
    @pytest.mark.parametrize("token", ["", "S3CRET", "s3cret ", "s3cre", "s3crett"])
    def test_another_token_is_refused(self, token):
        check = verify.token_in_query("token")

        callback = a_callback(target=f"/callbacks/any?token={token}")

        assert not check(callback, {"token": ["s3cret"]})

    def test_an_empty_secret_is_no_secret(self):
        check = verify.any_of(verify.token_in_query("token"), verify.basic_auth())

        callback = a_callback(target="/?token=", headers={"authorization": "Basic "})

        assert not check(callback, {"token": [""], "basic": [""]})

    @pytest.mark.parametrize("name", ["Basic", "basic", "BASIC"])
    def test_basic_covers_user_and_password(self, name):
        credentials = base64.b64encode("käyttäjä:pässword".encode()).decode()

        callback = a_callback(headers={"authorization": f"{name} {credentials}"})

        assert verify.basic_auth()(callback, {"basic": ["x:y", "käyttäjä:pässword"]})
        assert not verify.basic_auth()(callback, {"basic": ["x:y"]})

    def test_a_secret_of_basic_has_a_colon(self):
        assert find("kannel").secret_fault("basic", "user") != ""
        assert find("kannel").secret_fault("basic", "user:password") == ""
        assert find("kannel").secret_fault("token", "anything") == ""


class TestHmac:
    def test_covers_what_it_is_told_to(self):
        check = verify.hmac_of(verify.body, header="X-Signature")
        # RFC 4231, test case 2.
        mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        body = b"what do ya want for nothing?"

        callback = a_callback(headers={"x-signature": mac}, body=body)

        assert check(callback, {"signing_key": ["old", "Jefe"]})
        assert not check(callback, {"signing_key": ["old"]})
        assert not check(callback, {})


class TestHs256Claims:
    CLAIMS = {"iss": "Vonage", "iat": 1795435200}  # noqa: RUF012 (of a test)

    @given(st.dictionaries(texts, texts | st.integers()))
    def test_reads_what_another_library_signed(self, claims):
        claims = {name: value for name, value in claims.items() if name not in REGISTERED}
        token = jwt.encode(claims, KEY, "HS256")

        assert verify.hs256_claims(token, ["old", KEY]) == claims
        assert verify.hs256_claims(token, ["old"]) == {}
        assert verify.hs256_claims(token, []) == {}

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_takes_no_other_algorithm(self, algorithm):
        token = jwt.encode(self.CLAIMS, KEY * 2, algorithm)

        assert verify.hs256_claims(token, [KEY * 2]) == {}

    def test_takes_no_unsigned_token(self):
        token = jwt.encode(self.CLAIMS, "", "none")

        assert verify.hs256_claims(token, [KEY, ""]) == {}

    @pytest.mark.parametrize(
        "header",
        [
            {"alg": "none"},
            {"alg": "hs256"},
            {"typ": "JWT"},
            {"alg": "HS256", "crit": ["x"]},
            ["HS256"],
        ],
    )
    def test_takes_no_other_header_however_it_is_signed(self, header):
        assert verify.hs256_claims(token_of(header, self.CLAIMS), [KEY]) == {}

    @pytest.mark.parametrize("claims", [None, [], "x", 1])
    def test_claims_are_an_object(self, claims):
        assert verify.hs256_claims(token_of({"alg": "HS256"}, claims), [KEY]) == {}

    @pytest.mark.parametrize(
        "token", ["", ".", "..", "...", "a.b", "a.b.c", "ä.b.c", "a.b.c.d"]
    )
    def test_what_is_no_token_has_none(self, token):
        assert verify.hs256_claims(token, [KEY]) == {}


def token_of(header, claims):
    """A token with whatever header, signed all the same."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=")
        for each in (header, claims)
    ]
    digest = hmac.digest(KEY.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=")]).decode()


def test_equal_takes_any_text():
    assert verify.equal("ä\udcff", "ä\udcff")
    assert not verify.equal("ä\udcff", "ä")
