"""
AWS Signature Version 4 for one request.

From "Create a signed AWS API request" in the IAM user guide; tested with the suite that AWS
published for makers of clients.
"""

import dataclasses
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit


_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs, and for which service in which region."""

    key_id: str
    secret: str = dataclasses.field(repr=False)
    token: str = dataclasses.field(default="", repr=False)
    region: str
    service: str

    def sign(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> dict[str, str]:
        """The headers to send instead of these; all of them but Authorization are signed."""
        parts = urlsplit(address)
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {
            **{name.lower(): " ".join(value.split()) for name, value in headers.items()},
            "host": parts.netloc.lower(),
            "x-amz-date": stamp,
            **({"x-amz-security-token": self.token} if self.token else {}),
        }
        names = ";".join(sorted(signed))
        request = "\n".join(
            (
                method,
                quote(parts.path or "/", safe="/-_.~"),
                _query(parts.query),
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                hashlib.sha256(body).hexdigest(),
            )
        )
        scope = "/".join((stamp[:8], self.region, self.service, "aws4_request"))
        digest = hashlib.sha256(request.encode()).hexdigest()
        content = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
        signature = hmac.new(self._key(scope), content.encode(), hashlib.sha256).hexdigest()
        signed["authorization"] = (
            f"{_ALGORITHM} Credential={self.key_id}/{scope}, SignedHeaders={names}, "
            f"Signature={signature}"
        )
        return signed

    def _key(self, scope: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        return key


def _query(query: str) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)
