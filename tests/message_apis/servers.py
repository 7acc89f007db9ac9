"""Each gateway's API as documented, with two messages: one that arrived, one that did not."""

import base64
import json
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.rest.server import Api, demand


ALEX, KIM, US = "+447700900456", "+447700900457", "+12025550123"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Gateway(Api):
    """Knows `rows`, gives `size` of them a page, and says that a long range has `many`."""

    login = ("authorization", "Bearer key")
    size = 2
    many = 0

    def __init__(self):
        super().__init__()
        self.rows = [self.row("1", ALEX, arrived=True), self.row("2", KIM, arrived=False)]

    def row(self, message_id, phone, *, arrived):
        raise NotImplementedError

    def answer(self, asked):
        name, value = self.login
        demand(asked.headers.get(name) == value, 401, self.refusal())
        return self.reply(asked)

    def refusal(self):
        return {"code": 20003, "message": "no"}

    def reply(self, asked):
        raise NotImplementedError

    def known(self, message_id, field):
        found = [row for row in self.rows if row[field] == message_id]
        demand(found, 404, {"code": 20404})
        return found[0]


class Twilio(Gateway):
    """Messages resource, API version 2010-04-01."""

    login = ("authorization", basic("AC1", "token"))
    path = "/2010-04-01/Accounts/AC1/Messages"

    def row(self, message_id, phone, *, arrived):
        return {
            "sid": f"SM{message_id}",
            "direction": "outbound-api",
            "status": "delivered" if arrived else "undelivered",
            "error_code": None if arrived else 30005,
            "date_created": "Fri, 20 Nov 2026 10:00:00 +0000",
            "date_sent": "Fri, 20 Nov 2026 10:00:01 +0000",
            "date_updated": "Fri, 20 Nov 2026 10:00:05 +0000",
            "from": US,
            "to": phone,
            "num_segments": "2",
            "price": "-0.01500" if arrived else None,
            "price_unit": "USD",
            "body": "Hello",
        }

    def reply(self, asked):
        if asked.path != f"{self.path}.json":
            message_id = asked.path.removeprefix(f"{self.path}/").removesuffix(".json")
            return 200, self.known(message_id, "sid")
        for name in ("DateSent>", "DateSent<"):
            demand(asked.query[name].endswith("Z"), 400)
        page = int(asked.query.get("Page", 0))
        demand(asked.query.get("PageToken", "PA0") == f"PA{page}", 400)
        rows = self.rows[page * self.size : (page + 1) * self.size]
        more = (page + 1) * self.size < len(self.rows)
        place = {**asked.query, "Page": page + 1, "PageToken": f"PA{page + 1}"}
        following = f"{self.path}.json?{urlencode(place)}"
        return 200, {"messages": rows, "next_page_uri": following if more else None}


class Vonage(Gateway):
    """Reports API 2.1.12, of the SMS API and the Messages API."""

    login = ("authorization", basic("abcd1234", "secret"))

    def __init__(self):
        super().__init__()
        self.messages = [self.message("aaaaaaaa-bbbb-cccc-dddd-000000000001")]

    def row(self, message_id, phone, *, arrived):
        return {
            "account_id": "abcd1234",
            "message_id": f"0C00{message_id}",
            "client_ref": "",
            "direction": "outbound",
            "from": US.removeprefix("+"),
            "to": phone.removeprefix("+"),
            "network": "23415",
            "date_received": "2026-11-20T10:00:00+0000",
            "date_finalized": "2026-11-20T10:00:05+0000",
            "status": "delivered" if arrived else "failed",
            "error_code": "0" if arrived else "3",
            "currency": "EUR",
            "total_price": "0.042",
        }

    def message(self, message_id):
        return {
            **self.row("", ALEX, arrived=True),
            "message_id": message_id,
            "provider": "sms",
            "status": "rejected",
            "error_code": "1240",
        }

    def refusal(self):
        return {"title": "Unauthorized", "detail": "You did not provide correct credentials."}

    def reply(self, asked):
        demand(asked.path == "/v2/reports/records", 404)
        query = asked.query
        good = query["account_id"] == "abcd1234" and query["direction"] == "outbound"
        demand(good and query["product"] in {"SMS", "MESSAGES"}, 422)
        rows = self.rows if query["product"] == "SMS" else self.messages
        if "id" in query:
            demand("date_start" not in query, 422)
            return 200, {"records": [row for row in rows if row["message_id"] == query["id"]]}
        start, end = (datetime.fromisoformat(query[f"date_{x}"]) for x in ("start", "end"))
        demand((end - start).total_seconds() <= 86_400, 422)
        rows = [
            row for row in rows if start <= datetime.fromisoformat(row["date_received"]) < end
        ]
        place = int(query.get("cursor", "0"))
        demand(query.get("iv", "") == ("" if not place else f"iv{place}"), 422)
        found, place = rows[place : place + self.size], place + self.size
        if place < len(rows):
            cut = {"request_status": "TRUNCATED", "cursor": str(place), "iv": f"iv{place}"}
            return 200, {"records": found, **cut}
        return 200, {"records": found, "request_status": "SUCCESS"}


