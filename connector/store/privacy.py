"""Names in place of numbers, for what has to be kept when the number may not be."""

import hmac
import secrets

from connector.domain.errors import ConfigurationError
from connector.store.house import Marks


_KEY, _PROOF = "privacy.key", "privacy.proof"
_MARK = "h:"


class Pseudonyms:
    """
    Names for numbers that nobody turns back without the key: HMAC-SHA256.

    A plain hash would not do: there are few enough numbers to try them all.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, phone: str) -> str:
        digest = hmac.digest(self._key, phone.encode("utf-8", "replace"), "sha256")
        return f"{_MARK}{digest.hex()[:40]}"


def is_pseudonym(phone: str) -> bool:
    """Whether a number stands here as its name only: it was erased."""
    return phone.startswith(_MARK)


def settle_key(marks: Marks, given: Pseudonyms | None) -> None:
    """
    Make a key where there is none; raises ConfigurationError where another one was in use.

    With another key nobody who was erased would be known any more, and could be texted. Of two
    processes that make one at the same moment, both have that of the first.
    """
    known = marks.get(_PROOF)  # asked for first: whoever has left it has left the key too
    if given is None and not marks.get(_KEY):
        if known:
            raise ConfigurationError(
                "this database was used with CONNECTOR_PRIVACY_KEY: set it to the same key"
            )
        marks.first(_KEY, secrets.token_hex(32))
    names = given or own_names(marks)
    proof = names.of("proof")
    if (known or marks.first(_PROOF, proof)) != proof:
        raise ConfigurationError(
            "CONNECTOR_PRIVACY_KEY is not the key that this database was used with: the "
            "opt-outs of erased numbers hang on it"
        )


def own_names(marks: Marks) -> Pseudonyms:
    """Names by the key that the database keeps."""
    return Pseudonyms(marks.get(_KEY).encode())
