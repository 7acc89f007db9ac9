"""
Play a campaign of any size: `python -m tests.campaigns --messages 50000 --seed 1`.

Reports come late, twice and shuffled over three simulated days. In the end each row in the org
is compared with one counted by hand; then everything comes once more, and nothing is written.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta

from connector.emulator import EmulatedOrg
from connector.pipeline.campaign_check import check_campaigns
from connector.store import Store
from tests.campaigns.memberships import Enrolment
from tests.campaigns.play import Play, differences, rows_of
from tests.campaigns.recount import CampaignOf, named, recount
from tests.campaigns.script import START, Sent
from tests.campaigns.stage import BY_MEMBERSHIP, SETTINGS, ZONE, cast, emulated, objects, served
from tests.support import postgres
from tests.support.clock import TestClock


def main() -> int:
    options = _options()
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        clock = TestClock()
        store = Store.open(_place(options.engine, stack))
        stack.callback(store.close)
        org = stack.enter_context(emulated(clock))
        messages = cast(org, options.messages, options.seed)
        settings = BY_MEMBERSHIP if options.memberships else SETTINGS
        steps = stack.enter_context(served(store, org, clock, settings))
        enrolment = Enrolment(org, clock, messages, options.seed)
        play = Play(steps, settings, clock, messages, enrolment.go_on)
        campaign_of = enrolment.campaign_of if options.memberships else named
        for days in (2, 9):
            play.run(START + timedelta(days=days))
            if wrong := _wrong(days, messages, clock, org, campaign_of):
                _say(*wrong[:20])
                return 1
        calls = org.calls.total()
        play.again()
        again = org.calls.total() - calls
        _say(f"everything once more: {again} calls to the org")
        report = check_campaigns(store, steps.counting)
        _say(f"counted anew: {len(report.differences)} differences in {report.cells} cells")
    _say(f"{options.messages} messages in {time.monotonic() - began:.0f} s")
    return 1 if again or report.differences else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--memberships", action="store_true", help="those that name no campaign have one, too"
    )
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    return parser.parse_args()


def _place(engine: str, stack: contextlib.ExitStack) -> str:
    if engine == "sqlite":
        return f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/store"
    server = stack.enter_context(postgres.server(in_memory=True))
    if server is None:
        raise SystemExit(postgres.HOW_TO_GET_ONE)
    return stack.enter_context(server.database())


def _wrong(
    days: int,
    messages: Sequence[Sent],
    clock: TestClock,
    org: EmulatedOrg,
    campaign_of: CampaignOf,
) -> list[str]:
    expected = recount(messages, clock.now, ZONE, objects(messages), campaign_of)
    wrong = differences(expected, rows_of(org, list(next(iter(expected.values())))))
    _say(f"day {days}: {len(expected)} rows counted by hand, {len(wrong)} differences")
    return wrong


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
