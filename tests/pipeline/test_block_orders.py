"""In whatever order things happen, nobody who is opted out is off a list for long."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.consent import hear, start, stop
from connector.rest.errors import BusyError, RefusedError
from connector.store import Store
from tests.pipeline.block_lists import MemoryList, configured, consent, evidence
from tests.support.clock import TestClock


PHONES = ["+447700900456", "+447700900457"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["stop", "start", "doubt", "push", "busy", "lose", "during", "late"]),
        st.integers(0, 1),
    ),
    max_size=12,
)


class Play:
    """A ledger, a list, and two workers one of which may sleep past its lease."""

    def __init__(self, store, *, unblock):
        self.clock = TestClock()
        self.store = store
        self.there = MemoryList(self.clock)
        self.pushers = [
            BlockPusher(
                store, [configured(self.there)], self.clock, holder=name, unblock=unblock
            )
            for name in ("one", "two")
        ]
        self.pushers[0].prepare()

    def do(self, step, phone):
        self.clock.advance(seconds=61)
        getattr(self, step)(PHONES[phone])

    def stop(self, phone):
        stop(self.store, [phone], evidence(self.clock, occurred_at=None), self.clock)

    def start(self, phone):
        if found := consent(self.store, phone):
            start(self.store, phone, evidence(self.clock), self.clock, version=found.version)

    def doubt(self, phone):
        event = ConsentEvent(phone=phone, kind=ConsentKind.REVIEW, received_at=self.clock())
        with self.store.transaction() as transaction:
            hear(transaction, [(0, event)])

    def push(self, _phone):
        self.pushers[0].push()

    def busy(self, _phone):
        self.there.faults.extend([BusyError("no answer"), RefusedError("no", status=403)])

    def lose(self, phone):
        self.there.loses ^= {phone}

    def during(self, phone):
        """A STOP while the next call is under way."""

        def meanwhile():
            self.clock.advance(seconds=61)
            self.stop(phone)

        self.there.during = meanwhile

    def late(self, phone):
        """The next caller sleeps past its lease, and another does what is to be done."""

        def meanwhile():
            self.clock.advance(minutes=11)
            self.stop(phone)
            self.pushers[1].push()

        self.there.during = meanwhile

    def settle(self):
        self.there.loses.clear()
        self.there.faults.clear()
        for _ in range(12):
            self.clock.advance(hours=2)
            self.pushers[0].push()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, unblock=st.booleans())
@example(steps=[("stop", 0), ("push", 0), ("start", 0), ("late", 0), ("push", 0)], unblock=True)
@example(
    steps=[("stop", 0), ("push", 0), ("start", 0), ("during", 0), ("push", 0)], unblock=True
)
@example(
    steps=[("stop", 0), ("push", 0), ("start", 0), ("doubt", 0), ("push", 0)], unblock=True
)
def test_every_opt_out_is_on_the_list_in_the_end(tmp_path_factory, steps, unblock):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('orders')}")
    play = Play(store, unblock=unblock)

    for step, phone in steps:
        play.do(step, phone)
    play.settle()

    states = {phone: consent(store, phone) for phone in PHONES}
    stopped = {
        p for p, state in states.items() if state and state.opted_out and not state.doubtful
    }
    free = {p for p, state in states.items() if not (state and state.opted_out)}
    store.close()
    assert stopped <= set(play.there.entries)
    if unblock:
        assert not free & set(play.there.entries)
