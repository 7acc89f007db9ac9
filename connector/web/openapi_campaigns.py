"""What `GET /api/campaigns/<id>` answers, described for programs."""

from typing import Any

from connector.domain.delivery import DeliveryStatus
from connector.pipeline.campaign_view import SPLITS


Schema = dict[str, Any]

_WHOLE: Schema = {"type": "integer"}
_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}


def _nullable(schema: Schema, description: str = "") -> Schema:
    told = {"description": description} if description else {}
    return {**schema, "nullable": True, **told}


def _object(needed: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "required": list(needed), "properties": properties}


def _list(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_SHARE = _nullable({"type": "number"}, "In a hundred; null without any.")
_SECONDS = _nullable(_WHOLE, "Seconds; null where no message is known to have arrived.")
_FIGURES: Schema = {
    "messages": _WHOLE,
    "statuses": _object((), **{each.value: _WHOLE for each in DeliveryStatus}),
    "delivery_rate": _SHARE,
    "settled": _WHOLE,
    "settled_rate": _SHARE,
    "reasons": _list("ReasonCount"),
    "top_reason": _nullable(_TEXT),
    "recommended_action": _nullable(_TEXT),
    "opt_outs": _WHOLE,
    "clicks": _WHOLE,
    "click_rate": _SHARE,
    "replies": _WHOLE,
    "reply_rate": _SHARE,
    "segments": _WHOLE,
    "costs": _list("Cost"),
    "no_report_share": _SHARE,
    "median_seconds": _SECONDS,
    "p95_seconds": _SECONDS,
}
SCHEMAS: Schema = {
    "Campaign": _object(
        ("campaign", "messages"),
        campaign=_TEXT,
        name=_nullable(_TEXT, "As Salesforce has it; null as long as it was not read."),
        health=_nullable({**_TEXT, "enum": ["Healthy", "Watch", "Critical", None]}),
        health_since=_nullable(_MOMENT),
        alert=_nullable(_TEXT, "What is wrong now."),
        alert_since=_nullable(_MOMENT),
        **_FIGURES,
        days=_list("Stretch"),
        hours=_list("Stretch"),
        splits=_object((), **{each.value.lower(): _list("Part") for each in SPLITS}),
    ),
    "Stretch": _object(("start", "messages"), start=_MOMENT, **_FIGURES),
    "Part": _object(("messages",), value=_nullable(_TEXT), **_FIGURES),
    "ReasonCount": _object(("reason", "messages"), reason=_TEXT, messages=_WHOLE),
    "Cost": _object(("currency", "amount"), currency=_TEXT, amount={"type": "number"}),
}