class Infobip(Gateway):
    """SMS API, version 3: logs."""

    login = ("authorization", "App key")

    def row(self, message_id, phone, *, arrived):
        group = {"groupId": 3, "groupName": "DELIVERED", "id": 5}
        failed = {"groupId": 2, "groupName": "UNDELIVERABLE", "id": 9}
        return {
            "messageId": f"MSG-{message_id}",
            "destination": phone.removeprefix("+"),
            "sender": "ACME",
            "content": {"text": "Hello"},
            "sentAt": "2026-11-20T10:00:00.000+0000",
            "doneAt": "2026-11-20T10:00:05.000+0000",
            "messageCount": 2,
            "mccMnc": "23415",
            "price": {"pricePerMessage": 0.01, "currency": "EUR"},
            "status": group if arrived else failed,
            "error": {"groupId": 0, "id": 0 if arrived else 1},
        }

    def refusal(self):
        return {"requestError": {"serviceException": {"messageId": "UNAUTHORIZED"}}}

    def reply(self, asked):
        demand(asked.path == "/sms/3/logs", 404)
        pairs = parse_qsl(urlsplit(asked.target).query)
        ids = [value for name, value in pairs if name == "messageId"]
        demand(1 <= int(asked.query["limit"]) <= 1000, 400)
        if ids:
            return 200, {"results": [row for row in self.rows if row["messageId"] in ids]}
        demand(asked.query["useCursor"] == "true" and "sentSince" in asked.query, 400)
        place = int(asked.query.get("cursor", "0"))
        following = place + self.size
        cursor = {"nextCursor": str(following) if following < len(self.rows) else None}
        return 200, {"results": self.rows[place:following], "cursor": cursor}


