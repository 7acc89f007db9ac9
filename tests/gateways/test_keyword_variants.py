"""
The fixed words as telephones and gateways write them: 10,000 spellings, all of them heard.

Drawn from a seed, so that they are the same everywhere.
"""

import random
import unicodedata
from pathlib import Path

import yaml

from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.gateways.events import said
from connector.gateways.keywords import KEYWORDS, keyword
from tests.support.clock import NOON


SEED, VARIANTS = 1, 10_000
WORDS = list(KEYWORDS.items())

SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u202f", "\u3000", "\u0085"]
UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202a", "\u3164"),
    *("\x00", "\x07", "\x7f", "\ufe0f", "\U000e0100", "\u034f", "\u2800"),
]
MARKS = [
    *".,;:!?-_*'\"()/~+$",
    *"\u2026\u3002\uff01\u2013\u2014\u2022\u00a1\u00bf\u2122",
]
QUOTES = [
    "\u201c{}\u201d",
    "\u2018{}\u2019",
    "«{}»",
    "\u201e{}\u201c",
    "'{}'",
    "<{}>",
    "[{}]",
    "「{}」",
    "`{}\u00b4",
    "\u02bc{}\u02bc",
    "*{}*",
]
EMOJI = ["🛑", "🙏🏽", "✋", "👨‍👩‍👧", "❤️", "🇺🇸", "😡😡", "\U0001fae8", "\ue011", "\ud83d"]
ENCLOSED = {
    letter: chr(0x24D0 + number) for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}


def full_width(word, _dice):
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in word)


def accented(word, dice):
    marks = ["\u0300", "\u0301", "\u0308", "\u0327"]
    at = dice.randrange(1, len(word) + 1)
    spelt = word if word[at - 1] == " " else f"{word[:at]}{dice.choice(marks)}{word[at:]}"
    return unicodedata.normalize(dice.choice(["NFC", "NFD", "NFKC", "NFKD"]), spelt)


def turkish(word, dice):
    return word.replace("i", dice.choice("\u0131\u0130")).replace(
        "I", dice.choice("\u0131\u0130")
    )


def with_unseen(word, dice):
    at = dice.randrange(len(word) + 1)
    return f"{word[:at]}{dice.choice(UNSEEN)}{word[at:]}"


def bold(word, _dice):
    return "".join(
        chr(0x1D41A + ord(each) - ord("a")) if "a" <= each <= "z" else each
        for each in word.lower()
    )


def enclosed(word, _dice):
    return "".join(ENCLOSED.get(each, each) for each in word.lower())


def long_s(word, _dice):
    return word.replace("s", "\u017f")


def spaced(word, dice):
    return word.replace(" ", dice.choice(SPACES))


def joined(word, dice):
    """Opt-out, opt.out, opt_out: what stands between parts of a word is none of it."""
    return word.replace(" ", dice.choice(["-", "\u2011", "\u2013", ".", "_", "+", "\u200b"]))


LETTERS = [
    lambda word, _dice: word,
    *(full_width, accented, turkish, with_unseen, bold, enclosed, long_s, spaced, joined),
]
CASES = [
    *(str.lower, str.upper, str.title, str.capitalize, str.swapcase),
    lambda word: "".join(
        each.upper() if number % 2 else each for number, each in enumerate(word)
    ),
]


def around(text, dice):
    """What people and telephones put before and after a word."""
    for _ in range(dice.randrange(4)):
        kind = dice.randrange(5)
        if kind == 0:
            text = dice.choice(QUOTES).format(text)
        else:
            signs = (SPACES, UNSEEN, MARKS, EMOJI)[kind - 1]
            before, after = dice.choice([(0, 1), (1, 0), (1, 1), (0, 3)])
            gap = dice.choice(["", " "])
            text = "".join(
                (
                    *(dice.choice(signs) + gap for _ in range(before)),
                    text,
                    *(gap + dice.choice(signs) for _ in range(after)),
                )
            )
    return text


def variants():
    """A word, its kind, and a way to write it; each way once."""
    dice = random.Random(SEED)  # noqa: S311 (repeatable, not secret)
    found: dict[str, object] = {}
    while len(found) < VARIANTS:
        word, kind = dice.choice(WORDS)
        text = dice.choice(LETTERS)(dice.choice(CASES)(word), dice)
        found.setdefault(around(text, dice), (word, kind))
    return found


CALLBACK = Callback(
    gateway="kannel",
    method="POST",
    target="/callbacks/kannel",
    headers={},
    body=b"",
    received_at=NOON,
)


def test_all_spellings_of_the_fixed_words_are_heard():
    missed = []
    for text, (word, kind) in variants().items():
        found = said(CALLBACK, text, phone="+447700900123")
        if not isinstance(found, ConsentEvent) or found.kind is not kind:
            missed.append((text, word))

    assert missed == []


def test_they_are_the_same_ones_each_time():
    assert variants() == variants()


def test_no_reply_of_the_corpus_is_taken_for_a_stop():
    path = Path(__file__).with_name("revocations.yaml")
    replies = yaml.safe_load(path.read_text("utf-8"))["replies"]

    false = [
        text
        for texts in replies.values()
        for text in texts
        if (found := keyword(text)) and found[0] is ConsentKind.STOP
    ]

    assert false == []
