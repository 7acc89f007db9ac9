"""The campaign of a message that names none: the newest that its person was in."""

import dataclasses
import itertools
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.domain.delivery import DeliveryStatus
from connector.emulator import seed_campaign, seed_contacts, seed_leads
from connector.mapping import MEMBER
from connector.pipeline.campaign_check import check_campaigns, count_again
from connector.pipeline.campaigns_of import Why
from connector.pipeline.counting import Counting
from connector.pipeline.enqueue import enqueue
from connector.pipeline.erasure import erase
from connector.pipeline.explain import explain
from connector.pipeline.lookup import Seeker
from connector.pipeline.match import match
from connector.pipeline.memberships import MEMBERSHIPS
from connector.pipeline.phone_reader import PhoneReader
from tests.pipeline.org_mappings import Pipeline, optional
from tests.support.callbacks import dlr
from tests.support.events import MOBILE, report


class Counted(Pipeline):
    """A pipeline that asks which campaigns people are in."""

    def __init__(self, store, org, budget, clock, pusher, mappings, zone="UTC"):
        super().__init__(store, org, budget, clock, pusher, mappings)
        self.budget = budget
        self.seeker = Seeker(
            store, org, budget, clock, mappings, holder="one", memberships=True
        )
        self.counting = Counting(mappings, ZoneInfo(zone), memberships=True)

    def match(self):
        match(self.store, self.mappings, self.clock, counting=self.counting)
        enqueue(self.store, self.mappings, self.clock)

    def sent(self, person="", message_id="42", **parts):
        """A message that is sent now, and heard of at once."""
        at = int(self.clock().timestamp())
        report = dlr(1, message_id, ref=person, at=at, **parts)
        callback = dataclasses.replace(report.callback, received_at=self.clock())
        self.keep(dataclasses.replace(report, callback=callback))

    def answered(self):
        """Let the period pass, and Salesforce answer."""
        self.clock.advance(minutes=5)
        return self.seek()

    def send(self, person="", message_id="42", **parts):
        self.sent(person, message_id, **parts)
        return self.answered()

    def campaign(self, message_id="42"):
        """What the message is counted for; a count anew says the same."""
        with self.store.transaction(reads=True) as t:
            delivery = t.deliveries.find("kannel", message_id)
            (found,) = self.counting.contributions(t, [delivery])
            of_it = t.counted.page(("", ""), 100, counted_for=found.campaign)
        if found.campaign:
            assert message_id in [each.message_id for each in of_it]
        return found.campaign

    def differences(self, campaign=""):
        return check_campaigns(self.store, self.counting, campaign).differences

    def lookups(self, person):
        with self.store.transaction(reads=True) as t:
            return [
                each for each in t.lookups.of_records([person]) if each.object == MEMBERSHIPS
            ]


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, mappings):
    return Counted(store, org, budget, clock, pusher, mappings)


def join(emulator, campaign, person):
    field = "LeadId" if person.startswith("00Q") else "ContactId"
    return emulator.create(MEMBER, {"CampaignId": campaign, field: person})


def test_it_counts_for_the_campaign_that_its_person_is_in(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])

    pipeline.sent(alex)
    before = pipeline.campaign()
    pipeline.answered()

    assert (before, pipeline.campaign()) == ("", spring)


def test_a_lead_is_a_member_too(emulator, pipeline):
    (kim,) = seed_leads(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [kim])

    pipeline.send(kim)

    assert pipeline.campaign() == spring


