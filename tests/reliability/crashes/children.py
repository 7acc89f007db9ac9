"""Something done by a process of its own, which may be made to die on the way."""

import dataclasses
import logging
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Sequence

import orjson

from tests.reliability import mistakes
from tests.reliability.crashes.effects import Death, Effects
from tests.reliability.mistakes import MISTAKES


LONGEST_STORY = 3_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: with which code, past which places, and what it had to say."""

    code: int
    passed: Counter[str]
    told: str = ""

    @property
    def died(self) -> bool:
        return self.code == -signal.SIGKILL


def run(
    do: Callable[[Effects], None], *, death: Death | None = None, planted: Sequence[str] = ()
) -> Ended:
    """In a fork of this process, which has one thread, all it needs and no connection."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _live(do, Effects(death), planted, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        story = told.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        return Ended(code=code, passed=Counter(), told=story.decode("utf-8", "replace"))
    return Ended(code=0, passed=Counter(orjson.loads(story)))


def _live(
    do: Callable[[Effects], None], effects: Effects, planted: Sequence[str], writing: int
) -> None:
    code = 1
    try:
        logging.disable()
        mistakes.EARLY_SECONDS = 0.0  # the place to die at is certain
        for name in planted:
            MISTAKES[name].plant()
        do(effects)
        os.write(writing, orjson.dumps(effects.passed))
        code = 0
    except BaseException:  # noqa: BLE001 (the process ends here)
        os.write(writing, traceback.format_exc()[-LONGEST_STORY:].encode())
    finally:
        os._exit(code)
