"""The values of our picklists, and what a person should do about each reason."""

from connector.domain.consent import ConsentSource
from connector.domain.delivery import DeliveryStatus, Reason
from connector.footprint.fields import Choice


#: What helps, for the people who read it on the record; every reason has one.
ACTIONS = {
    Reason.UNREGISTERED: "Tell your SMS admin: the sender is not registered with the carriers",
    Reason.INVALID_NUMBER: "Ask for the right number: this one does not exist",
    Reason.UNREACHABLE: "Try again later: the phone was off or out of reach",
    Reason.FILTERED: "Change the text: the carrier took it for spam",
    Reason.OPTED_OUT: "Do not text: the person has opted out",
    Reason.LANDLINE: "Ask for a mobile number: this one takes no texts",
    Reason.THROUGHPUT: "Send again more slowly: a sending limit was reached",
    Reason.ACCOUNT_SUSPENDED: "Tell your SMS admin: the gateway account is blocked or unpaid",
    Reason.NETWORK: "Send again: the fault was in the network",
    Reason.EXPIRED: "Send again at another time of day: the phone was not reached in time",
    Reason.UNKNOWN: "Look at the error code: the gateway gave no reason",
}


def same(*values: str) -> tuple[Choice, ...]:
    """Values that people read as programs write them."""
    return tuple(Choice(value=value, label=value) for value in values)


STATUSES = same(*(status.value for status in DeliveryStatus))
REASONS = tuple(
    Choice(value=reason.value, label=reason.value.replace("_", " ").capitalize())
    for reason in Reason
)
OPT_OUT_SOURCES = same(*(source.value for source in ConsentSource))
PERIODS = same("Total", "Day", "Hour")
SPLITS = same("Gateway", "Country", "Sender", "Object")
HEALTH = same("Healthy", "Watch", "Critical")


def action_for(field: str) -> str:
    """
    The formula that reads the advice off a picklist of reasons.

    TEXT gives the value, not the label that an admin may change or translate (Salesforce help,
    "Tips for Working with Picklist and Multi-Select Picklist Values in Formulas").
    """
    cases = ", ".join(f'"{reason.value}", "{ACTIONS[reason]}"' for reason in Reason)
    return f'CASE(TEXT({field}), {cases}, "")'