def test_the_holder_of_the_number_is_its_person(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.directory.sync()

    pipeline.send()

    assert pipeline.campaign() == spring


def test_of_several_memberships_the_newest_counts(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    autumn = seed_campaign(emulator, "Autumn")
    seed_campaign(emulator, "Spring", [alex])
    clock.advance(seconds=1)
    join(emulator, autumn, alex)

    pipeline.send(alex)

    assert pipeline.campaign() == autumn


def test_of_two_that_began_in_one_second_the_last_id_counts(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    both = [seed_campaign(emulator, name, [alex]) for name in ("Spring", "Autumn")]

    pipeline.send(alex)

    assert pipeline.campaign() == max(both)


def test_who_joined_after_the_message_was_no_member_then(emulator, pipeline, clock):
    """Not even within the period that is asked for at once."""
    (alex,) = seed_contacts(emulator, 1)
    pipeline.sent(alex)
    clock.advance(seconds=1)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.sent(alex, "43")

    pipeline.answered()

    assert (pipeline.campaign(), pipeline.campaign("43")) == ("", spring)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_the_reports_is_no_matter(emulator, pipeline, clock, order):
    """Somebody was sent three messages, and joined a campaign between them."""
    (alex,) = seed_contacts(emulator, 1)
    joined, registered = [], []
    for number in range(3):
        joined.append(seed_campaign(emulator, str(number), [alex]))
        registered.append(
            report(
                str(number),
                status=DeliveryStatus.PENDING,
                registered_record=alex,
                sent_at=clock(),
            )
        )
        clock.advance(minutes=1)
    emulator.update("Campaign", joined[1], {"StartDate": "2027-01-01"})

    for number in order:
        pipeline.store.register([registered[number]])
        pipeline.match()
        pipeline.answered()

    assert [pipeline.campaign(str(n)) for n in range(3)] == [joined[0], joined[0], joined[2]]
    assert pipeline.differences() == []


def test_a_person_in_no_campaign_is_asked_for_once(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    pipeline.send(alex)
    queries = emulator.calls["GET /query"]

    pipeline.answered()

    assert pipeline.campaign() == ""
    assert emulator.calls["GET /query"] == queries


def test_many_people_are_asked_for_in_one_query(emulator, pipeline):
    people = seed_contacts(emulator, 60) + seed_leads(emulator, 40)
    spring = seed_campaign(emulator, "Spring", people)
    for number, person in enumerate(people):
        pipeline.sent(person, str(number))
    before = emulator.calls["GET /query"]

    pipeline.answered()
    for _ in range(3):
        pipeline.match()

    assert emulator.calls["GET /query"] == before + 1
    assert {pipeline.campaign(str(n)) for n in range(100)} == {spring}
    assert pipeline.differences(spring) == pipeline.differences() == []


def test_it_keeps_the_campaign_that_its_person_has_left(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.send(alex)
    (member,) = emulator.records(MEMBER)
    emulator.delete(MEMBER, member["Id"])
    clock.advance(days=1)

    pipeline.send(alex, "43")
    count_again(pipeline.store)
    pipeline.match()

    assert (pipeline.campaign(), pipeline.campaign("43")) == (spring, "")


@pytest.mark.parametrize(
    "changes, counts",
    [
        ({"IsActive": False}, False),
        ({"EndDate": "2026-11-22"}, False),
        ({"EndDate": "2026-11-23"}, True),
        ({"IsActive": False, "EndDate": "2026-11-23"}, True),
        ({"StartDate": "2026-11-23"}, True),
        ({"StartDate": "2026-11-24"}, False),
    ],
)
def test_a_campaign_counts_while_it_runs(emulator, pipeline, clock, changes, counts):
    """Without an end it does while it is active."""
    assert f"{clock():%Y-%m-%d}" == "2026-11-23"
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    emulator.update("Campaign", spring, changes)

    pipeline.send(alex)

    assert pipeline.campaign() == (spring if counts else "")


def test_an_older_membership_counts_where_the_newer_campaign_is_over(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    clock.advance(minutes=1)
    autumn = seed_campaign(emulator, "Autumn", [alex])
    emulator.update("Campaign", autumn, {"EndDate": "2026-11-01"})

    pipeline.send(alex)

    assert pipeline.campaign() == spring


@pytest.mark.parametrize(
    "zone, counts",
    [("UTC", True), ("Pacific/Kiritimati", False), ("Pacific/Pago_Pago", True)],
)
def test_days_are_those_of_the_campaigns_zone(
    emulator, store, org, budget, clock, pusher, mappings, zone, counts
):
    """At 23:30 in London it is tomorrow on Kiritimati."""
    clock.advance(seconds=(23 - clock().hour) * 3600 + (30 - clock().minute) * 60)
    pipeline = Counted(store, org, budget, clock, pusher, mappings, zone)
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    emulator.update("Campaign", spring, {"EndDate": f"{clock():%Y-%m-%d}"})

    pipeline.send(alex)

    assert pipeline.campaign() == (spring if counts else "")


def test_what_was_named_with_the_message_comes_first(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    seed_campaign(emulator, "Spring", [alex])
    autumn = seed_campaign(emulator, "Autumn")
    report = dlr(1, "42", ref=f"{alex}&campaign={autumn}")

    pipeline.keep(report)
    pipeline.answered()

    assert pipeline.campaign() == autumn
    assert pipeline.lookups(alex) == []


def test_it_is_its_person_s_last_campaign_and_shown_on_its_member(
    emulator, store, org, budget, clock, pusher, mappings
):
    both = {**mappings, **optional("campaign_member")}
    pipeline = Counted(store, org, budget, clock, pusher, both)
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])

    pipeline.send(alex)
    pipeline.run()

    assert emulator.record("Contact", alex)["SMS_Last_Campaign__c"] == spring
    (member,) = emulator.records(MEMBER)
    assert member["Status"] == "Text delivered"


def test_a_converted_lead_is_in_the_campaign_as_contact(emulator, pipeline):
    (kim,) = seed_leads(emulator, 1)
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [kim])
    pipeline.send(kim)
    emulator.convert_lead(kim, contact=alex)
    pipeline.directory.sync()
    count_again(pipeline.store)

    pipeline.match()
    pipeline.seek()

    assert pipeline.shown_on() == {("Contact", alex): "reference"}
    assert pipeline.campaign() == spring
    assert pipeline.differences() == []


def test_everybody_who_shows_it_counts(emulator, store, org, budget, clock, pusher, mappings):
    """Several hold the number, and the mapping shows it on all of them."""
    everyone = dataclasses.replace(
        mappings["Contact"], holders=type(mappings["Contact"].holders).ALL
    )
    pipeline = Counted(store, org, budget, clock, pusher, {**mappings, "Contact": everyone})
    alex, bo = seed_contacts(emulator, 2, MobilePhone=MOBILE)
    seed_campaign(emulator, "Spring", [alex])
    clock.advance(minutes=1)
    autumn = seed_campaign(emulator, "Autumn", [bo])
    pipeline.directory.sync()

    pipeline.send()

    assert len(pipeline.shown_on()) == 2
    assert pipeline.campaign() == autumn


def test_a_message_of_nobody_keeps_its_campaign(emulator, pipeline):
    """Its person was deleted: that moves no figures."""
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.directory.sync()
    pipeline.send()
    emulator.delete("Contact", alex)
    pipeline.directory.sync()
    count_again(pipeline.store)

    pipeline.match()

    assert pipeline.shown_on() == {}
    assert pipeline.campaign() == spring
    assert pipeline.differences() == pipeline.differences(spring) == []


def test_an_erased_number_keeps_the_campaign_and_nothing_of_its_person(
    emulator, pipeline, clock
):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.directory.sync()
    pipeline.send()
    known = pipeline.lookups(alex)

    certificate = erase(
        pipeline.store, {}, PhoneReader(), clock, MOBILE, actor="test", mappings={}
    )
    count_again(pipeline.store)
    pipeline.match()
    pipeline.answered()

    assert len(known) == certificate.removed["lookups"] == 1
    assert pipeline.lookups(alex) == []
    assert pipeline.campaign() == spring
    assert pipeline.differences() == pipeline.differences(spring) == []


def test_what_the_org_refuses_is_asked_again(emulator, pipeline, caplog):
    """As where nobody gave the integration user the right to read campaigns."""
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    emulator.schema.hide("Campaign", "EndDate")
    refused = pipeline.send(alex)
    before = pipeline.campaign()
    emulator.schema.show("Campaign", "EndDate")

    pipeline.clock.advance(minutes=1)
    pipeline.seek()

    assert (refused.asked, refused.found, before) == (1, 0, "")
    assert [each.code for each in caplog.records if each.msg == "sf.lookup.refused"] == [
        "INVALID_FIELD"
    ]
    assert pipeline.campaign() == spring


def test_nothing_is_asked_where_the_calls_are_used_up(emulator, pipeline, budget, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    queries = emulator.calls["GET /query"]
    budget.exhausted(clock())
    pipeline.send(alex)
    unasked = emulator.calls["GET /query"] - queries
    before = pipeline.campaign()
    clock.advance(hours=25)

    pipeline.seek()

    assert (unasked, before) == (0, "")
    assert pipeline.campaign() == spring


def test_without_the_setting_nothing_is_asked(
    emulator, store, org, budget, clock, pusher, mappings
):
    pipeline = Pipeline(store, org, budget, clock, pusher, mappings)
    (alex,) = seed_contacts(emulator, 1)
    seed_campaign(emulator, "Spring", [alex])

    pipeline.run(dlr(1, "42", ref=alex))

    with store.transaction(reads=True) as t:
        assert t.lookups.due(clock(), 10) == []
        (found,) = Counting(mappings).contributions(t, [t.deliveries.find("kannel", "42")])
    assert found.campaign == ""


class TestExplanation:
    """Why a message belongs to a campaign, and what is asked for to know."""

    def told(self, pipeline, message_id="42"):
        found = explain(
            pipeline.store,
            pipeline.mappings,
            PhoneReader(),
            message_id,
            pipeline.counting.campaigns,
        )
        (message,) = found.messages
        sought = [(each.object, each.what, each.attempts) for each in message.sought]
        return message.campaign, sought

    def test_of_what_is_asked_for(self, emulator, pipeline, clock):
        (alex,) = seed_contacts(emulator, 1)
        pipeline.sent(alex)
        until = (clock() + timedelta(minutes=5)).replace(second=0)

        campaign, sought = self.told(pipeline)

        assert (campaign.campaign, campaign.why) == ("", Why.NONE)
        assert sought == [(MEMBERSHIPS, f"{alex} until {until:%Y-%m-%d %H:%M}", 0)]

    def test_of_the_membership(self, emulator, pipeline, clock):
        (alex,) = seed_contacts(emulator, 1)
        joined = clock()
        spring = seed_campaign(emulator, "Spring", [alex])
        pipeline.send(alex)

        campaign, sought = self.told(pipeline)

        assert (campaign.campaign, campaign.why, sought) == (spring, Why.MEMBERSHIP, [])
        assert f"since {joined:%Y-%m-%d %H:%M:%S}" in campaign.because

    def test_of_what_rode_along_or_was_registered(self, emulator, pipeline, clock):
        autumn = seed_campaign(emulator, "Autumn")
        pipeline.keep(dlr(1, "42", ref=f"&campaign={autumn}"))
        pipeline.store.register([report("43", sent_at=clock(), campaign=autumn)])
        pipeline.match()

        rode, sought = self.told(pipeline)
        registered, _ = self.told(pipeline, "43")

        assert (rode.campaign, rode.because, sought) == (
            autumn,
            "it rode along in a callback",
            [],
        )
        assert (registered.campaign, registered.because) == (
            autumn,
            "the sender registered the message for it",
        )

    def test_of_what_is_kept(self, emulator, pipeline):
        (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
        spring = seed_campaign(emulator, "Spring", [alex])
        pipeline.directory.sync()
        pipeline.send()
        emulator.delete("Contact", alex)
        pipeline.directory.sync()
        count_again(pipeline.store)
        pipeline.match()

        campaign, sought = self.told(pipeline)

        assert (campaign.campaign, campaign.why, sought) == (spring, Why.KEPT, [])

    def test_says_nothing_where_nobody_asks(self, emulator, pipeline):
        (alex,) = seed_contacts(emulator, 1)
        pipeline.sent(alex)

        found = explain(pipeline.store, pipeline.mappings, PhoneReader(), "42")

        assert found.messages[0].campaign is None
