"""
The API described for programs: OpenAPI 3.0, as Salesforce External Services imports it.

It takes named objects, enumerations and lists of texts, ignores security, and wants a unique
operation id (Salesforce help, "External Services: Schema Definitions").
"""

import importlib.metadata
from typing import Any

import flask

from connector.gateways import installed
from connector.web import openapi_campaigns
from connector.web.api_suppression import MOST_NUMBERS
from connector.web.engagements import KINDS, LONGEST_ID
from connector.web.items import MOST


Schema = dict[str, Any]


def blueprint(public_url: str) -> flask.Blueprint:
    described = flask.Blueprint("openapi", __name__)
    told = document(public_url)

    @described.get("/api/openapi.json")
    def show() -> dict[str, Any]:
        return told

    return described


def document(public_url: str) -> dict[str, Any]:
    """The whole description; nothing in it is secret, and no key is needed to read it."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "SMS connector",
            "version": importlib.metadata.version("connector"),
            "description": "Tells what became of text messages, and who may be texted.",
        },
        "servers": [{"url": public_url or "https://sms.example.org"}],
        "security": [{"key": []}],
        "paths": {
            "/api/messages": {"post": _REGISTER},
            "/api/messages/{gateway}/{message_id}": {"get": _MESSAGE},
            "/api/suppression/check": {"post": _CHECK},
            "/api/suppression/{phone}": {"get": _CHECK_ONE},
            "/api/consent": {"post": _CONSENT},
            "/api/engagement": {"post": _ENGAGEMENT},
            "/api/campaigns/{campaign_id}": {"get": _CAMPAIGN},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_SCHEMAS, **openapi_campaigns.SCHEMAS},
        },
    }


def _text(description: str = "", **more: object) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "nullable": True}


def _list(items: Schema, **more: object) -> Schema:
    return {"type": "array", "items": items, **more}


def _object(needed: tuple[str, ...] = (), **properties: Schema) -> Schema:
    required = {"required": list(needed)} if needed else {}
    return {"type": "object", **required, "properties": properties}


def _closed(needed: tuple[str, ...], **properties: Schema) -> Schema:
    return {**_object(needed, **properties), "additionalProperties": False}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _takes(name: str) -> Schema:
    return {"required": True, "content": _json(_named(name))}


def _answers(status: str, description: str, name: str, *problems: str) -> Schema:
    fault = {"application/problem+json": {"schema": _named("Problem")}}
    told = {code: {"description": _FAULTS[code], "content": fault} for code in problems}
    return {status: {"description": description, "content": _json(_named(name))}, **told}


_FAULTS = {
    "400": "Cannot be read.",
    "401": "No key, or one that is not in force.",
    "403": "The key lacks the scope.",
    "404": "Unknown.",
    "409": "Refused: something newer is known. Nothing was changed.",
    "413": "Too much at once.",
    "415": "No JSON.",
    "422": "Something is to be changed. Nothing was stored.",
    "503": "Nothing was stored, and nothing may be sent. Try again later.",
}
_ALWAYS = ("400", "401", "403", "503")
_MOMENT = _text(format="date-time")
_PHONE = _text("A phone number, in any spelling with its country code.", example="+12015550112")


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


_GATEWAY = _text(enum=list(installed()))
_REGISTER = {
    "operationId": "registerMessages",
    "summary": "Tell which messages were sent",
    "requestBody": _takes("Messages"),
    "responses": _answers("202", "Kept.", "Registered", *_ALWAYS, "413", "415", "422"),
}
_MESSAGE = {
    "operationId": "getMessage",
    "summary": "Ask what became of a message",
    "parameters": [
        _in_path("gateway", _text()),
        _in_path("message_id", _text()),
        _in_query("recipient", _PHONE),
    ],
    "responses": _answers("200", "What is known.", "Message", *_ALWAYS, "404"),
}
_CHECK = {
    "operationId": "checkNumbers",
    "summary": "Ask whether these numbers may be texted",
    "requestBody": _takes("Numbers"),
    "responses": _answers("200", "An answer each.", "Answers", *_ALWAYS, "413", "415", "422"),
}
_CHECK_ONE = {
    "operationId": "checkNumber",
    "summary": "Ask whether this number may be texted",
    "parameters": [
        _in_path("phone", _PHONE),
        _in_query("scope", _text("A brand.")),
        _in_query("sender", _text("The sender to text from, instead of its brand.")),
    ],
    "responses": _answers("200", "The answer.", "Answer", *_ALWAYS, "404", "422"),
}
_CONSENT = {
    "operationId": "recordConsent",
    "summary": "Opt a number out, or in again with evidence",
    "requestBody": _takes("ConsentTold"),
    "responses": _answers("200", "In force.", "Consent", *_ALWAYS, "409", "415", "422"),
}
_ENGAGEMENT = {
    "operationId": "tellEngagement",
    "summary": "Tell of clicks and replies",
    "requestBody": _takes("Engagement"),
    "responses": _answers("202", "Kept.", "EngagementKept", *_ALWAYS, "413", "415", "422"),
}
_CAMPAIGN = {
    "operationId": "getCampaign",
    "summary": "Ask for the figures of a campaign",
    "parameters": [_in_path("campaign_id", _text("Its id, or none: messages without one."))],
    "responses": _answers("200", "What is counted.", "Campaign", *_ALWAYS, "404", "422"),
}
_RULES = (
    *("nothing_against", "opted_in_again", "opted_out", "under_review", "not_a_number"),
    "restored",
)
_SCHEMAS: Schema = {
    "Problem": _object(type=_text(), title=_text(), status={"type": "integer"}, detail=_text()),
    "Messages": _closed(("messages",), messages=_list(_named("SentMessage"), maxItems=MOST)),
    "SentMessage": _closed(
        ("gateway", "message_id"),
        gateway=_GATEWAY,
        message_id=_text("The gateway's id of the message.", minLength=1, maxLength=255),
        recipient=_nullable(_PHONE),
        record=_nullable(_text("The Salesforce record that it was sent for.")),
        campaign=_nullable(_text("The Campaign that it was sent for.")),
        sent_at=_nullable(_MOMENT),
    ),
    "Engagement": _closed(("events",), events=_list(_named("EngagementEvent"), maxItems=MOST)),
    "EngagementEvent": _closed(
        ("kind", "id"),
        kind=_text(enum=list(KINDS)),
        id=_text("Yours: told again, it is the same.", minLength=1, maxLength=LONGEST_ID),
        at=_nullable(_MOMENT),
        gateway=_nullable(_text("The gateway that the message went by.")),
        message_id=_nullable(_text("The gateway's id of the message.", maxLength=255)),
        phone=_nullable(_PHONE),
    ),
    "EngagementKept": _object(("kept",), kept={"type": "integer"}),
    "Registered": _object(("registered",), registered={"type": "integer"}),
    "Message": _object(
        ("gateway", "message_id"),
        gateway=_text(),
        message_id=_text(),
        status=_nullable(_text("One of six words; null while no report came.")),
        status_at=_nullable(_MOMENT),
        reason=_nullable(_text("Why it did not arrive.")),
        error_code=_nullable(_text("The gateway's own code.")),
        overdue=_nullable(_text("soft: late; expired: given up by us.")),
        recipient=_nullable(_text()),
        campaign=_nullable(_text()),
        sent_at=_nullable(_MOMENT),
    ),
    "Numbers": _closed(
        ("numbers",),
        numbers=_list(_PHONE, maxItems=MOST_NUMBERS),
        scope=_nullable(_text("A brand; left out, all of them.", maxLength=64)),
        sender=_nullable(_text("The sender to text from, instead of its brand.", maxLength=64)),
    ),
    "Answers": _object(("results",), results=_list(_named("Answer"))),
    "Answer": _object(
        ("number", "sendable", "rule", "version"),
        number=_text("As it was asked for."),
        phone=_nullable(_text("In E.164; null for what is no number.")),
        sendable={"type": "boolean", "description": "Whether consent allows a message."},
        rule=_text(enum=list(_RULES)),
        since=_nullable(_MOMENT),
        source=_nullable(_text()),
        version={"type": "integer", "description": "What an opt-in has to name."},
        in_hours=_nullable({"type": "boolean", "description": "Whether it is a good time."}),
        hours_begin_at=_nullable(_MOMENT),
    ),
    "ConsentTold": _closed(
        ("phone", "kind"),
        phone=_PHONE,
        kind=_text(enum=["stop", "start"]),
        occurred_at=_nullable(_MOMENT),
        reason=_nullable(_text("Needed to opt in.", maxLength=500)),
        evidence=_nullable(_text("Where the proof is. Needed to opt in.", maxLength=500)),
        version=_nullable({"type": "integer", "description": "Needed to opt in."}),
        scope=_nullable(_text("A brand; left out, the whole organisation.", maxLength=64)),
    ),
    "Consent": _object(
        ("phone", "opted_out", "version"),
        phone=_text(),
        opted_out={"type": "boolean"},
        under_review={"type": "boolean"},
        since=_nullable(_MOMENT),
        source=_nullable(_text()),
        version={"type": "integer"},
    ),
}
