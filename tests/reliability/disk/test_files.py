"""How a disk forgets when the power is cut."""

import random

import pytest

from tests.reliability.disk.files import SECTOR, Disk


ROOT, FOLDER, FILE = "/r", "/r/f", "/r/f/a"


@pytest.fixture
def disk() -> Disk:
    """With a durable, empty file."""
    disk = Disk(ROOT)
    disk.create(1, FOLDER, folder=True)
    disk.create(2, FILE)
    disk.sync(3, FOLDER)
    disk.sync(4, ROOT)
    return disk


class TestDisk:
    def test_what_was_not_synced_is_gone(self, disk):
        disk.write(5, FILE, 0, b"one")
        disk.sync(6, FILE)
        disk.write(7, FILE, 3, b"two")
        disk.resize(8, FILE, 1)

        assert disk.least()[FILE] == b"one"
        assert disk.most()[FILE] == b"o"

    def test_a_sync_says_nothing_of_what_was_written_after_it_began(self, disk):
        disk.write(5, FILE, 0, b"one")
        disk.write(7, FILE, 3, b"two")
        disk.sync(6, FILE)

        assert disk.least()[FILE] == b"one"

    def test_a_name_lives_once_its_folder_was_synced(self):
        disk = Disk(ROOT)
        disk.create(1, FOLDER, folder=True)
        disk.create(2, FILE)
        disk.sync(3, FILE)
        disk.sync(4, FOLDER)
        before = disk.least()
        disk.sync(5, ROOT)

        assert before == {}
        assert disk.least() == {FOLDER: None, FILE: b""}

    def test_a_name_that_was_taken_away_comes_back(self, disk):
        disk.remove(5, FILE)
        before = disk.least()
        disk.sync(6, FOLDER)

        assert FILE in before
        assert FILE not in disk.least()

    def test_writes_are_torn_at_sectors(self, disk):
        disk.write(5, FILE, 0, b"x" * SECTOR * 8)
        dice = random.Random(1)  # noqa: S311 (repeatable, not secret)

        seen = {disk.some(dice)[FILE].ljust(SECTOR * 8, b"\0") for _ in range(200)}

        sectors = {
            image[place : place + SECTOR]
            for image in seen
            for place in range(0, SECTOR * 8, SECTOR)
        }
        assert len(seen) > 20
        assert sectors == {b"x" * SECTOR, bytes(SECTOR)}

    def test_what_a_failed_sync_has_dropped_no_later_one_brings(self, disk):
        disk.write(5, FILE, 0, b"a" * 5_000)
        disk.fail(6, FILE)
        disk.sync(7, FILE)

        assert disk.least()[FILE] == bytes(5_000)
        assert disk.most()[FILE] == b"a" * 5_000

    def test_a_page_that_is_written_again_goes_to_the_disk_as_a_whole(self, disk):
        disk.write(5, FILE, 0, b"a" * 5_000)
        disk.fail(6, FILE)
        disk.write(7, FILE, 10, b"b")
        disk.sync(8, FILE)

        assert disk.least()[FILE] == b"a" * 10 + b"b" + b"a" * 4_085 + bytes(904)
