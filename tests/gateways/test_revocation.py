"""Which replies may be a STOP in other words."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.engagement import EngagementEvent
from connector.gateways.events import said
from connector.gateways.keywords import KEYWORDS
from connector.gateways.revocation import may_revoke, plainly
from tests.support.clock import NOON


CORPUS = yaml.safe_load(Path(__file__).with_name("revocations.yaml").read_text("utf-8"))
REVOKES = [text for texts in CORPUS["revokes"].values() for text in texts]
REPLIES = [text for texts in CORPUS["replies"].values() for text in texts]
LEAST_RECALL = 0.98
LEAST_PRECISION = 0.95
LEAST_TEXTS = 600
LEAST_LANGUAGES = 5
#: Of each language: no rule of another one may hide that it is forgotten.
LEAST_OF_LANGUAGE = 0.95

CALLBACK = Callback(
    gateway="kannel",
    method="GET",
    target="/callbacks/kannel?id=1",
    headers={},
    body=b"",
    received_at=NOON,
)


def event(text, told=""):
    return said(CALLBACK, text, phone="+447700900123", told=told)


class TestCorpus:
    def test_is_large_enough_to_judge_by(self):
        assert len(REVOKES) + len(REPLIES) >= LEAST_TEXTS
        assert CORPUS["revokes"].keys() == CORPUS["replies"].keys()
        assert len(CORPUS["revokes"]) >= LEAST_LANGUAGES

    def test_nearly_every_revocation_is_found(self):
        missed = [text for text in REVOKES if not may_revoke(text)]

        assert 1 - len(missed) / len(REVOKES) >= LEAST_RECALL, missed

    def test_nearly_all_that_is_found_is_one(self):
        found = [text for text in REVOKES if may_revoke(text)]
        false = [text for text in REPLIES if may_revoke(text)]

        assert len(found) / (len(found) + len(false)) >= LEAST_PRECISION, false

    @pytest.mark.parametrize("language", CORPUS["revokes"])
    def test_in_each_language(self, language):
        revokes, replies = CORPUS["revokes"][language], CORPUS["replies"][language]

        assert sum(map(may_revoke, revokes)) >= LEAST_OF_LANGUAGE * len(revokes)
        assert sum(map(may_revoke, replies)) <= (1 - LEAST_PRECISION) * len(replies)

    def test_no_text_is_in_it_twice(self):
        texts = [text.casefold() for text in REVOKES + REPLIES]

        assert len(set(texts)) == len(texts)


class TestMayRevoke:
    @pytest.mark.parametrize(
        "word", [word for word, kind in KEYWORDS.items() if kind is ConsentKind.STOP]
    )
    @pytest.mark.parametrize("around", ["{}", "please {}", "{} thanks!", "{}, {}, {}"])
    def test_a_keyword_with_a_plea_is_one(self, word, around):
        assert may_revoke(around.replace("{}", word))

    @pytest.mark.parametrize("text", ["", " ", "!!!", ",", "START", "help", "\x00", "~", "🛑"])
    def test_what_says_nothing_is_none(self, text):
        assert not may_revoke(text)

    def test_it_looks_at_clauses(self):
        assert may_revoke("Hi! STOP. Thanks")
        assert not may_revoke("I like it, no. More messages!")

    @given(st.text())
    def test_any_text_can_be_asked(self, text):
        assert may_revoke(text) in {True, False}

    @given(st.sampled_from(REVOKES), st.sampled_from(["!", " 🙏", "\n", "  ", "?!"]))
    def test_case_and_decoration_change_nothing(self, text, decoration):
        assert may_revoke(text.upper() + decoration) == may_revoke(text)


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Don\u2019t STOOOP!", "dont stop ,"),
        ("Arr\u00eatez de m'envoyer \u00e7a", "arretez de m envoyer ca"),
        ("s.t.o.p - s t o p", "stop , stop"),
        ("\uff33top\u200d it, now", "stop it , now"),
        ("STOP TEXT\u0131NG, s\u00adto\u200bp", "stop texting , stop"),
    ],
)
def test_spelling_is_made_plain(text, plain):
    assert plainly(text) == plain


class TestSaid:
    def test_a_keyword_needs_no_judgement(self):
        found = event("STOP!")

        assert isinstance(found, ConsentEvent)
        assert (found.kind, found.keyword) == (ConsentKind.STOP, "STOP")

    def test_other_words_are_for_a_person_to_judge(self):
        found = event("please stop texting me")

        assert isinstance(found, ConsentEvent)
        assert (found.kind, found.keyword) == (ConsentKind.REVIEW, "review")

    def test_anything_else_is_a_reply(self):
        assert isinstance(event("I'll stop by the shop tomorrow"), EngagementEvent)

    @pytest.mark.parametrize(
        "text, told, kind",
        [
            ("please stop texting me", "STOP", "stop"),
            ("help me stop these messages", "HELP", "review"),
            ("help", "HELP", "help"),
            ("unstop", "START", "start"),
        ],
    )
    def test_what_the_gateway_recognised_counts_but_never_hides_a_doubt(self, text, told, kind):
        assert event(text, told).kind == kind
