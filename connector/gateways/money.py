"""What a message cost: exact, in millionths of the currency, or not known at all."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from connector.gateways.values import MOST_SEGMENTS


#: Whoever is charged more for a message has found a mistake of somebody's.
DEAREST = 100_000
MICROS = 1_000_000

_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class Cost(NamedTuple):
    """Millionths of a currency (ISO 4217); a cost of nothing is one that is not known."""

    micros: int
    currency: str


UNKNOWN = Cost(0, "")


def cost(amount: str, currency: str, *, times: int = 1) -> Cost:
    """
    The amount as a gateway wrote it, `times` over; whatever makes no sense is not known.

    A callback is never refused for its price: a report is worth more than what it cost.
    """
    written, currency = amount.strip(), currency.strip().upper()
    if not _AMOUNT.fullmatch(written) or not _CURRENCY.fullmatch(currency):
        return UNKNOWN
    if not 0 < times <= MOST_SEGMENTS:
        return UNKNOWN
    price = Decimal(written) * times
    if price > DEAREST:
        return UNKNOWN
    micros = int((price * MICROS).to_integral_value())
    return Cost(micros, currency) if micros else UNKNOWN


def together(*costs: Cost) -> Cost:
    """The sum of what is charged apart, where all of it is known to be of one currency."""
    known = [each for each in costs if each != UNKNOWN]
    if len({each.currency for each in known}) != 1:
        return UNKNOWN
    return Cost(sum(each.micros for each in known), known[0].currency)


def hint(item: Mapping[str, object], *path: str) -> str:
    """The text or number at the end of the path; nothing, and no fault, for anything else."""
    value: object = item
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def network(country: str, code: str) -> str:
    """The code of a mobile network, of its country (MCC) and its own (MNC), as one."""
    return country + code if country and code else ""
