"""A busy store for the status pages: campaigns, gateways, trouble of every kind."""

from datetime import timedelta

from connector.domain.alerts import AlertKind, Trouble
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.figures import Cell, Period, Split, account_of
from connector.domain.health import Health
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.domain.traffic import Kind, span_name
from connector.pipeline.consent import hear
from connector.store.alerts import JudgedHealth
from connector.store.reconciliations import Asked, Lost
from connector.store.times import micros
from tests.support.callbacks import reply
from tests.support.clock import NOON


WELL, BADLY = "701xx0000000001AAA", "701xx0000000002AAA"
PHONE, OTHER = "+447700900456", "+447700900111"
SAID = "please take me off this list, ring 07700 900456"


def fill(store, now=NOON):
    """Everything that a page can show."""
    with store.transaction() as t:
        _traffic(t, now)
        _campaigns(t, now)
        _salesforce(t, now)
        t.slots.declare({"roll-up": timedelta(minutes=5), "late": timedelta(minutes=1)}, now)
    _questions(store, now)


def counts(messages, delivered, failed, **more):
    pending = messages - delivered - failed
    found = {"messages": messages, "Delivered": delivered, "Undelivered": failed}
    return {**found, "Pending": pending, "reason:filtered": failed, **more}


def cell(campaign, period=Period.TOTAL, start=None, split=Split.NONE, value=""):
    return Cell(
        campaign=campaign,
        period=period,
        start=micros(start) if start else 0,
        split=split,
        value=value,
    )


def _traffic(t, now):
    for hour in range(24):
        at = now - timedelta(hours=hour)
        amount = 400 - 15 * hour
        names = {"kannel": amount, "twilio/europe": amount // 4}
        t.traffic.add({(Kind.CALLBACKS, name): n for name, n in names.items()}, at)
        t.traffic.add({(Kind.EVENTS, name): n + 3 for name, n in names.items()}, at)
        t.traffic.add({(Kind.WRITTEN, "Contact"): amount}, at)
        spans = {(Kind.FRESH, span_name(seconds)): 100 for seconds in (2, 4, 9)}
        t.traffic.add({**spans, (Kind.FRESH, span_name(400)): 4}, at)
        t.traffic.add({(Kind.HANDLED, span_name(1.4)): 304}, at)
    t.traffic.add({(Kind.UNREADABLE, "kannel"): 2, (Kind.UNKNOWN, "twilio/europe"): 5}, now)
    t.traffic.hear({"kannel": now - timedelta(seconds=40), "twilio/europe": now})
    t.traffic.hear({"plivo": now - timedelta(days=3)})
    for number, lost in enumerate((Lost.END, Lost.END, Lost.ALL)):
        asked = Asked(
            message_id=str(number),
            tries=1,
            next_at=None,
            asked_at=now,
            answer="Delivered",
            sent_at=now - timedelta(hours=20),
            lost=lost,
        )
        t.reconciliations.note("twilio", "europe", [asked])


def _campaigns(t, now):
    more = {"click": 31, "reply": 12, "opt_out": 4, "segments": 1_400, "cost:EUR": 71_400_000}
    cells = {
        cell(WELL): counts(1_200, 1_176, 12, **more, **{"seconds:3": 700, "seconds:41": 400}),
        cell(BADLY): counts(800, 640, 150),
        cell(""): counts(40, 38, 1),
        cell(account_of("kannel", ""), Period.HOUR, now): counts(1_000, 900, 50),
    }
    for campaign, share in ((WELL, 0.98), (BADLY, 0.7)):
        for hour in range(30):
            if hour not in {7, 8}:
                n = 20 + 3 * hour
                at = now - timedelta(hours=hour)
                cells[cell(campaign, Period.HOUR, at)] = counts(n, int(n * share), n // 10)
        for day in range(5):
            at = (now - timedelta(days=day)).replace(hour=0)
            cells[cell(campaign, Period.DAY, at)] = counts(300, int(300 * share), 20)
        for split, value in (
            (Split.GATEWAY, "kannel"),
            (Split.COUNTRY, "GB"),
            (Split.SENDER, "SHOP"),
            (Split.OBJECT, "Contact"),
        ):
            cells[cell(campaign, split=split, value=value)] = counts(500, int(500 * share), 9)
    t.figures.put(cells)
    t.campaign_names.put({WELL: "Spring sale <Berlin>"}, now)
    for campaign, health in ((WELL, Health.HEALTHY), (BADLY, Health.CRITICAL)):
        judged = JudgedHealth(health=health, since=now, settled=700, delivered=500)
        t.alerts.judge(campaign, judged)
    told = "Critical: 81.0 % of 790 settled messages arrived."
    old = Trouble(kind=AlertKind.SPIKE, subject="@kannel/", what="network", text="A spike.")
    t.alerts.start(
        Trouble(kind=AlertKind.CAMPAIGN_CRITICAL, subject=BADLY, text=told),
        now - timedelta(minutes=12),
    )
    begun = t.alerts.start(old, now - timedelta(hours=3))
    t.alerts.end(begun, now - timedelta(hours=2))


def _salesforce(t, now):
    t.calls.count(300, (4_000, 15_000), now - timedelta(hours=1))
    t.calls.count(200, (4_600, 15_000), now - timedelta(minutes=5))
    change = RecordChange(
        record=RecordRef("Contact", "003xx000000001AAAA"), fields={}, change_ids=frozenset()
    )
    outcome = Outcome(
        change=change,
        verdict=Verdict.PARK,
        error_code="FIELD_CUSTOM_VALIDATION_EXCEPTION",
        message=f"{PHONE} is no number of ours",
        fields=("MobilePhone",),
    )
    t.writes.refuse([outcome], now - timedelta(hours=5))
    t.writes.log([outcome], now - timedelta(minutes=1))


def _questions(store, now):
    store.inbox.keep([reply(SAID.replace(" ", "+"))])
    number = store.inbox.last_id()
    doubt = ConsentEvent(
        phone=PHONE,
        kind=ConsentKind.REVIEW,
        received_at=now - timedelta(hours=20),
        gateway="kannel",
    )
    stop = ConsentEvent(
        phone=OTHER,
        kind=ConsentKind.STOP,
        received_at=now - timedelta(days=30),
        gateway="plivo",
    )
    start = ConsentEvent(
        phone=OTHER,
        kind=ConsentKind.START,
        received_at=now - timedelta(days=20),
        gateway="kannel",
    )
    with store.transaction() as t:
        hear(t, [(number, doubt), (0, stop), (0, start)])
