"""Bulk jobs as they are kept: a document for each, and a table of their rows."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.emulator.bulk_csv import write
from connector.emulator.ids import make_id
from connector.emulator.storage import Storage
from connector.emulator.times import stamp


_KIND = "bulk_job"
_PREFIX = "750"

WAITING, DONE, FAILED = "waiting", "done", "failed"
#: A row to be worked on: its number, its cells, what is wrong with its form.
Waiting = tuple[int, list[str], str]
#: What became of a row: number, state, record, whether it is new, error.
Result = tuple[int, str, str, bool, str]

FINAL = frozenset({"JobComplete", "Failed", "Aborted"})


@dataclasses.dataclass(slots=True, kw_only=True)
class Job:
    """One ingest or query job; `asked` is what its creator wrote."""

    id: str
    kind: str  # ingest or query
    asked: dict[str, Any]
    user: str
    version: float
    created: str
    changed: str
    state: str = "Open"
    uploaded: bool = False
    columns: list[str] = dataclasses.field(default_factory=list)
    processed: int = 0
    failed: int = 0
    retries: int = 0
    milliseconds: int = 0
    error: str = ""
    stepped: str = ""

    @property
    def sobject(self) -> str:
        return str(self.asked["object"])

    @property
    def operation(self) -> str:
        return str(self.asked["operation"])

    @property
    def delimiter(self) -> str:
        return str(self.asked.get("columnDelimiter") or "COMMA")

    @property
    def ending(self) -> str:
        return str(self.asked.get("lineEnding") or "LF")

    @property
    def final(self) -> bool:
        return self.state in FINAL

    def move(self, state: str, now: datetime, error: str = "") -> None:
        self.state, self.changed, self.error = state, stamp(now), error or self.error

    def as_json(self) -> dict[str, object]:
        """What creating, closing and listing show; a poll shows more."""
        shown: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.user,
            "createdDate": self.created,
            "systemModstamp": self.changed,
            "state": self.state,
        }
        for name in ("externalIdFieldName", "assignmentRuleId"):
            if self.asked.get(name):
                shown[name] = self.asked[name]
        shown |= {"concurrencyMode": "Parallel", "contentType": "CSV"}
        shown["apiVersion"] = self.version
        if self.kind == "ingest" and self.state == "Open":
            shown["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        return {**shown, "lineEnding": self.ending, "columnDelimiter": self.delimiter}


class Jobs:
    """The jobs of one org; each method is to run inside a storage transaction."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        storage.fetch(
            "CREATE TABLE IF NOT EXISTS _bulk (job TEXT, number INTEGER, state TEXT,"
            " record TEXT, created INTEGER, error TEXT, cells TEXT,"
            " PRIMARY KEY (job, number)) WITHOUT ROWID"
        )
        storage.fetch("CREATE INDEX IF NOT EXISTS _bulk_state ON _bulk (job, state, number)")
        storage.fetch(
            "CREATE TABLE IF NOT EXISTS _bulk_uploads (job TEXT PRIMARY KEY, content BLOB)"
        )

    def add(
        self, kind: str, asked: Mapping[str, Any], user: str, version: float, now: str
    ) -> Job:
        counter = self._storage.document("counter", _PREFIX) or {"last": 0}
        number = int(str(counter["last"])) + 1
        self._storage.keep_document("counter", _PREFIX, {"last": number})
        job = Job(
            id=make_id(_PREFIX, number),
            kind=kind,
            asked=dict(asked),
            user=user,
            version=version,
            created=now,
            changed=now,
            stepped=now,
        )
        self.keep(job)
        return job

    def keep(self, job: Job) -> None:
        self._storage.keep_document(_KIND, job.id, dataclasses.asdict(job))

    def find(self, kind: str, job: str) -> Job | None:
        body: dict[str, Any] | None = self._storage.document(_KIND, job)
        return Job(**body) if body and body["kind"] == kind else None

    def all(self, kind: str = "") -> list[Job]:
        bodies: list[dict[str, Any]] = list(self._storage.documents(_KIND).values())
        return [Job(**body) for body in bodies if kind in {"", body["kind"]}]

    def drop(self, job: Job) -> None:
        self._storage.drop_document(_KIND, job.id)
        self._storage.fetch("DELETE FROM _bulk WHERE job = ?", (job.id,))
        self._storage.fetch("DELETE FROM _bulk_uploads WHERE job = ?", (job.id,))

    # Uploads and rows.

    def keep_upload(self, job: Job, content: bytes) -> None:
        sql = "INSERT INTO _bulk_uploads VALUES (?, ?)"
        self._storage.run_many(sql, [(job.id, content)])

    def take_upload(self, job: Job) -> bytes:
        """The uploaded file; its rows are to be kept from here on."""
        found = self._storage.fetch(
            "SELECT content FROM _bulk_uploads WHERE job = ?", (job.id,)
        )
        self._storage.fetch("DELETE FROM _bulk_uploads WHERE job = ?", (job.id,))
        return bytes(found[0]["content"]) if found else b""

    def keep_rows(self, job: Job, rows: Iterator[tuple[Sequence[str], str]]) -> None:
        """The rows in the order of the upload, each with what is wrong with its form."""
        sql = "INSERT INTO _bulk VALUES (?, ?, ?, '', 0, ?, ?)"
        self._storage.run_many(
            sql,
            (
                (job.id, number, WAITING, problem, json.dumps(cells))
                for number, (cells, problem) in enumerate(rows)
            ),
        )

    def waiting(self, job: Job, most: int) -> list[Waiting]:
        rows = self._storage.fetch(
            "SELECT number, cells, error FROM _bulk WHERE job = ? AND state = ?"
            " ORDER BY number LIMIT ?",
            (job.id, WAITING, most),
        )
        return [(row["number"], json.loads(row["cells"]), row["error"]) for row in rows]

    def settle_rows(self, job: Job, results: Sequence[tuple[int, str, str, bool, str]]) -> None:
        """What became of rows: number, state, record, whether it is new, error."""
        sql = (
            "UPDATE _bulk SET state = ?, record = ?, created = ?, error = ?"
            " WHERE job = ? AND number = ?"
        )
        self._storage.run_many(
            sql,
            [(s, record, int(new), error, job.id, n) for n, s, record, new, error in results],
        )

    def retry_rows(self, job: Job, code: str) -> None:
        """Put the rows that failed with this code back into the queue."""
        self._storage.fetch(
            "UPDATE _bulk SET state = ?, error = ''"
            " WHERE job = ? AND state = ? AND error LIKE ?",
            (WAITING, job.id, FAILED, f"{code}:%"),
        )

    def numbers(self, job: Job) -> dict[str, int]:
        """How many rows are in which state."""
        rows = self._storage.fetch(
            "SELECT state, COUNT(*) AS many FROM _bulk WHERE job = ? GROUP BY state", (job.id,)
        )
        return {row["state"]: row["many"] for row in rows}

    def part(self, job: Job, start: int, most: int) -> list[list[str]]:
        """Rows of a query's answer, in their order."""
        rows = self._storage.fetch(
            "SELECT cells FROM _bulk WHERE job = ? AND number >= ? ORDER BY number LIMIT ?",
            (job.id, start, most),
        )
        return [json.loads(row["cells"]) for row in rows]

    def results(self, job: Job, state: str) -> bytes:
        """A result file; not in the order of the upload, but in the same one every time."""
        head = {DONE: ["sf__Id", "sf__Created"], FAILED: ["sf__Id", "sf__Error"], WAITING: []}
        rows = self._storage.fetch(
            "SELECT record, created, error, cells FROM _bulk"
            " WHERE job = ? AND state = ? ORDER BY (number * 61 + 97) % 101, number",
            (job.id, state),
        )
        lines: list[list[str]] = [[*head[state], *job.columns]]
        for row in rows:
            created = "true" if row["created"] else "false"
            own = {DONE: [row["record"], created], FAILED: [row["record"], row["error"]]}
            lines.append([*own.get(state, []), *json.loads(row["cells"])])
        return write(lines, delimiter=job.delimiter, ending=job.ending)
