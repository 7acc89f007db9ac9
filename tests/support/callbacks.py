"""Callbacks of one gateway as the door keeps them, token blanked."""

from tests.support.events import ALEX, arrival


def dlr(kind, message_id="42", ref=ALEX, to="%2B447700900456", at=1_700_000_000):
    return arrival(
        f"/callbacks/kannel?token=***&extid={message_id}&type={kind}&from={to}&ts={at}&ref={ref}"
    )


def reply(text, phone="%2B447700900456"):
    return arrival(f"/callbacks/kannel?token=***&text={text}&from={phone}", urgent=True)
