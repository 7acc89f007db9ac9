"""The unit of work: every repository, seen from one transaction."""

from collections.abc import Callable

import sqlalchemy as sa

from connector.store.alert_messages import AlertMessages
from connector.store.alerts import Alerts
from connector.store.announcements import Announcements
from connector.store.answers import Answers
from connector.store.audit import Audit
from connector.store.belonging import Belonging
from connector.store.block_entries import BlockEntries
from connector.store.block_listings import BlockListings
from connector.store.bulk_jobs import BulkJobs
from connector.store.calls import Calls
from connector.store.campaign_names import CampaignNames
from connector.store.consents import Consents
from connector.store.counted import CountedMessages
from connector.store.decisions import Decisions
from connector.store.deliveries import Deliveries
from connector.store.directory import Directory
from connector.store.engagements import Engagements
from connector.store.errands import Errands
from connector.store.events import Events
from connector.store.figures import CampaignFigures
from connector.store.flags import Flags
from connector.store.house import ApiKeys, Leases, Marks
from connector.store.hygiene import NumberHygiene
from connector.store.hygiene_reports import HygieneReports
from connector.store.inbox import Inbox
from connector.store.lookups import Lookups
from connector.store.matches import Matches
from connector.store.outbox import Outbox
from connector.store.privacy import Pseudonyms
from connector.store.reactions import Reactions
from connector.store.reconciliations import Reconciliations
from connector.store.restoration import Restorations
from connector.store.sessions import Sessions
from connector.store.slots import Slots
from connector.store.traffic import Traffic
from connector.store.unread import Unread
from connector.store.vitals import Vitals
from connector.store.waits import Waits
from connector.store.writes import Writes


class Transaction:
    """One unit of work: all of it is committed, or nothing."""

    def __init__(  # noqa: PLR0915 (a repository a line)
        self, connection: sa.Connection, inbox: Inbox, names: Callable[[Marks], Pseudonyms]
    ) -> None:
        self.marks = Marks(connection)
        self.audit = Audit(connection)
        self.decisions = Decisions(connection)
        self.pseudonym: Callable[[str], str] = lambda phone: names(self.marks).of(phone)
        self.unread = Unread(connection, inbox)
        self.events = Events(connection)
        self.deliveries = Deliveries(connection)
        self.matches = Matches(connection)
        self.consents = Consents(connection, self.audit, lambda: names(self.marks))
        self.counted = CountedMessages(connection)
        self.figures = CampaignFigures(connection)
        self.alerts = Alerts(connection)
        self.alert_messages = AlertMessages(connection)
        self.flags = Flags(connection)
        self.engagements = Engagements(connection)
        self.reactions = Reactions(connection)
        self.restorations = Restorations(connection)
        self.directory = Directory(connection)
        self.lookups = Lookups(connection)
        self.outbox = Outbox(connection)
        self.writes = Writes(connection)
        self.waits = Waits(connection)
        self.answers = Answers(connection)
        self.campaign_names = CampaignNames(connection)
        self.vitals = Vitals(connection, inbox)
        self.announcements = Announcements(connection)
        self.leases = Leases(connection)
        self.keys = ApiKeys(connection)
        self.bulk_jobs = BulkJobs(connection)
        self.calls = Calls(connection)
        self.belonging = Belonging(connection)
        self.errands = Errands(connection)
        self.hygiene = NumberHygiene(connection)
        self.hygiene_reports = HygieneReports(connection)
        self.block_entries = BlockEntries(connection)
        self.block_listings = BlockListings(connection)
        self.reconciliations = Reconciliations(connection)
        self.slots = Slots(connection)
        self.sessions = Sessions(connection)
        self.traffic = Traffic(connection)
