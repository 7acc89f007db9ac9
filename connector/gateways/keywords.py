"""
The replies that ask for something: STOP, START and HELP in the words people use.

A keyword counts only as the whole text: one inside a sentence is for a person to read. The
words that revoke are those of 47 CFR 64.1200(a)(10) and of the gateways' default lists.
YES is no START: it also answers "reply YES to confirm".

Telephones and gateways write the same word in many ways, so words are compared as `normalised`
has them: without case, accents, punctuation, emoji, and signs that nobody sees.
"""

import unicodedata

from connector.domain.consent import ConsentKind


_STOP = (
    "stop",
    "quit",
    "end",
    "revoke",
    "optout",
    "opt out",
    "cancel",
    "unsubscribe",
    "stopall",
    "stop all",
)
#: Whoever says these means everybody, not only the brand that texted.
FOR_ALL = frozenset({"STOPALL", "STOP ALL"})
KEYWORDS = {
    **dict.fromkeys(_STOP, ConsentKind.STOP),
    **dict.fromkeys(("start", "unstop"), ConsentKind.START),
    **dict.fromkeys(("help", "info"), ConsentKind.HELP),
}

#: The longest text that is looked at: an SMS in its most segments is shorter.
LONGEST_TEXT = 2000
#: Unicode categories of punctuation, symbols with emoji, marks, modifiers, and of what nobody
#: sees: controls, joiners, halves of an emoji, emoji that are newer than our tables.
_STRIPPED = ("P", "S", "M", "C", "Lm")
#: A Turkish keyboard has an i without a dot; Korean ones have letters that are blanks; trade
#: marks would come apart into letters.
_LETTERS = str.maketrans("\u0131", "i", "\u115f\u1160\u3164\uffa0\u2122\u2120")


def keyword(text: str) -> tuple[ConsentKind, str] | None:
    """What the whole text asks for and the word that does it, in capitals; None if nothing."""
    folded = text.strip().casefold()
    kind = KEYWORDS.get(folded)
    if kind is None:
        folded = normalised(text)
        kind = KEYWORDS.get(folded)
    return (kind, folded.upper()) if kind else None


def normalised(text: str) -> str:
    """The text in the form that keywords are compared in."""
    letters = text.strip()[:LONGEST_TEXT].translate(_LETTERS)
    folded = unicodedata.normalize("NFKD", letters).casefold()
    folded = unicodedata.normalize("NFKD", folded).translate(_LETTERS)
    return " ".join("".join(letter for letter in folded if not _is_stripped(letter)).split())


def _is_stripped(letter: str) -> bool:
    if letter.isspace() or (letter.isascii() and letter.isalnum()):
        return False
    return unicodedata.category(letter).startswith(_STRIPPED)
