"""What a mapping may write to, and under which names."""

import difflib
import re
from collections.abc import Iterable

from connector.mapping.document import quoted


#: The standard objects that a mapping may write to; custom ones all may be.
OBJECTS = ("Account", "Case", "CampaignMember", "Contact", "ContactPointPhone", "Lead")
#: The object whose custom fields ending in __pc are those of its person (person accounts).
PERSON_ACCOUNT = "Account"
#: Objects whose records are people, whether or not numbers are read from them.
PEOPLE = ("Account", "Contact", "Lead")
#: The object that joins a campaign and a person.
MEMBER = "CampaignMember"
#: Standard fields of a person account that are the Contact's under another name.
SAME_FIELD = {
    f"person{name.lower()}": name
    for name in (
        "DoNotCall",
        "HasOptedOutOfEmail",
        "HasOptedOutOfFax",
        "Department",
        "LeadSource",
        "Title",
    )
}

#: Standard flags that people set by hand as well: an opt-out may tick them, nothing unticks.
FLAGS = (
    "DoNotCall",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "PersonDoNotCall",
    "PersonHasOptedOutOfEmail",
    "PersonHasOptedOutOfFax",
)
#: The standard fields that may be written; custom ones all may be.
STANDARD = (
    *FLAGS,
    "Comments",
    "Department",
    "Description",
    "LeadSource",
    "PersonDepartment",
    "PersonLeadSource",
    "PersonTitle",
    "Priority",
    "Rating",
    "Status",
    "Title",
    "Type",
)

# Salesforce names: letters, digits, single underscores (Object Reference, "Custom Fields").
_WORD = r"[A-Za-z](?:_?[A-Za-z0-9])*"
_CUSTOM_FIELD = re.compile(rf"(?:{_WORD}__)?({_WORD})__p?c", re.IGNORECASE)
_CUSTOM_OBJECT = re.compile(rf"(?:{_WORD}__)?{_WORD}__c", re.IGNORECASE)
_STANDARD_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NEARLY_CUSTOM = re.compile(r"(.+?)_+(p?c)", re.IGNORECASE)

_NEVER = {
    "id": "the id of a record",
    "ownerid": "the owner",
    "recordtypeid": "the record type",
    "profileid": "the profile",
    "masterrecordid": "what a merge left",
}
_SYSTEM = re.compile(
    r"created(date|byid)|lastmodified.*|systemmodstamp|last(activity|viewed|referenced|cu).*"
    r"|is.+|converted.*|emailbounced.*|photourl|currencyisocode|.*autonumber",
    re.IGNORECASE,
)


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint at the word that was probably meant, "" where none is near."""
    by_spelling = {each.lower(): each for each in words}
    found = difflib.get_close_matches(word.lower(), by_spelling, n=1)
    if not found:  # the part after the dot says enough: status for delivery.status
        last = {each.partition(".")[2]: each for each in by_spelling if "." in each}
        by_spelling.update({short: by_spelling[each] for short, each in last.items()})
        found = difflib.get_close_matches(word.lower().rpartition(".")[2], last, n=1)
    return f"; did you mean '{by_spelling[found[0]]}'?" if found else ""


def object_name(text: str) -> str:
    """The object as Salesforce spells it; "" where a mapping may not write to it."""
    standard = {each.lower(): each for each in OBJECTS}
    if _CUSTOM_OBJECT.fullmatch(text):
        return text
    return standard.get(text.lower(), "")


def object_problem(text: str) -> str:
    known = f"; it may be {', '.join(OBJECTS)} or a custom object, X__c"
    hint = nearest(text, OBJECTS) or known
    return f"{quoted(text)}: not an object that a mapping may write to{hint}"


def field_problem(name: str, of_object: str) -> str:
    """Why this field can never be written; "" where nothing speaks against it."""
    if name.lower().endswith("__pc") and of_object and of_object != PERSON_ACCOUNT:
        return f"fields ending in __pc are on {PERSON_ACCOUNT}; on {of_object} write __c"
    if _CUSTOM_FIELD.fullmatch(name) or name.lower() in {each.lower() for each in STANDARD}:
        return ""
    if name.lower() in _NEVER:
        return f"{_NEVER[name.lower()]} is never written by a mapping"
    return _name_problem(name)


def _name_problem(name: str) -> str:
    if _SYSTEM.fullmatch(name):
        return "Salesforce keeps this field itself; a mapping cannot write it"
    nearly = _NEARLY_CUSTOM.fullmatch(name)
    if nearly and _CUSTOM_FIELD.fullmatch(f"{nearly[1]}__{nearly[2]}"):
        return f"not a field name; did you mean '{nearly[1]}__{nearly[2]}'?"
    if not _STANDARD_FIELD.fullmatch(name):
        return "not a field name: letters, digits and single underscores, then __c"
    hint = nearest(name, STANDARD) or "; custom fields end in __c"
    return f"not a standard field that a mapping may write{hint}"


def is_custom_object(name: str) -> bool:
    return _CUSTOM_OBJECT.fullmatch(name) is not None


def phone_problem(name: str) -> str:
    """Why no number can be read from this field; "" where nothing speaks against it."""
    if _CUSTOM_FIELD.fullmatch(name) or _STANDARD_FIELD.fullmatch(name):
        return ""
    return "not a field name"


def is_flag(name: str) -> bool:
    return name.lower() in {each.lower() for each in FLAGS}


def says_opted_out(name: str) -> bool:
    """Whether the name of a field says that ticking it stops messages."""
    plain = _plain(name)
    return is_flag(name) or plain.endswith("optout") or "hasoptedoutof" in plain


def says_opted_in(name: str) -> bool:
    """Whether the name of a field says that ticking it allows messages."""
    return _plain(name).endswith(("optin", "optedin"))


def _plain(name: str) -> str:
    custom = _CUSTOM_FIELD.fullmatch(name)
    return (custom[1] if custom else name).lower().replace("_", "")
