"""Which brand a caller means: by its name, or by the sender that it texts from."""

from connector.pipeline.phone_reader import PhoneReader
from connector.settings import Brands
from connector.web.problems import ProblemError


_LONGEST = 64


def brand_named(given: object, brands: Brands) -> str:
    """
    The brand of this name; nothing for none, and a refusal for one that nobody knows.

    Where no brands are configured any name is one.
    """
    scope = given or ""
    if not isinstance(scope, str) or len(scope) > _LONGEST or not scope.isprintable():
        raise ProblemError(422, '"scope" is to be the name of a brand.')
    if scope and brands and scope not in brands.senders:
        known = ", ".join(brands.senders)
        raise ProblemError(422, f'"scope" names no brand: CONNECTOR_BRANDS has {known}.')
    return scope


def brand_asked(scope: object, sender: object, read_phone: PhoneReader) -> str:
    """The brand of the question; a sender that belongs to none asks for all of them."""
    if not sender:
        return brand_named(scope, read_phone.brands)
    if scope:
        raise ProblemError(422, '"scope" or "sender", not both.')
    if not isinstance(sender, str) or len(sender) > _LONGEST:
        raise ProblemError(422, '"sender" is to be a number or name that texts are sent from.')
    return read_phone.brand(sender)
