"""How the org refuses: a whole request, one record of it, or a thing that is not emulated."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordError:
    """Why one record was not written: `errorCode` of rows, `statusCode` of collections."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    duplicate: dict[str, object] | None = None

    def as_item(self) -> dict[str, object]:
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def as_row(self) -> dict[str, object]:
        row: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.duplicate is not None:
            return {**row, "duplicateResult": self.duplicate}
        return {**row, "fields": list(self.fields)}


class ApiError(Exception):
    """A request refused as a whole: an HTTP status and the usual list of one error."""

    def __init__(
        self, status: int, code: str, message: str, *, fields: tuple[str, ...] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    @property
    def body(self) -> object:
        row: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            row["fields"] = list(self.fields)
        return [row]


class RefusedRecordError(Exception):
    """Carries a record's error out of the depths of its checks."""

    def __init__(self, error: RecordError) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.error = error


class NotEmulatedError(ApiError):
    """Salesforce can do this and the emulator cannot: said, not answered wrongly."""

    def __init__(self, what: str) -> None:
        super().__init__(501, "NOT_EMULATED", f"The emulated org does not know {what}.")


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def parser_error(message: str) -> ApiError:
    return ApiError(400, "JSON_PARSER_ERROR", message)


def refused(code: str, message: str, *fields: str) -> RefusedRecordError:
    return RefusedRecordError(RecordError(code=code, message=message, fields=fields))
