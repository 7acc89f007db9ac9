"""Bodies are read within bounds: of size, of time, and of what all hold together."""

import asyncio

import pytest

from connector.web.answers import RefusedError
from connector.web.body import MOST_HELD_BYTES, BodyReader
from connector.web.reading import ClientGoneError


CHUNKED = {"transfer-encoding": "chunked"}


def parts(*texts, ends=True):
    """What a server hands on, part by part; after the last one nothing comes."""
    messages = [{"type": "http.request", "body": text, "more_body": True} for text in texts]
    if ends:
        messages[-1]["more_body"] = False

    async def receive():
        if messages:
            return messages.pop(0)
        return await asyncio.get_running_loop().create_future()

    return receive


def status(reading):
    with pytest.raises(RefusedError) as refused:
        asyncio.run(reading)
    return refused.value.answer.status


@pytest.fixture
def reader():
    return BodyReader(10, 0.02)


class TestRead:
    def test_a_request_without_a_body_is_not_waited_for(self, reader):
        for headers in ({}, {"content-length": "0"}):
            assert asyncio.run(reader.read(parts(b"", ends=False), headers)) == b""

    def test_the_declared_length_is_the_end(self, reader):
        receive = parts(b"ab", b"cd", ends=False)

        assert asyncio.run(reader.read(receive, {"content-length": "4"})) == b"abcd"

    def test_chunks_end_by_themselves(self, reader):
        assert asyncio.run(reader.read(parts(b"", b"a", b"", b"b"), CHUNKED)) == b"ab"

    def test_the_longest_body(self, reader):
        assert len(asyncio.run(reader.read(parts(b"x" * 10), CHUNKED))) == 10
        assert status(reader.read(parts(b"x" * 11), CHUNKED)) == 413
        assert status(reader.read(parts(b"x" * 6, b"x" * 6, ends=False), CHUNKED)) == 413

    def test_a_length_that_is_no_number(self, reader):
        assert status(reader.read(parts(b"x"), {"content-length": "-1"})) == 400

    def test_less_than_declared(self, reader):
        with pytest.raises(ClientGoneError):
            asyncio.run(reader.read(parts(b"x"), {"content-length": "2"}))


class TestSlow:
    def test_what_does_not_come_is_given_up(self, reader):
        assert status(reader.read(parts(b"x", ends=False), CHUNKED)) == 408

    def test_one_after_the_other(self, reader):
        async def run():
            slow = [reader.read(parts(b"x", ends=False), CHUNKED) for _ in range(3)]
            quick = await reader.read(parts(b"y"), CHUNKED)
            return quick, await asyncio.gather(*slow, return_exceptions=True)

        quick, given_up = asyncio.run(run())

        assert quick == b"y"
        assert [error.answer.status for error in given_up] == [408] * 3

    def test_a_request_that_is_cancelled_from_outside_is_cancelled(self, reader):
        async def run():
            reading = asyncio.create_task(reader.read(parts(b"x", ends=False), CHUNKED))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            return reading.cancelled()

        assert asyncio.run(run())

    def test_unfinished_bodies_have_a_common_bound(self):
        reader = BodyReader(MOST_HELD_BYTES, 10)
        half = b"x" * (MOST_HELD_BYTES // 2 + 1)

        async def run():
            first = asyncio.create_task(reader.read(parts(half, ends=False), CHUNKED))
            await asyncio.sleep(0)
            second = reader.read(parts(half, ends=False), CHUNKED)
            with pytest.raises(RefusedError) as refused:
                await second
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            return refused.value.answer.status, await reader.read(parts(half, b""), CHUNKED)

        assert asyncio.run(run()) == (503, half)
