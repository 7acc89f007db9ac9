"""Bulk jobs of the org in memory: what they are given is written when they end."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from connector.domain.records import FieldValue, RecordChange, RecordRef, Verdict
from connector.salesforce.bulk import BulkJob, BulkRow, JobState, Results


if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.consent.org import MemoryOrg


class MemoryBulk:
    """As `connector.salesforce.bulk.Bulk`; a job ends when it is asked for."""

    def __init__(self, org: MemoryOrg) -> None:
        self._org = org
        self._jobs: dict[str, tuple[str, list[RecordChange]]] = {}
        self._results: dict[str, dict[Results, list[BulkRow]]] = {}

    def begin(self) -> None:
        self._jobs, self._results = {}, {}

    def create(self, name: str) -> BulkJob:
        self._org.calls += 1
        job = f"750{len(self._jobs)}"
        self._jobs[job] = (name, [])
        return BulkJob(id=job, state=JobState.OPEN)

    def upload(self, job_id: str, content: bytes) -> None:
        self._org.calls += 1
        name, changes = self._jobs[job_id]
        for row in csv.DictReader(content.decode().splitlines()):
            fields: dict[str, FieldValue] = {
                field: {"true": True, "false": False}.get(text, text)
                for field, text in row.items()
                if field != "Id" and text
            }
            change = RecordChange(
                record=RecordRef(name, row["Id"]), fields=fields, change_ids=frozenset()
            )
            self._org.watch(change)
            changes.append(change)
        self._org.point("answer of upload")

    def close(self, job_id: str) -> BulkJob:
        self._org.calls += 1
        return BulkJob(id=job_id, state=JobState.UPLOAD_COMPLETE)

    def abort(self, _job_id: str) -> None:
        self._org.calls += 1

    def job(self, job_id: str) -> BulkJob | None:
        self._org.calls += 1
        self._org.point("job")
        if job_id not in self._results:
            outcomes = [self._org.write(each) for each in self._jobs[job_id][1]]
            rows = {kind: list[BulkRow]() for kind in Results}
            for each in outcomes:
                taken = each.verdict is Verdict.WRITTEN
                error = "" if taken else f"{each.error_code}:entity is deleted:--"
                kind = Results.SUCCESSFUL if taken else Results.FAILED
                rows[kind].append(BulkRow(record_id=each.change.record.id, error=error))
            self._results[job_id] = rows
        return BulkJob(
            id=job_id, state=JobState.JOB_COMPLETE, processed=len(self._jobs[job_id][1])
        )

    def results(self, job_id: str, kind: Results) -> Iterator[BulkRow]:
        self._org.calls += 1
        self._org.point("results")
        yield from self._results[job_id][kind]
