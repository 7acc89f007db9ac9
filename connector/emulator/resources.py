"""What is read: versions, describes, queries, searches, changes, limits, people."""

from datetime import datetime, timedelta

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError
from connector.emulator.objects import description, global_description
from connector.emulator.storage import quoted, statement
from connector.emulator.times import parse_datetime, stamp
from connector.emulator.web_dates import http_date, parse_http_date


_OLDEST_CHANGES = timedelta(days=30)
_OLDEST_DELETIONS = timedelta(days=15)


def versions(latest: float) -> list[dict[str, str]]:
    """Every version from 31 on, oldest first."""
    seasons = ("Spring", "Summer", "Winter")
    listed = []
    for number in range(31, int(latest) + 1):
        # Three releases a year; v68 is Winter '27.
        years, season = divmod(number - 66, 3)
        label = f"{seasons[season]} '{26 + years + (season == 2):02}"  # noqa: PLR2004
        url = f"/services/data/v{number}.0"
        listed.append({"label": label, "url": url, "version": f"{number}.0"})
    return listed


def index(call: Call) -> Reply:
    names = ("sobjects", "query", "queryAll", "search", "limits", "composite", "recent")
    identity = f"{call.instance_url}/id/{call.org.id}/{call.user}"
    return Reply(body={"identity": identity, **{n: f"{call.base}/{n}" for n in names}})


def describe_global(call: Call) -> Reply:
    schema = call.org.schema
    listed = [
        global_description(schema.shown_to(each, call.user), call.base)
        for each in schema
        if "data" in each.apis and schema.sees_object(each, call.user)
    ]
    return Reply(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def basic_information(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    shown = call.org.schema.shown_to(sobject, call.user)
    described = global_description(shown, call.base)
    return Reply(body={"objectDescribe": described, "recentItems": []})


def describe(call: Call, name: str) -> Reply:
    """The whole description; 304 when nothing changed since the caller's copy."""
    schema = call.org.schema
    sobject = schema.seen_object(name, call.user)
    changed = schema.changed_at(sobject.name)
    known = parse_http_date(call.headers.get("If-Modified-Since", ""))
    if known and changed <= known:
        return Reply(status=304)
    fields = schema.visible_fields(sobject, call.user)
    children = schema.child_relationships(sobject.name)
    shown = schema.shown_to(sobject, call.user)
    body = description(shown, fields, children, call.base, call.instance_url)
    return Reply(body=body, headers={"Last-Modified": http_date(changed)})


def query(call: Call) -> Reply:
    return _query(call, deleted=False)


def query_all(call: Call) -> Reply:
    return _query(call, deleted=True)


def query_more(call: Call, locator: str) -> Reply:
    return Reply(body=call.org.queries.more(locator, base=call.base))


def search(call: Call) -> Reply:
    text = call.query.get("q", "")
    return Reply(body=call.org.searches.run(text, user=call.user, base=call.base))


def updated(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    start, end = _period(call, _OLDEST_CHANGES)
    sql = statement(
        "SELECT Id FROM",
        quoted(sobject.name),
        "WHERE SystemModstamp >= ? AND SystemModstamp < ?",
        "AND IsDeleted = 0" if call.org.schema.field(sobject, "IsDeleted") else "",
        "ORDER BY SystemModstamp, Id",
    )
    ids = [row["Id"] for row in call.org.storage.fetch(sql, (stamp(start), stamp(end)))]
    covered = min(end, _minute(call.org.clock()))
    return Reply(body={"ids": ids, "latestDateCovered": stamp(covered)})


def deleted(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    if not sobject.deletable:
        message = f"{sobject.name} records are not deleted"
        raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", message)
    start, end = _period(call, _OLDEST_DELETIONS)
    sql = statement(
        "SELECT Id, SystemModstamp FROM",
        quoted(sobject.name),
        "WHERE SystemModstamp >= ? AND SystemModstamp < ? AND IsDeleted = 1 ORDER BY Id",
    )
    records = [
        {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
        for row in call.org.storage.fetch(sql, (stamp(start), stamp(end)))
    ]
    now = call.org.clock()
    body = {
        "deletedRecords": records,
        "earliestDateAvailable": stamp(now - _OLDEST_DELETIONS),
        "latestDateCovered": stamp(min(end, _minute(now))),
    }
    return Reply(body=body)


def limits(call: Call) -> Reply:
    """For those who may view the set-up (REST API Developer Guide, "Limits")."""
    message = "insufficient access rights: View Setup and Configuration"
    call.org.schema.permissions.demand(call.user, "ViewSetup", message=message)
    return Reply(body=call.org.usage.limits())


def record_count(call: Call) -> Reply:
    names = [name for name in call.query.get("sObjects", "").split(",") if name]
    schema = call.org.schema
    counts = [
        {"count": len(call.org.records(each.name)), "name": each.name}
        for each in schema
        if not names or each.name in names
    ]
    return Reply(body={"sObjects": counts})


ROUTES: list[Route] = [
    route("GET", "/?", index),
    route("GET", "/sobjects", describe_global),
    route("GET", "/sobjects/{name}", basic_information),
    route("GET", "/sobjects/{name}/describe", describe),
    route("GET", "/sobjects/{name}/updated", updated),
    route("GET", "/sobjects/{name}/deleted", deleted),
    route("GET", "/query", query),
    route("GET", "/query/{locator}", query_more),
    route("GET", "/queryAll", query_all),
    route("GET", "/queryAll/{locator}", query_more),
    route("GET", "/search", search),
    route("GET", "/limits", limits),
    route("GET", "/limits/recordCount", record_count),
]


def _query(call: Call, *, deleted: bool) -> Reply:
    text = call.query.get("q", "")
    if not text.strip():
        message = "A query string has to be specified"
        raise ApiError(400, "MALFORMED_QUERY", message)
    if call.query.get("columns", "").lower() == "true":
        return Reply(body=call.org.queries.columns(text, user=call.user))
    asked = _batch_size(call.headers.get("Sforce-Query-Options", ""))
    page = call.org.queries.run(
        text, user=call.user, base=call.base, deleted=deleted, asked=asked
    )
    return Reply(body=page)


def _batch_size(header: str) -> int | None:
    for part in header.split(","):
        name, _, value = part.partition("=")
        if name.strip().lower() == "batchsize" and value.strip().isdigit():
            return int(value)
    return None


def _period(call: Call, oldest: timedelta) -> tuple[datetime, datetime]:
    """The minutes asked for; seconds do not count."""
    start, end = (parse_datetime(call.query.get(each, "")) for each in ("start", "end"))
    if start is None or end is None:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate and endDate must be given")
    start, end = _minute(start), _minute(end)
    if start >= end:
        message = "startDate must be before endDate"
        raise ApiError(400, "INVALID_REPLICATION_DATE", message)
    if start < call.org.clock() - oldest - timedelta(minutes=1):
        message = "startDate before org replication enabled date or too far back"
        raise ApiError(400, "INVALID_REPLICATION_DATE", message)
    return start, end


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
