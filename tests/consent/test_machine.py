"""Whatever is said, read, erased and asked, in any order, on both engines: the rules hold."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from connector.domain.consent import ConsentKind, ConsentSource
from connector.pipeline.consent import ConflictError, Evidence, settle, start, stop
from connector.pipeline.erasure import erase
from connector.pipeline.normalise import normalise
from connector.pipeline.suppression import check
from connector.store import Store
from connector.store.times import micros
from tests.consent.actors import GATEWAYS, Word, arrival_of, read_phone, whole
from tests.consent.oracle import Oracle, Said
from tests.support.clock import TestClock


PHONES = ("+12015550101", "+12015550102")
phones = st.sampled_from(PHONES)
seconds = st.sampled_from([0, 1, 5, 6, 60, 61, 3600])


class Consent(RuleBasedStateMachine):
    """Everything that changes consent, on one store; each run has numbers of its own."""

    store: Store
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        Consent.runs += 1
        self.suffix = f"{Consent.runs:04}"
        self.clock = TestClock()
        self.oracle = Oracle()
        self.texts = 0

    def number(self, phone: str) -> str:
        """Numbers that no other run has; nobody texts them."""
        return f"{phone[:-4]}{phone[-1]}{self.suffix}"

    def evidence(self, ahead: int) -> Evidence:
        return Evidence(
            actor="user:ann",
            source=ConsentSource.API,
            reason="asked",
            evidence="call 1",
            occurred_at=whole(self.clock(), ahead),
        )

    def look(self) -> None:
        """What the ledger has now."""
        ledger: dict[str, dict[str, Said]] = {}
        for phone in map(self.number, PHONES):
            with self.store.transaction(reads=True) as transaction:
                for each in transaction.consents.events_of(phone):
                    ledger.setdefault(phone, {})[each.id] = Said(
                        kind=each.kind,
                        at=micros(each.at),
                        timed=each.occurred_at is not None,
                        received=micros(each.received_at),
                        source=each.source,
                        place=(each.gateway, each.account),
                        id=each.id,
                        about=each.about,
                        message_id=each.message_id,
                    )
        self.oracle.commit(ledger)

    @rule(
        phone=phones,
        kind=st.sampled_from(["stop", "start", "review"]),
        account=st.sampled_from("ab"),
        ahead=st.sampled_from([None, -6, 0, 4, 5, 6, 90]),
    )
    def text(self, phone, kind, account, ahead):
        self.texts += 1
        word = Word(kind=kind, phone=self.number(phone), account=account, ahead=ahead)
        arrival, said = arrival_of(word, self.clock(), f"m{self.suffix}-{self.texts}")
        self.store.inbox.keep([arrival])
        self.oracle.acknowledged(word.phone, said)

    @rule()
    def read(self):
        normalise(self.store, GATEWAYS, read_phone, self.clock)
        self.look()

    @rule(phone=phones)
    def opt_out(self, phone):
        given = self.evidence(0)
        said = Said(kind="stop", at=micros(given.occurred_at), timed=True, source="API")
        self.oracle.intends(self.number(phone), said, 0)
        stop(self.store, [self.number(phone)], given, self.clock)
        self.look()

    @rule(phone=phones, ahead=st.sampled_from([0, 5, 6, 90]), behind=st.integers(0, 1))
    def opt_in(self, phone, ahead, behind):
        phone, given = self.number(phone), self.evidence(ahead)
        version = len(self.oracle.ledger.get(phone, ())) - behind
        said = Said(kind="start", at=micros(given.occurred_at), timed=True, source="API")
        self.oracle.intends(phone, said, version)
        try:
            start(self.store, phone, given, self.clock, version=version)
        except ConflictError:
            return
        self.look()

    @rule(phone=phones)
    def decide(self, phone):
        phone = self.number(phone)
        with self.store.transaction(reads=True) as transaction:
            events = transaction.consents.events_of(phone)
        doubts = [each.id for each in events if each.kind is ConsentKind.REVIEW]
        if not doubts:
            return
        given = self.evidence(0)
        said = Said(kind="settled", at=micros(given.occurred_at), timed=True, source="API")
        self.oracle.intends(phone, said, len(events))
        settle(self.store, phone, doubts[0], given, self.clock, version=len(events))
        self.look()

    @rule(phone=phones)
    def erase(self, phone):
        erase(
            self.store, GATEWAYS, read_phone, self.clock, self.number(phone), actor="user:ann"
        )
        self.look()

    @rule(seconds=seconds)
    def wait(self, seconds):
        self.clock.now += timedelta(seconds=seconds)

    @invariant()
    def nobody_is_texted_by_mistake(self):
        asked = [self.number(phone) for phone in PHONES]
        for answer in check(self.store, asked, read_phone, self.clock, actor="key:sender"):
            if self.oracle.forbids(answer.phone):
                assert not answer.sendable

    def teardown(self):
        self.read()
        self.oracle.all_told()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_rules_hold_whatever_happens(request, tmp_path, engine):
    url = f"sqlite:///{tmp_path / 'store'}"
    if engine == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    store = Store.open(url)
    try:
        run_state_machine_as_test(
            type("Machine", (Consent,), {"store": store}),
            settings=settings(
                max_examples=12,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        store.close()
