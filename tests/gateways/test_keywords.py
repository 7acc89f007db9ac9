"""Which texts ask for something, and which only mention it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consent import ConsentKind
from connector.gateways.keywords import KEYWORDS, keyword, normalised


@pytest.mark.parametrize(
    "text, kind, word",
    [
        *((word, "stop", word.upper()) for word in ("stop", "quit", "end", "revoke", "optout")),
        *((word, "stop", word.upper()) for word in ("cancel", "unsubscribe", "stopall")),
        *(("opt out", "stop", "OPT OUT"), ("opt-out", "stop", "OPTOUT")),
        *(("Stop  All", "stop", "STOP ALL"), ("STOP\r\n", "stop", "STOP")),
        *(
            ("  Stop!!! ", "stop", "STOP"),
            ("«STOP»", "stop", "STOP"),
            ("s.t.o.p", "stop", "STOP"),
        ),
        *(
            ("🛑 stop 🛑", "stop", "STOP"),
            ("stop ✋🏽", "stop", "STOP"),
            ("\uff33\uff34\uff2f\uff30", "stop", "STOP"),
        ),
        *(("stop\u200d\ufe0f", "stop", "STOP"), ("\x00stop\x07", "stop", "STOP")),
        *(("\u00a0stop\u2003", "stop", "STOP"), ("\u017ftop", "stop", "STOP")),
        *(("Start", "start", "START"), ("UNSTOP.", "start", "UNSTOP")),
        *(("help?", "help", "HELP"), ("Info", "help", "INFO")),
    ],
)
def test_the_whole_text_is_a_keyword(text, kind, word):
    assert keyword(text) == (ConsentKind(kind), word)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "!",
            "stop please",
            "please stop",
            "don't stop",
            "stopp",
            "st op",
            "\uff53 \uff54 \uff4f \uff50",
        ),
        *("yes", "y", "no", "stop start", "nonstop", "the end", "1", "стой", "STOP" * 2000),
    ],
)
def test_anything_else_is_for_a_person_to_read(text):
    assert keyword(text) is None


@given(st.sampled_from(sorted(KEYWORDS)), st.text("!?.,-:;()🛑👍 \n\t\u00a0", max_size=8))
def test_case_and_decoration_change_nothing(word, decoration):
    kind = KEYWORDS[word]

    assert keyword(decoration + word.title() + decoration) == (kind, word.upper())


@given(st.text())
def test_any_text_is_a_keyword_only_in_its_normalised_form(text):
    found = keyword(text)

    assert found == (
        None
        if normalised(text) not in KEYWORDS
        else (KEYWORDS[normalised(text)], normalised(text).upper())
    )