class Plivo(Gateway):
    """Message API: 20 a page."""

    login = ("authorization", basic("MA1", "token"))
    path = "/v1/Account/MA1/Message/"

    def row(self, message_id, phone, *, arrived):
        return {
            "api_id": "e5b05b26",
            "message_uuid": f"uuid-{message_id}",
            "message_direction": "outbound",
            "message_state": "delivered" if arrived else "undelivered",
            "message_time": "2026-11-20 12:00:00+02:00",
            "message_type": "sms",
            "error_code": "000" if arrived else "50",
            "from_number": US.removeprefix("+"),
            "to_number": phone.removeprefix("+"),
            "units": 2,
            "total_rate": "0.00500",
            "total_amount": "0.01000",
        }

    def refusal(self):
        return None

    def reply(self, asked):
        if asked.path != self.path:
            message_id = asked.path.removeprefix(self.path).rstrip("/")
            return 200, self.known(message_id, "message_uuid")
        query = asked.query
        demand(query["message_direction"] == "outbound" and query["limit"] == "20", 400)
        for name in ("message_time__gte", "message_time__lt"):
            datetime.strptime(query[name], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 (as documented)
        place = int(query["offset"])
        following = place + self.size
        more = f"{self.path}?offset={following}" if following < len(self.rows) else None
        return 200, {"objects": self.rows[place:following], "meta": {"next": more}}


class Telnyx(Gateway):
    """API v2: one message."""

    def row(self, message_id, phone, *, arrived):
        return {
            "record_type": "message",
            "direction": "outbound",
            "id": f"40385f64-{message_id}",
            "from": {"phone_number": US, "carrier": "", "line_type": ""},
            "to": [
                {
                    "phone_number": phone,
                    "status": "delivered" if arrived else "delivery_failed",
                    "carrier": "T-MOBILE USA, INC.",
                }
            ],
            "cc": [],
            "text": "Hello",
            "parts": 2,
            "tags": [],
            "cost": {"amount": "0.0051", "currency": "USD"},
            "errors": [] if arrived else [{"code": "40012", "title": "Invalid number"}],
            "received_at": "2026-11-20T10:00:00.000Z",
            "sent_at": "2026-11-20T10:00:01.000Z",
            "completed_at": "2026-11-20T10:00:05.000Z",
        }

    def refusal(self):
        return {"errors": [{"code": "10009", "title": "Authentication failed"}]}

    def reply(self, asked):
        message_id = asked.path.removeprefix("/v2/messages/")
        return 200, {"data": self.known(message_id, "id")}


class Bandwidth(Gateway):
    """Messaging v2: list messages."""

    login = ("authorization", basic("user", "password"))

    def row(self, message_id, phone, *, arrived):
        return {
            "messageId": f"158922{message_id}",
            "accountId": "12345",
            "sourceTn": US,
            "destinationTn": phone,
            "messageStatus": "DELIVERED" if arrived else "FAILED",
            "messageDirection": "OUTBOUND",
            "messageType": "sms",
            "segmentCount": 2,
            "errorCode": 0 if arrived else 4720,
            "receiveTime": "2026-11-20T10:00:00.000Z",
            "carrierName": "Verizon",
            "recipientCount": 1,
        }

    def refusal(self):
        return {"type": "unauthorized", "description": "no"}

    def reply(self, asked):
        demand(asked.path == "/api/v2/users/12345/messages", 404)
        query = asked.query
        if "messageId" in query:
            found = [row for row in self.rows if row["messageId"] == query["messageId"]]
            return 200, {"totalCount": len(found), "pageInfo": {}, "messages": found}
        start, end = (
            datetime.fromisoformat(query[name]) for name in ("fromDateTime", "toDateTime")
        )
        rows = [
            row
            for row in self.rows
            if start <= datetime.fromisoformat(row["receiveTime"]) < end
        ]
        place = int(query.get("pageToken", "0"))
        following = place + self.size
        info = {"nextPageToken": str(following)} if following < len(rows) else {}
        total = self.many if (end - start).total_seconds() > 60 * 20 else len(rows)
        return 200, {
            "totalCount": total,
            "pageInfo": info,
            "messages": rows[place:following],
        }


class Sinch(Gateway):
    """SMS API: delivery reports."""

    size = 100

    def row(self, message_id, phone, *, arrived):
        return {
            "type": "recipient_delivery_report_sms",
            "batch_id": f"01FC{message_id}",
            "recipient": phone.removeprefix("+"),
            "code": 0 if arrived else 417,
            "status": "Delivered" if arrived else "Failed",
            "at": "2026-11-20T10:00:05.000Z",
            "operator": "23415",
            "number_of_message_parts": 2,
        }

    def refusal(self):
        return None

    def reply(self, asked):
        parts = asked.path.split("/")
        demand(parts[:4] == ["", "xms", "v1", "plan"], 404)
        if parts[4] == "batches":
            row = self.known(parts[5], "batch_id")
            if len(parts) > 7:
                demand(parts[7] == row["recipient"], 404)
                return 200, row
            status = {"code": row["code"], "status": row["status"], "count": 1}
            return 200, {
                "type": "delivery_report_sms",
                "batch_id": row["batch_id"],
                "total_message_count": 1,
                "statuses": [status],
            }
        page, size = int(asked.query["page"]), int(asked.query["page_size"])
        demand("start_date" in asked.query and size <= 100, 400)
        return 200, {
            "count": len(self.rows),
            "page": page,
            "page_size": size,
            "delivery_reports": self.rows[page * size : (page + 1) * size],
        }


class MessageBird(Gateway):
    """SMS API: messages."""

    login = ("authorization", "AccessKey key")
    size = 100

    def row(self, message_id, phone, *, arrived):
        return {
            "id": f"7d84{message_id}",
            "direction": "mt",
            "type": "sms",
            "originator": US,
            "body": "Hello",
            "reference": None,
            "createdDatetime": "2026-11-20T10:00:00+00:00",
            "recipients": {
                "totalCount": 1,
                "items": [
                    {
                        "recipient": int(phone.removeprefix("+")),
                        "status": "delivered" if arrived else "delivery_failed",
                        "statusDatetime": "2026-11-20T10:00:05+00:00",
                        "statusErrorCode": None if arrived else 1,
                        "statusReason": None if arrived else "unknown subscriber",
                        "price": {"amount": 0.076, "currency": "EUR"},
                        "mccmnc": "23415",
                        "messagePartCount": 2,
                    }
                ],
            },
        }

    def refusal(self):
        return {"errors": [{"code": 2, "description": "no", "parameter": "access_key"}]}

    def reply(self, asked):
        if asked.path != "/messages":
            return 200, self.known(asked.path.removeprefix("/messages/"), "id")
        query = asked.query
        demand(query["direction"] == "mt", 422)
        for name in ("from", "until"):
            demand(datetime.fromisoformat(query[name]).tzinfo, 422)
        place, size = int(query["offset"]), int(query["limit"])
        demand(size <= 100, 422)
        return 200, {
            "offset": place,
            "limit": size,
            "count": size,
            "totalCount": len(self.rows),
            "items": self.rows[place : place + size],
        }


#: A server, what to set to be let in, and what the ids of its messages look like.
SERVERS = {
    "twilio": (Twilio, {"account_sid": "AC1", "auth_token": "token"}, "SM{}"),
    "vonage": (Vonage, {"api_key": "abcd1234", "api_secret": "secret"}, "0C00{}"),
    "infobip": (Infobip, {"api_key": "key"}, "MSG-{}"),
    "plivo": (Plivo, {"auth_id": "MA1", "auth_token": "token"}, "uuid-{}"),
    "telnyx": (Telnyx, {"api_key": "key"}, "40385f64-{}"),
    "bandwidth": (
        Bandwidth,
        {"account_id": "12345", "username": "user", "password": "password"},
        "158922{}",
    ),
    "sinch": (Sinch, {"service_plan_id": "plan", "api_token": "key"}, "01FC{}"),
    "messagebird": (MessageBird, {"access_key": "key"}, "7d84{}"),
}


def broken(document):
    """An answer cut off in the middle."""
    text = json.dumps(document).encode()
    return text[: len(text) // 2]
