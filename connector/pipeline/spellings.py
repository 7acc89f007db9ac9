"""A number in whatever way people, gateways and Salesforce write it, found in any text."""

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, unquote_plus

from connector.phones import parts


#: What may stand between two digits: blanks, brackets, dashes, slashes, in any alphabet.
_BETWEEN = r"[^0-9A-Za-z\n]{0,3}"
#: More digits than a number has with whatever is dialled before it.
_NO_NUMBER = 19
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<![0-9])", r"(?![0-9])"


class Spellings:
    """
    Every usual spelling of one number.

    Only where no other digits are around it: with them it is another number. Except within so
    many digits that they are none: then it is part of an id.
    """

    def __init__(self, phone: str) -> None:
        code, rest = parts(phone)
        national = _BETWEEN.join(rest)
        whole = (
            rf"{_NO_DIGIT_BEFORE}(?:(?:\+|00|011){_BETWEEN})?{_BETWEEN.join(code)}{_BETWEEN}"
            rf"(?:0{_BETWEEN})?{national}{_NO_DIGIT_AFTER}"
        )
        within = rf"{_NO_DIGIT_BEFORE}(?=[0-9]{{{_NO_NUMBER},}})[0-9]*?{code}{rest}[0-9]*"
        # 0 in most countries, 06 in Hungary, 8 in Russia, 1 in North America.
        trunk = rf"{_NO_DIGIT_BEFORE}(?:06?{_BETWEEN}){national}{_NO_DIGIT_AFTER}"
        bare = rf"{_NO_DIGIT_BEFORE}(?<!\+)(?:[18]{_BETWEEN})?{national}{_NO_DIGIT_AFTER}"
        self.phone = phone
        #: The digits that all spellings have in common.
        self.digits = rest
        self._pattern = re.compile(f"{whole}|{trunk}|{bare}|{within}")

    def found(self, text: str) -> bool:
        """Whether the number stands in a text, also where the text is encoded."""
        return any(self._pattern.search(each) for each in _readings(text, unquote))

    def found_in_request(self, text: str) -> bool:
        """The same for a part of a request, where a plus sign may stand for a blank."""
        return any(self._pattern.search(each) for each in _readings(text, unquote_plus))

    def replaced(self, text: str, by: str) -> str:
        """The text without the number; all of it goes where it is hidden by an encoding."""
        without = self._pattern.sub(by, text)
        return by if self.found(without) else without


def _readings(text: str, decode: Callable[[str], str]) -> Iterator[str]:
    """As it stands, and as forms, addresses and pages would have it read, also twice."""
    yield text
    for step in (decode, html.unescape):
        read = text
        for _ in range(2):
            before, read = read, step(read)
            if read == before:
                break
            yield read
