"""
The schema of the Metadata API, from the WSDL that simple-salesforce carries.

A file of metadata is one of the schema's types as the root of a document: strict validation
finds unknown elements, wrong order, wrong values of enumerations and wrong types.
"""

import functools
import importlib.util
import re
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped] # ships no types


_SCHEMA = re.compile(r"<xsd:schema .*?</xsd:schema>", re.DOTALL)
_TYPE = re.compile(r'<xsd:complexType name="(\w+)">')
_NAMESPACES = (
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:tns="http://soap.sforce.com/2006/04/metadata"'
)


def problems(xml: str) -> list[str]:
    """What is wrong with a file of metadata, each with its line; nothing where it is valid."""
    try:
        document = etree.fromstring(xml.encode())
    except etree.XMLSyntaxError as error:
        return [str(error)]
    schema = _schema()
    if schema.validate(document):
        return []
    return [f"line {each.line}: {each.message}" for each in schema.error_log]


@functools.cache
def wsdl() -> str:
    found = importlib.util.find_spec("simple_salesforce")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "metadata.wsdl").read_text("utf-8")


@functools.cache
def _schema() -> etree.XMLSchema:
    """The types of the WSDL, each of which may be the root of a document."""
    found = _SCHEMA.search(wsdl())
    assert found is not None
    text = found.group()
    declared = set(re.findall(r'^   <xsd:element name="(\w+)"', text, flags=re.MULTILINE))
    roots = "".join(
        f'<xsd:element name="{name}" type="tns:{name}"/>'
        for name in sorted(set(_TYPE.findall(text)) - declared)
    )
    text = text.replace("<xsd:schema ", f"<xsd:schema {_NAMESPACES} ", 1)
    return etree.XMLSchema(
        etree.fromstring(text.replace("</xsd:schema>", roots + "</xsd:schema>"))
    )
