"""Documents of gateways: fetched once, for the gateway's own requests only."""

import asyncio
import threading
from collections import Counter

import pytest

from connector.fetch import FetchError
from connector.gateways import installed
from connector.gateways.base import Lacking
from connector.gateways.imitation import aws
from connector.web.callers import Callers
from connector.web.door import Door
from connector.web.group_commit import GroupCommit
from connector.web.papers import MOST_COMING, PAUSE, NotToBeHadError, Papers
from connector.web.reading import Limits
from connector.web.tally import Tally
from tests.gateways.cases import FOLDER, read
from tests.support.asgi import ask
from tests.support.inbox import MemoryInbox


class Outside:
    """Answers what it is told to, and counts; a gate holds every answer back."""

    def __init__(self, *answers: bytes | None) -> None:
        self.asked: Counter[str] = Counter()
        self.answers = list(answers)
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, address: str) -> bytes:
        self.asked[address] += 1
        assert self.gate.wait(30)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise FetchError("no answer")
        return answer


def lacking(address="https://sns.example.org/a.pem"):
    return Lacking(key="certificate", address=address)


async def completed(papers, *wanted, secrets=None):
    try:
        asked = (papers.completed(each, secrets or {}) for each in wanted)
        return await asyncio.gather(*asked, return_exceptions=True)
    finally:
        await papers.close()


class TestPapers:
    def test_stand_among_the_secrets(self, clock):
        papers = Papers(Outside(b"PEM"), clock)

        (found,) = asyncio.run(completed(papers, lacking(), secrets={"topic": ["t"]}))

        assert found == {"topic": ["t"], "certificate": ("PEM",)}

    def test_are_fetched_once_for_all_who_wait(self, clock):
        outside = Outside(b"PEM")
        papers = Papers(outside, clock)

        async def run():
            first = await asyncio.gather(*(papers.completed(lacking(), {}) for _ in range(50)))
            return [*first, *await completed(papers, lacking())]

        found = asyncio.run(run())

        assert len(found) == 51
        assert outside.asked.total() == 1

    def test_what_cannot_be_had_is_left_alone_for_a_while(self, clock):
        outside = Outside(None, b"PEM")
        papers = Papers(outside, clock)

        async def run():
            said: list[object] = []
            for wait in (0, 0, PAUSE.total_seconds()):
                clock.advance(seconds=wait)
                try:
                    said.append(await papers.completed(lacking(), {}))
                except NotToBeHadError as error:
                    said.append(str(error))
            await papers.close()
            return said

        said = asyncio.run(run())

        assert said == ["no answer", "asked for a moment ago", {"certificate": ("PEM",)}]
        assert outside.asked.total() == 2

    def test_a_stranger_cannot_have_any_number_fetched_at_once(self, clock):
        outside = Outside(b"PEM")
        outside.gate.clear()
        papers = Papers(outside, clock)
        many = [lacking(f"https://sns.example.org/{n}.pem") for n in range(40)]

        async def run():
            asking = asyncio.ensure_future(completed(papers, *many))
            await asyncio.sleep(0)
            outside.gate.set()
            return await asking

        found = asyncio.run(run())

        refused = [each for each in found if isinstance(each, NotToBeHadError)]
        assert len(refused) == len(many) - MOST_COMING
        assert outside.asked.total() == MOST_COMING


class TestDoor:
    """The same, from outside: an event of SNS where no certificate is configured."""

    @pytest.fixture
    def case(self):
        return read(FOLDER / "aws/delivered.yaml")

    @pytest.fixture
    def inbox(self):
        return MemoryInbox()

    @pytest.fixture
    def call(self, case, inbox):
        """The answers to so many tries, while the world outside answers with these."""

        async def run(outside, tries):
            commit = GroupCommit(inbox.keep)
            papers = Papers(outside, lambda: case.callback.received_at)
            door = Door(
                gateways=installed(),
                secrets={("aws", ""): {"topic": case.secrets["topic"]}},
                callers=Callers(),
                public_url=case.callback.public_url,
                commit=commit,
                papers=papers,
                clock=lambda: case.callback.received_at,
                tally=Tally(lambda: case.callback.received_at),
                limits=Limits(),
            )
            sent = case.callback
            answers = [
                await ask(
                    door,
                    sent.method,
                    sent.target,
                    headers=list(sent.headers.items()),
                    body=sent.body,
                )
                for _ in range(tries)
            ]
            await papers.close()
            await commit.close()
            return [answer.status for answer in answers]

        return lambda outside, tries=1: asyncio.run(run(outside, tries))

    def test_is_taken_once_the_certificate_has_come(self, case, call, inbox):
        pem = case.secrets["signing_certificate"][0].encode()
        outside = Outside(pem)

        assert call(outside, 3) == [200, 200, 200]
        assert len(inbox.kept) == 3
        assert list(outside.asked.values()) == [1]

    def test_shall_come_again_while_it_cannot_be_had(self, call, inbox):
        assert call(Outside(None)) == [503]
        assert inbox.kept == []

    def test_is_refused_where_it_does_not_fit(self, call, inbox):
        another = aws.IMITATION.secrets["signing_certificate"].encode()

        assert call(Outside(another)) == [403]
        assert call(Outside(b"no certificate")) == [403]
        assert inbox.kept == []
