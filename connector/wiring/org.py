"""What only those build who talk to Salesforce: the org, and the steps of the pipeline."""

import functools
from datetime import timedelta

from requests.adapters import BaseAdapter

from connector import gateways
from connector.clock import Clock, system_clock
from connector.domain.time_rules import TimeRules
from connector.fetch import fetch
from connector.pipeline.announce import Announcer
from connector.pipeline.campaign_names import NameReader
from connector.pipeline.campaign_rows import PERIODS
from connector.pipeline.directory import DirectorySync
from connector.pipeline.errands import ErrandRunner
from connector.pipeline.lateness import LatenessWatch
from connector.pipeline.ledger import StoreLedger
from connector.pipeline.login_watch import LoginWatch
from connector.pipeline.lookup import Seeker
from connector.pipeline.presence import Presence
from connector.pipeline.push import Pusher
from connector.pipeline.retention import Keeping
from connector.pipeline.shift import Shift
from connector.pipeline.slots import SlotRunner
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from connector.salesforce.org import Org
from connector.settings import Settings
from connector.setup import binding
from connector.store import Store
from connector.store.holders import own_name
from connector.wiring.alerts import alert_desk, build_alerts
from connector.wiring.block_lists import build_puller, build_pusher, open_lists
from connector.wiring.local import (
    build_counting,
    by_membership,
    phone_reader,
    read_mappings,
)
from connector.wiring.message_apis import open_apis
from connector.wiring.reconcile import build_reconciler
from connector.wiring.renewal import Renewal


def open_org(
    settings: Settings, *, clock: Clock = system_clock, adapter: BaseAdapter | None = None
) -> Org:
    """The org of these settings; nothing is sent yet."""
    return connect(org_access(settings), clock=clock, adapter=adapter)


def org_access(settings: Settings) -> OrgAccess:
    """What it takes to log in; raises ConfigurationError for what is missing."""
    settings.require("salesforce_login_url", "salesforce_client_id")
    return OrgAccess(
        login_url=settings.salesforce_login_url,
        client_id=settings.salesforce_client_id,
        username=settings.salesforce_username,
        private_key=settings.salesforce_private_key.value,
        client_secret=settings.salesforce_client_secret.value,
        audience=settings.salesforce_audience,
        organization_id=settings.salesforce_org_id,
        api_version=settings.salesforce_api_version,
        ca_file=str(settings.salesforce_ca_file or ""),
        connect_timeout_seconds=settings.salesforce_connect_timeout_seconds,
        read_timeout_seconds=settings.salesforce_read_timeout_seconds,
    )


def build_steps(
    settings: Settings, store: Store, org: Org, *, clock: Clock = system_clock
) -> Steps:
    """
    Every step of the pipeline, ready to be called by a worker, a command or a test.

    From here on the org is refused if the store belongs to another one.
    """
    org.guard(functools.partial(binding.check, store))
    installed = gateways.installed()
    mappings, read_phone, holder = (
        read_mappings(settings),
        phone_reader(settings),
        own_name(),
    )
    events = settings.platform_events == "changes"
    lists = open_lists(settings, clock)
    budget = Budget(
        clock=clock,
        share=settings.salesforce_api_share / 100,
        reserve=settings.salesforce_api_reserve,
        ledger=StoreLedger(store),
        calls=lambda: org.calls,
    )
    return Steps(
        store=store,
        gateways=installed,
        mappings=mappings,
        read_phone=read_phone,
        clock=clock,
        late=LatenessWatch(store, clock, alert_desk(settings)),
        alerts=build_alerts(settings, store, org, budget, clock, holder),
        logins=LoginWatch(store, org, clock),
        renew=Renewal(settings, lambda found: org.use(org_access(found))).look,
        errands=ErrandRunner(store, installed, fetch, clock, holder=holder),
        pusher=Pusher(
            store,
            org,
            budget,
            clock,
            holder=holder,
            batch_size=settings.salesforce_batch_size,
            bulk_from=settings.salesforce_bulk_from,
            announced=[m.object for m in mappings.values() if events and m.of_person],
        ),
        announcer=Announcer(store, org, budget, clock, mappings, holder=holder, enabled=events),
        directory=DirectorySync(store, org, budget, clock, mappings, read_phone, holder=holder),
        seeker=Seeker(
            store,
            org,
            budget,
            clock,
            mappings,
            holder=holder,
            memberships=by_membership(settings),
        ),
        block_pusher=build_pusher(settings, store, lists, clock, holder),
        block_puller=build_puller(settings, store, lists, clock, holder),
        reconciler=build_reconciler(
            settings, store, open_apis(settings, clock), read_phone, clock, holder
        ),
        counting=build_counting(settings, mappings),
        periods=PERIODS[settings.campaign_rows],
        time_rules=TimeRules(
            soft_failure=timedelta(hours=settings.soft_failure_hours),
            expiry=timedelta(hours=settings.expiry_hours),
        ),
        reaction_window=timedelta(days=settings.reaction_window_days),
        keeping=Keeping(
            callbacks=timedelta(days=settings.keep_callbacks_days),
            texts=timedelta(days=settings.keep_texts_days),
            decisions=timedelta(days=settings.keep_decisions_days),
        ),
        names=NameReader(store, org, budget, clock),
        slots=SlotRunner(store, clock, holder),
        shift=Shift(budget),
        presence=Presence(
            store,
            clock,
            holder=holder,
            longest_call=timedelta(
                seconds=settings.salesforce_connect_timeout_seconds
                + settings.salesforce_read_timeout_seconds
            ),
        ),
    )
