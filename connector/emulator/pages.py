"""Pages to look at the org with: its records, and what happened to each field."""

import itertools
import re

import flask

from connector.emulator.fields import Value
from connector.emulator.objects import SObject
from connector.emulator.org import EmulatedOrg
from connector.emulator.query import present
from connector.emulator.storage import HistoryEntry, Row, quoted, statement


_PER_PAGE = 50
_STAMP = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.000\+0000$")
#: What a list shows of a record besides its name, as far as the object has it.
_SHOWN = (
    "MobilePhone",
    "SMS_Delivery_Status__c",
    "SMS_Failure_Reason__c",
    "SMS_Status_At__c",
    "SMS_Opt_Out__c",
    "Status",
    "Key__c",
    "Messages__c",
    "Delivered__c",
    "Delivery_Rate__c",
    "Health__c",
    "Username",
    "LastModifiedDate",
)
_NOTES = {
    "Delivered": "good",
    "Healthy": "good",
    "Pending": "wait",
    "Watch": "wait",
    "Undelivered": "bad",
    "Failed": "bad",
    "Rejected": "bad",
    "Expired": "bad",
    "Critical": "bad",
}


def blueprint(org: EmulatedOrg) -> flask.Blueprint:
    pages = flask.Blueprint(
        "pages", __name__, url_prefix="/emulator", template_folder="templates"
    )
    pages.add_app_template_filter(_as_text, "shown")
    pages.add_app_template_filter(lambda value: _NOTES.get(str(value), ""), "note")

    @pages.get("/")
    def home() -> str:
        org.settle()
        kept = [each for each in org.schema if "data" in each.apis and not each.event]
        counts = [(each, org.count(each.name)) for each in kept]
        return flask.render_template("emulator/home.html", org=org, counts=counts)

    @pages.get("/<name>/")
    def records(name: str) -> str:
        if not org.schema.knows(name) or org.schema.sobject(name).event:
            flask.abort(404)
        org.settle()
        sobject = org.schema.sobject(name)
        page = max(flask.request.args.get("page", 1, type=int), 1)
        columns = [field for each in _SHOWN if (field := org.schema.field(sobject, each))]
        return flask.render_template(
            "emulator/records.html",
            sobject=sobject,
            columns=columns,
            rows=_page(org, sobject, page),
            total=org.count(name),
            page=page,
            last=max(-(-org.count(name) // _PER_PAGE), 1),
        )

    @pages.get("/<name>/<record>")
    def record(name: str, record: str) -> str:
        values = org.record(name, record) if org.schema.knows(name) else {}
        if not values:
            flask.abort(404)
        return flask.render_template(
            "emulator/record.html",
            sobject=org.schema.sobject(name),
            fields=_by_interest(org.schema.sobject(name), values),
            values=values,
            history=_events(org.history(name, record)),
            titles={f.name: f.title for f in org.schema.sobject(name).fields},
            users={user: username for username, user in org.users.items()},
            objects={each.key_prefix: each.name for each in org.schema},
        )

    return pages


def _page(org: EmulatedOrg, sobject: SObject, page: int) -> list[Row]:
    """The records changed last come first."""
    has_deleted = org.schema.field(sobject, "IsDeleted") is not None
    sql = statement(
        "SELECT * FROM",
        quoted(sobject.name),
        "WHERE IsDeleted = 0" if has_deleted else "",
        "ORDER BY SystemModstamp DESC, Id LIMIT ? OFFSET ?",
    )
    rows = org.storage.fetch(sql, (_PER_PAGE, (page - 1) * _PER_PAGE))
    return [
        {f.name: present(f, row[f.name]) for f in sobject.fields if not f.calculated}
        for row in rows
    ]


def _events(
    history: list[HistoryEntry],
) -> list[tuple[str, str, str, list[HistoryEntry]]]:
    """The history by call, the last one first: when, who, how, and the fields it changed."""
    by_call = itertools.groupby(history, key=lambda entry: (entry.at, entry.user, entry.call))
    return [(*event, list(entries)) for event, entries in by_call][::-1]


def _by_interest(sobject: SObject, values: dict[str, Value]) -> list[tuple[str, str, Value]]:
    """Custom fields first, then the filled ones, then the rest."""
    rows = [(field.title, field.name, values[field.name]) for field in sobject.fields]
    return sorted(rows, key=lambda row: (not row[1].endswith("__c"), row[2] in {None, False}))


def _as_text(value: Value) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return _STAMP.sub(r"\1 \2", str(value))
