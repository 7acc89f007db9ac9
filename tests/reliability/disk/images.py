"""Images of a disk at moments of a recording, each opened by the real code and judged."""

import dataclasses
import hashlib
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.reliability.disk.files import Image
from tests.reliability.disk.promises import Found, lay_out, look
from tests.reliability.disk.replay import Replay
from tests.reliability.trial import Tally


#: Faults after which a recording has told enough.
MOST_FAULTS = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How many images are taken: `at_promises` and `between` are chances for each moment."""

    at_promises: float = 1.0
    between: float = 0.1
    #: Images with a random part of what was not synced, for one without any of it.
    random_ones: int = 2
    #: The share of images on which the service does not only start, but goes on.
    goes_on: float = 0.05


class Judge:
    """Takes images, opens them in a folder of its own, and compares with what was promised."""

    def __init__(self, tally: Tally, folder: Path, dice: random.Random) -> None:
        self._tally = tally
        self._folder = folder
        self._dice = dice
        #: Images that are the same are opened once.
        self._found: dict[bytes, Found] = {}

    def watch(self, replay: Replay, what: str, taking: Taking) -> None:
        """Until the recording ends, or has told enough."""
        counts = self._tally.counts
        faults_before = len(self._tally.faults)
        step = 0
        for step, promises in enumerate(replay.steps()):
            chance = taking.at_promises if promises else taking.between
            if self._dice.random() >= chance:
                continue
            for kind, image in self._images(replay, taking, at_promise=bool(promises)):
                counts["images of the disk after a power cut"] += 1
                goes_on = self._dice.random() < taking.goes_on
                for fault in self._open(image, replay.root, goes_on=goes_on).broken(
                    replay.promised
                ):
                    self._tally.faults.append(f"{what}, step {step}, {kind}: {fault}")
                    break
            if len(self._tally.faults) >= faults_before + MOST_FAULTS:
                break
        counts["system calls replayed"] += step
        counts["acknowledgements"] += len(replay.promised)

    def _images(
        self, replay: Replay, taking: Taking, *, at_promise: bool
    ) -> Iterator[tuple[str, Image]]:
        disk = replay.disk
        if at_promise or self._dice.random() < 0.5:
            yield "only what was synced", disk.least()
        for number in range(taking.random_ones):
            yield f"some of the rest ({number})", disk.some(self._dice)
        if self._dice.random() < 0.1:
            yield "all that was written", disk.most()

    def _open(self, image: Image, root: Path, *, goes_on: bool) -> Found:
        digest = _digest(image)
        if (found := self._found.get(digest)) is None:
            self._tally.counts["different ones, each started on"] += 1
            place = self._folder / "image"
            place.mkdir()
            try:
                lay_out(image, root, place)
                found = look(place, goes_on=goes_on)
            finally:
                shutil.rmtree(place)
            self._found[digest] = found
        return found


def _digest(image: Image) -> bytes:
    told = hashlib.blake2b()
    for path in sorted(image):
        content = image[path]
        told.update(f"{path}\0{-1 if content is None else len(content)}\0".encode())
        told.update(content or b"")
    return told.digest()
