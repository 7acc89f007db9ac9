"""Every imitated gateway: what it says is trusted, and read as what it was to say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import gateways
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.engagement import EngagementEvent, EngagementKind
from connector.domain.records import long_id
from connector.gateways.imitation import imitated
from connector.gateways.imitation.base import Spoken
from connector.gateways.revocation import may_revoke
from tests.support.clock import NOON


PUBLIC_URL = "https://sms.example.org"
IMITATIONS = sorted(imitated())

numbers = st.builds(
    "+1{}55501{:02}".format, st.sampled_from([212, 305, 989]), st.integers(0, 99)
)
letters = "abcdefghijklmnopqrstuvwxyz0123456789"
#: None of them has the form of a record id: some gateways would take it for one.
ids = st.text(letters, min_size=8, max_size=34).map("m-{}".format)
record_ids = st.text(letters, min_size=12, max_size=12).map(lambda rest: long_id(f"003{rest}"))
campaign_ids = st.text(letters, min_size=12, max_size=12).map(
    lambda rest: long_id(f"701{rest}")
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=70
).filter(lambda text: not may_revoke(f"Well, {text}"))


def spoken(**what):
    return Spoken(
        **{
            "message_id": "m1",
            "phone": "+12015550100",
            "sender": "+12025550199",
            "at": NOON,
            "sent_at": NOON,
            **what,
        }
    )


def hear(name, request):
    """The verdict and the events of a request."""
    gateway, imitation = gateways.find(name), imitated()[name]
    callback = request.as_callback(name, PUBLIC_URL, NOON)
    known = {key: [value] for key, value in imitation.secrets.items()}
    return gateway.verify(callback, known), list(gateway.parse(callback))


def test_only_installed_gateways_are_imitated():
    assert {"generic", "kannel", "twilio"} <= set(imitated()) <= set(gateways.installed())


@pytest.mark.parametrize("name", IMITATIONS)
class TestImitation:
    @given(st.data(), numbers, ids, record_ids | st.just(""), campaign_ids, moments)
    def test_a_report_is_read_as_it_was_meant(
        self, name, data, phone, message_id, reference, campaign, at
    ):
        imitation = imitated()[name]
        wording = data.draw(st.sampled_from(imitation.wordings))
        said = spoken(
            message_id=message_id,
            phone=phone,
            wording=wording,
            reference=reference,
            campaign=campaign,
            at=at,
        )

        trusted, [event] = hear(name, imitation.report(said, imitation.secrets, PUBLIC_URL))

        assert trusted
        assert (event.message_id, event.campaign) == (message_id, campaign)
        told = {"recipient": phone, "sender": said.sender, "reference": reference}
        assert {name: getattr(event, name) for name in told} == {
            name: "" if name in imitation.leaves_out else value for name, value in told.items()
        }
        assert (event.status, event.reason) == (wording.status, wording.reason)
        assert event.error_code == wording.error_code
        assert event.word == ("" if wording.status else wording.word)
        assert event.occurred_at == (at if imitation.tells_time else None)

    @given(numbers, ids, texts, moments)
    def test_a_reply_is_read_as_it_was_meant(self, name, phone, message_id, text, at):
        imitation = imitated()[name]
        said = spoken(message_id=message_id, phone=phone, text=f"Well, {text}", at=at)

        trusted, [event] = hear(name, imitation.reply(said, imitation.secrets, PUBLIC_URL))

        assert trusted
        assert isinstance(event, EngagementEvent)
        assert (event.kind, event.phone, event.message_id) == (
            EngagementKind.REPLY,
            phone,
            message_id,
        )

    @pytest.mark.parametrize("text,kind", [("STOP", ConsentKind.STOP), ("Start!", "start")])
    def test_a_keyword_is_consent(self, name, text, kind):
        imitation = imitated()[name]

        trusted, [event] = hear(
            name, imitation.reply(spoken(text=text), imitation.secrets, PUBLIC_URL)
        )

        assert trusted
        assert isinstance(event, ConsentEvent)
        assert event.kind == kind

    def test_a_guessed_secret_is_not_trusted(self, name):
        imitation = imitated()[name]

        trusted, _ = hear(name, imitation.report(spoken(), imitation.guesses, PUBLIC_URL))

        assert trusted is False

    def test_a_report_from_long_ago_is_trusted_when_it_is_sent_now(self, name):
        imitation = imitated()[name]
        said = spoken(at=NOON - timedelta(hours=9), wording=imitation.wordings[0])

        trusted, _ = hear(name, imitation.report(said, imitation.secrets, PUBLIC_URL))

        assert trusted

    def test_has_words_for_all_that_the_demo_plays(self, name):
        imitation = imitated()[name]

        assert {"Pending", "Delivered", "Expired", None} <= {
            each.status for each in imitation.wordings
        }
        assert len({each.reason for each in imitation.failures}) >= 3


@pytest.mark.parametrize("name", [name for name in IMITATIONS if imitated()[name].click])
@given(numbers, ids, moments)
def test_a_click_is_read_as_it_was_meant(name, phone, message_id, at):
    imitation = imitated()[name]
    said = spoken(message_id=message_id, phone=phone, at=at)
    assert imitation.click

    trusted, [event] = hear(name, imitation.click(said, imitation.secrets, PUBLIC_URL))

    assert trusted
    assert (event.kind, event.message_id) == (EngagementKind.CLICK, message_id)
    assert (event.phone, event.occurred_at) == (phone, at)
