"""Metadata as XML."""

import xml.etree.ElementTree as ET

import pytest

from connector.footprint.component import Body, Component
from connector.footprint.xml import to_xml


def test_elements_stand_in_the_order_of_the_body():
    body: Body = {
        "columns": ["NAME", "Health__c"],
        "filters": {"field": "Health__c", "value": "Critical"},
        "label": "Critical",
    }

    text = to_xml("ListView", body, "Critical")

    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListView xmlns="http://soap.sforce.com/2006/04/metadata">\n'
        "    <fullName>Critical</fullName>\n"
        "    <columns>NAME</columns>\n"
        "    <columns>Health__c</columns>\n"
        "    <filters>\n"
        "        <field>Health__c</field>\n"
        "        <value>Critical</value>\n"
        "    </filters>\n"
        "    <label>Critical</label>\n"
        "</ListView>\n"
    )


@pytest.mark.parametrize(
    "value,written",
    [(True, "true"), (False, "false"), (0, "0"), (66.5, "66.5"), ("", None), ({}, None)],
)
def test_values_are_written_as_xml_schema_wants_them(value, written):
    root = ET.fromstring(to_xml("X", {"a": value}))  # noqa: S314 (our own text)

    assert root[0].text == written


def test_an_empty_sequence_is_no_element():
    assert "<a" not in to_xml("X", {"a": []})


def test_texts_come_back_as_they_were():
    text = "IF(a < 1 && b > 2, \"it's\", '</x>') ünï 📱"

    root = ET.fromstring(to_xml("X", {"a": text}))  # noqa: S314 (our own text)

    assert root[0].text == text


@pytest.mark.parametrize("body", [{"a": "\x00"}, {"a": "\ud800"}, {"a b": ""}, {"a/": ""}])
def test_what_xml_cannot_hold_is_refused(body):
    with pytest.raises(ValueError, match=r"XML cannot hold|no name"):
        to_xml("X", body)


def test_sequences_within_sequences_are_refused():
    with pytest.raises(TypeError, match="a: a sequence"):
        to_xml("X", {"a": [["b"]]})


@pytest.mark.parametrize(
    "name,parent,own",
    [
        ("Contact.SMS_Opt_Out__c", "Contact", "SMS_Opt_Out__c"),
        ("SMS/Delivery_by_Campaign", "SMS", "Delivery_by_Campaign"),
        ("SMS_Connector", "", "SMS_Connector"),
    ],
)
def test_a_component_knows_what_it_belongs_to(name, parent, own):
    component = Component(kind="X", name=name, body={})

    assert (component.parent, component.own_name) == (parent, own)
