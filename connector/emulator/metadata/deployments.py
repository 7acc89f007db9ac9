"""Deployments that take their time: asked for, waiting, under way, done or canceled."""

import base64
import dataclasses
from datetime import datetime, timedelta
from typing import Any

from connector.emulator.errors import ApiError
from connector.emulator.metadata.context import HasMetadata, Settings
from connector.emulator.metadata.deploy import Message, Options, Result, deploy
from connector.emulator.metadata.registry import Registry
from connector.emulator.times import read_stamp


_PREFIX = "0Af"
_KIND = "deployment"
_WAITING = "deployment under way"
_FINAL = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled"})


class Deployments:
    """The deployments of one org; `settings` says what its admin could set."""

    def __init__(self, org: HasMetadata, settings: Settings | None = None) -> None:
        self._org = org
        self.settings = settings or Settings()

    @property
    def registry(self) -> Registry:
        return Registry(self._org.storage, self._org.writer)

    def run(self, data: bytes, options: Options, user: str = "") -> Result:
        """Deploy at once, as tests do."""
        return deploy(self._org, data, options, self.settings, user)

    def ask(self, data: bytes, options: Options, user: str) -> str:
        """Put a deployment into the queue; its id."""
        record = self._org.writer.new_id(_PREFIX)
        body = {
            "status": "Pending",
            "polls": 0,
            "user": user,
            "options": dataclasses.asdict(options),
            "zip": base64.b64encode(data).decode(),
            "created": self._org.caller("deploy").now,
        }
        self._org.storage.keep_document(_KIND, record, body)
        self._org.storage.keep_document(_WAITING, record, {"created": body["created"]})
        return record

    def status(self, record: str, *, details: bool) -> dict[str, object]:
        """How far a deployment is, as DeployResult; every asking brings it on."""
        body = self._body(record)
        if body["status"] not in _FINAL:
            body["polls"] += 1
            self._advance(record, body, done=body["polls"] >= self.settings.polls)
        return self._shown(record, body, details=details)

    def waiting(self, record: str) -> dict[str, object]:
        """The same without bringing it on."""
        return self._shown(record, self._body(record), details=False)

    def cancel(self, record: str) -> dict[str, object]:
        body = self._body(record)
        if body["status"] in _FINAL:
            message = f"Deployment {record} is already finished"
            raise ApiError(400, "INVALID_OPERATION", message)
        now = self._org.caller("deploy").now
        body |= {"status": "Canceled", "zip": "", "completed": now, "started": now}
        self._keep(record, body)
        return self._shown(record, body, details=False)

    def settle(self, now: datetime) -> None:
        """Finish what nobody asked after for long enough."""
        limit = timedelta(seconds=self.settings.seconds)
        for record, waiting in self._org.storage.documents(_WAITING).items():
            if now - read_stamp(str(waiting["created"])) >= limit:
                with self._org.storage.transaction():
                    self._advance(record, self._body(record), done=True)

    def _body(self, record: str) -> dict[str, Any]:
        body = self._org.storage.document(_KIND, record)
        if body is None:
            raise ApiError(404, "NOT_FOUND", f"No deployment with id {record}")
        return body

    def _advance(self, record: str, body: dict[str, Any], *, done: bool) -> None:
        now = self._org.caller("deploy").now
        body.setdefault("started", now)
        body["status"] = "InProgress"
        if done:
            options = Options(**body["options"])
            result = self.run(base64.b64decode(body["zip"]), options, body["user"])
            body |= {"status": result.status, "zip": "", "completed": now}
            body["error"] = result.error
            body["messages"] = [dataclasses.asdict(message) for message in result.messages]
        self._keep(record, body)

    def _keep(self, record: str, body: dict[str, Any]) -> None:
        self._org.storage.keep_document(_KIND, record, body)
        if body["status"] in _FINAL:
            self._org.storage.drop_document(_WAITING, record)

    def _shown(self, record: str, body: dict[str, Any], *, details: bool) -> dict[str, object]:
        messages = [Message(**each) for each in body.get("messages", [])]
        counted = [m for m in messages if m.component_type or not m.success]
        deployed = sum(message.success for message in counted)
        options = body["options"]
        shown: dict[str, object] = {
            "checkOnly": options["checkOnly"],
            "completedDate": body.get("completed"),
            "createdBy": body["user"],
            "createdByName": self._name(body["user"]),
            "createdDate": body["created"],
            "done": body["status"] in _FINAL,
            "id": record,
            "ignoreWarnings": options["ignoreWarnings"],
            "lastModifiedDate": body.get("completed") or body["created"],
            "numberComponentErrors": len(counted) - deployed,
            "numberComponentsDeployed": deployed,
            "numberComponentsTotal": len(counted),
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "rollbackOnError": options["rollbackOnError"],
            "runTestsEnabled": False,
            "startDate": body.get("started"),
            "status": body["status"],
            "success": body["status"] == "Succeeded",
        }
        if body.get("error"):
            shown |= {"errorMessage": body["error"], "errorStatusCode": "UNKNOWN_EXCEPTION"}
        if details:
            shown["details"] = _details(messages, body.get("completed"))
        return shown

    def _name(self, user: str) -> str:
        row = self._org.storage.rows("User", [user]).get(user, {})
        return str(row.get("Name") or "")


def _details(messages: list[Message], at: str | None) -> dict[str, object]:
    return {
        "componentFailures": [_message(each, at) for each in messages if not each.success],
        "componentSuccesses": [_message(each, at) for each in messages if each.success],
        "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
    }


def _message(message: Message, at: str | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "changed": message.changed,
        "componentType": message.component_type,
        "created": message.created,
        "createdDate": at,
        "deleted": False,
        "fileName": message.file_name,
        "fullName": message.full_name,
        "success": message.success,
    }
    if message.id:
        shown["id"] = message.id
    if message.problem:
        shown |= {"problem": message.problem, "problemType": message.problem_type}
    if message.line:
        shown |= {"lineNumber": message.line, "columnNumber": message.column}
    return shown
