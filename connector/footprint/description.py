"""The whole footprint: what is in the org, and the metadata that brings it there."""

import dataclasses
from collections.abc import Iterable, Iterator

from connector.footprint import apps
from connector.footprint.campaign_stat import (
    CAMPAIGN_STAT,
    campaign_stat_fields,
    campaign_stat_sections,
)
from connector.footprint.component import Component
from connector.footprint.event import DELIVERY_EVENT, event_fields
from connector.footprint.fields import FieldSpec
from connector.footprint.flows import flows
from connector.footprint.list_views import list_views
from connector.footprint.message import MESSAGE, message_fields, message_sections
from connector.footprint.objects import ObjectSpec
from connector.footprint.parts import DEFAULT_PARTS, PARTS, chosen
from connector.footprint.people import person_fields
from connector.footprint.permission_sets import (
    CONNECTOR,
    VIEWER,
    PermissionSetSpec,
    permission_sets,
)
from connector.footprint.report_types import report_types
from connector.footprint.reports import reports


_OBJECTS = (CAMPAIGN_STAT, MESSAGE, DELIVERY_EVENT)
#: Those that people open, with what their pages show.
_PAGES = ((CAMPAIGN_STAT, campaign_stat_sections()), (MESSAGE, message_sections()))
_FIELDS = (
    *person_fields(),
    *campaign_stat_fields(),
    *message_fields(),
    *event_fields(),
)
_PERMISSION_SETS = permission_sets(_OBJECTS, _FIELDS)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """
    What an org has with these parts.

    `permission_set` is the one that the integration user cannot do without and `viewer` the
    one for people; `for_connector` and `for_people` name all to assign, those of the parts
    included.
    """

    parts: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    objects: tuple[ObjectSpec, ...]
    permission_sets: tuple[PermissionSetSpec, ...]
    permission_set: str = CONNECTOR
    viewer: str = VIEWER

    @property
    def for_connector(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.permission_sets if each.for_connector)

    @property
    def for_people(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.permission_sets if not each.for_connector)

    def fields_of(self, name: str) -> tuple[FieldSpec, ...]:
        """Those of one object, ours or a standard one."""
        return tuple(each for each in self.fields if each.object == name)

    def components(self) -> tuple[Component, ...]:
        """All metadata; what is needed comes before what needs it."""
        return tuple(each for each in _all_components() if each.part in self.parts)

    def by_part(self) -> dict[str, tuple[Component, ...]]:
        """
        The metadata of each part, in the order of deployment.

        Deployed one by one, a report or flow that an org refuses leaves the fields in place.
        """
        components = self.components()
        return {
            part: tuple(each for each in components if each.part == part) for part in self.parts
        }


def footprint(parts: Iterable[str] = DEFAULT_PARTS) -> Footprint:
    """The core is always in it; ValueError names a part that there is not."""
    wanted = chosen(parts)
    return Footprint(
        parts=wanted,
        fields=tuple(each for each in _FIELDS if each.part in wanted),
        objects=tuple(each for each in _OBJECTS if each.part in wanted),
        permission_sets=tuple(each for each in _PERMISSION_SETS if each.part in wanted),
    )


def everything() -> Footprint:
    """All parts, as the project for the sf CLI has them."""
    return footprint(PARTS)


def _all_components() -> Iterator[Component]:
    yield from (each.component() for each in _OBJECTS)
    yield from (each.component() for each in _FIELDS)
    for spec, sections in _PAGES:
        yield apps.tab(spec)
        yield apps.layout(spec, sections)
    yield apps.application()
    yield from list_views()
    yield from report_types()
    yield from reports()
    yield from flows()
    yield from (each.component() for each in _PERMISSION_SETS)
