"""One question to a server outside, within bounds: for what a gateway asks us to open."""

import requests

from connector.domain.errors import ConnectorError


#: How long a connection, and each part of the answer, may take.
SECONDS = 5.0
#: No answer that we want is longer.
MOST_BYTES = 65_536
_PART = 16_384


class FetchError(ConnectorError):
    """No answer, or not the one that was asked for; the address is not told."""

    retryable = True


def fetch(address: str) -> bytes:
    """
    What an address answers to a GET, followed nowhere else; raises FetchError.

    Only for addresses on hosts that the caller knows: what a stranger names is never opened.
    A proxy and a certificate bundle are taken from the environment, as `requests` does.
    """
    try:
        with requests.get(
            address, timeout=SECONDS, allow_redirects=False, stream=True
        ) as answer:
            status, body = answer.status_code, b""
            for part in answer.iter_content(_PART):
                body += part
                if len(body) > MOST_BYTES:
                    break
    except (requests.RequestException, OSError, ValueError) as error:
        raise FetchError(f"no answer: {type(error).__name__}") from None
    if status != requests.codes.ok:
        raise FetchError(f"answered {status}")
    if len(body) > MOST_BYTES:
        raise FetchError(f"answered with more than {MOST_BYTES} bytes")
    return body
