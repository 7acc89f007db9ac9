"""Days of a campaign in simulated time: the rows in the org are those counted by hand."""

import contextlib
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.wiring.org import build_steps
from tests.campaigns.play import Play, differences, rows_of
from tests.campaigns.recount import recount
from tests.campaigns.script import START, script
from tests.support.sms_org import install_sms_fields


#: A zone in which neither hours nor days begin with those of UTC.
ZONE = ZoneInfo("Asia/Kolkata")
MESSAGES = 3_000


@pytest.fixture
def emulator(clock):
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret="hush-hush")
    yield emulated
    emulated.close()


@pytest.fixture
def steps(store, emulator, clock):
    settings = Settings(campaign_time_zone=ZONE, salesforce_bulk_from=0)
    access = OrgAccess(login_url=emulator.my_domain, client_id="key", client_secret="hush-hush")
    adapter = WSGIAdapter(create_app(emulator))
    with contextlib.closing(connect(access, clock=clock, adapter=adapter)) as org:
        yield build_steps(settings, store, org, clock=clock)


@pytest.fixture
def messages(emulator):
    campaigns = [emulator.create("Campaign", {"Name": f"Autumn {n}"}) for n in range(2)]
    people = [emulator.create("Contact", {"LastName": f"Brook {n}"}) for n in range(20)]
    people += [
        emulator.create("Lead", {"LastName": f"Hill {n}", "Company": "Hill"}) for n in range(20)
    ]
    return list(script(MESSAGES, 7, [*campaigns, ""], [*people, ""]))


def objects(messages):
    names = {"003": "Contact", "00Q": "Lead"}
    return {each.record: names[each.record[:3]] for each in messages if each.record}


def test_every_row_is_what_is_counted_by_hand(steps, emulator, clock, messages):
    play = Play(steps, Settings(), clock, messages)

    for days in (2, 8):
        play.run(START + timedelta(days=days))

        expected = recount(messages, clock.now, ZONE, objects(messages))
        fields = list(next(iter(expected.values())))
        assert len(expected) > 100
        assert not differences(expected, rows_of(emulator, fields))


def test_what_is_said_again_writes_nothing(steps, emulator, clock, messages):
    play = Play(steps, Settings(), clock, messages)
    play.run()
    calls = emulator.calls.total()

    play.again()
    clock.advance(hours=1)
    play.settle()

    assert emulator.calls.total() == calls
