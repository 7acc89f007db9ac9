"""Where the script is played: the service on a store, before an emulated org."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.store import Store
from connector.wiring.org import build_steps
from tests.campaigns.script import Sent, script
from tests.support.clock import TestClock
from tests.support.sms_org import install_sms_fields


#: A zone in which neither hours nor days begin with those of UTC.
ZONE = ZoneInfo("Asia/Kolkata")
SETTINGS = Settings(campaign_time_zone=ZONE, salesforce_bulk_from=0)
BY_MEMBERSHIP = dataclasses.replace(SETTINGS, campaign_by_membership="yes")
PEOPLE = 20
_NAMES = {"003": "Contact", "00Q": "Lead"}


@contextlib.contextmanager
def emulated(clock: TestClock) -> Iterator[EmulatedOrg]:
    """An org with our fields and an app that may log in."""
    org = EmulatedOrg(clock=clock)
    install_sms_fields(org)
    org.register_app("key", secret="hush-hush")
    with contextlib.closing(org):
        yield org


@contextlib.contextmanager
def served(
    store: Store, org: EmulatedOrg, clock: TestClock, settings: Settings = SETTINGS
) -> Iterator[Steps]:
    """The steps of the service for this org."""
    access = OrgAccess(login_url=org.my_domain, client_id="key", client_secret="hush-hush")
    with contextlib.closing(
        connect(access, clock=clock, adapter=WSGIAdapter(create_app(org)))
    ) as client:
        yield build_steps(settings, store, client, clock=clock)


def cast(org: EmulatedOrg, messages: int, seed: int) -> list[Sent]:
    """So many messages of two campaigns and of none, to people of the org and to nobody."""
    campaigns = [org.create("Campaign", {"Name": f"Autumn {n}"}) for n in range(2)]
    people = [org.create("Contact", {"LastName": f"Brook {n}"}) for n in range(PEOPLE)]
    people += [
        org.create("Lead", {"LastName": f"Hill {n}", "Company": "Hill"}) for n in range(PEOPLE)
    ]
    return list(script(messages, seed, [*campaigns, ""], [*people, ""]))


def objects(messages: Sequence[Sent]) -> dict[str, str]:
    """The object of each record, by its id."""
    return {each.record: _NAMES[each.record[:3]] for each in messages if each.record}
