"""
Replies that may be a STOP in other words, for a person to judge.

47 CFR 64.1200(a)(10) lets people revoke by any reasonable means: in a sentence, misspelt, in
another language. Nobody may be texted while that is open, so a missed revocation is worse
than a false one; yet one that cries wolf is soon ignored. So a word alone says nothing: it
counts as the whole of a clause ("please STOP!!"), or in a phrase that says what shall end
("stop sending these"), never as a mere part ("stop by tomorrow"). What people would disagree
about ("not interested", "wrong number") counts. Complaints that texts do not come, and "stop"
as an order about anything else, do not.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator

from connector.gateways import revocation_english as english
from connector.gateways import revocation_languages as languages
from connector.gateways.keywords import LONGEST_TEXT


_APOSTROPHE = "['`\u00b4\u2019]"
#: The end of a clause stands as a word of its own, which no phrase can cross.
_CLAUSE_END = re.compile(
    r"[.,;:!?()\"\n\r\u2026\u00a1\u00bf\u00ab\u00bb\u201c\u201d]+|\s[-\u2013\u2014/|]+\s"
)
#: I'm, m'envoyer: one letter and the next word are two words; don't is one.
_ELISION = re.compile(rf"\b(qu|[a-z]){_APOSTROPHE}(?=\w)")
_NO_WORD = re.compile(r"[^\w\s,]|_")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_SPACED = re.compile(r"(?<!\w)\w(?:[ .*-]\w){2,}(?!\w)")
#: Accents, joiners and other signs that nobody sees, which may stand within a word.
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_COMMENT = re.compile(r"^#.*$", re.MULTILINE)
_SETS = english.SETS | languages.SETS


def _listed(*tables: str) -> Iterator[str]:
    """The entries of tables that have commas or comments between them."""
    for table in tables:
        entries = _COMMENT.sub(",", table).split(",")
        yield from filter(None, (" ".join(entry.split()) for entry in entries))


def _compiled(*tables: str) -> re.Pattern[str]:
    """Any phrase of these tables: one a line, where an indented line goes on with the last."""
    joined = "\n".join(_COMMENT.sub("", table) for table in tables).replace("\n  ", "")
    for name, words in _SETS.items():
        joined = joined.replace(f"<{name}>", words.strip().replace("\n  ", ""))
    return re.compile(rf"\b(?:{'|'.join(filter(None, joined.splitlines()))})\b")


_FILLERS = re.compile(rf"\b(?:{'|'.join(_listed(english.FILLERS, languages.FILLERS))})\b")
_WHOLE = frozenset(_listed(english.WHOLE, languages.WHOLE))
_SPELLINGS = _compiled(english.SPELLINGS)
_INNOCENT = _compiled(english.INNOCENT, languages.INNOCENT)
_PHRASES = _compiled(english.PHRASES, languages.PHRASES)


def may_revoke(text: str) -> bool:
    """Whether a reasonable person might read a wish in it to get no more of our texts."""
    plain = _INNOCENT.sub("~", plainly(text))
    return (
        any(_core(clause) in _WHOLE for clause in plain.split(","))
        or _SPELLINGS.fullmatch(_core(plain.replace(",", " "))) is not None
        or _PHRASES.search(plain) is not None
    )


def plainly(text: str) -> str:
    """The words without accents, capitals and decoration; a comma is the end of a clause."""
    folded = unicodedata.normalize("NFKD", text[:LONGEST_TEXT].casefold())
    folded = "".join(each for each in folded if unicodedata.category(each) not in _UNSEEN)
    folded = folded.replace("\u0131", "i")  # a Turkish keyboard's
    folded = _SPACED.sub(lambda found: re.sub(r"\W", "", found[0]), folded)
    folded = _DRAWN_OUT.sub(r"\1", folded)
    folded = _ELISION.sub(r"\1 ", folded)
    folded = re.sub(_APOSTROPHE, "", folded)
    return " ".join(_NO_WORD.sub(" ", _CLAUSE_END.sub(" , ", folded)).split())


def _core(clause: str) -> str:
    """What is left of a clause without pleas, thanks and repetition."""
    words = _FILLERS.sub("", clause).split()
    return " ".join(word for word, _ in itertools.groupby(words))
