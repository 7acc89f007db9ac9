"""
The replies that ask for something: STOP, START and HELP in the words people use.

A keyword counts only as the whole text: one inside a sentence is for a person to read. The
words that revoke are those of 47 CFR 64.1200(a)(10) and of the gateways' default lists.
YES is no START: it also answers "reply YES to confirm".
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
KEYWORDS = {
    **dict.fromkeys(_STOP, ConsentKind.STOP),
    **dict.fromkeys(("start", "unstop"), ConsentKind.START),
    **dict.fromkeys(("help", "info"), ConsentKind.HELP),
}

#: The longest text that is looked at: an SMS in its most segments is shorter.
LONGEST_TEXT = 2000
#: Unicode categories of punctuation, symbols with emoji, joiners and enclosing marks.
_STRIPPED = ("P", "S", "Cf", "Me")


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
    folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    return " ".join("".join(letter for letter in folded if not _is_stripped(letter)).split())


def _is_stripped(letter: str) -> bool:
    if letter.isalnum() or letter.isspace():
        return False
    is_variation_selector = "\ufe00" <= letter <= "\ufe0f"
    is_control = letter < " "
    category = unicodedata.category(letter)
    return is_variation_selector or is_control or category.startswith(_STRIPPED)
