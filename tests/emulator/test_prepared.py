"""An org in a folder, ready for a client."""

import contextlib
import stat

from connector.emulator import INTEGRATION_USER
from connector.emulator.prepared import CONSUMER_KEY, open_prepared
from tests.support.sms_org import package


def test_has_fields_people_and_an_app_with_its_key(tmp_path, watch):
    prepared = open_prepared(tmp_path / "org", watch, package(), contacts=5, leads=2)

    with contextlib.closing(prepared.org) as org:
        assert (org.count("Contact"), org.count("Lead")) == (5, 2)
        assert org.schema.field(org.schema.sobject("Lead"), "SMS_Delivery_Status__c")
        app = org.auth.app(CONSUMER_KEY)
        assert app
        assert app.usernames == (INTEGRATION_USER,)
        assert app.public_key_pem.startswith("-----BEGIN PUBLIC KEY-----")
        assert stat.S_IMODE(prepared.key_file.stat().st_mode) == 0o600


def test_opening_it_again_keeps_records_and_key(tmp_path, watch):
    first = open_prepared(tmp_path, watch, package(), contacts=1, leads=1)
    (contact,) = first.org.records("Contact")
    key = first.key_file.read_bytes()
    first.org.update("Contact", str(contact["Id"]), {"LastName": "Changed"})
    first.org.close()

    again = open_prepared(tmp_path, watch, package(), contacts=1, leads=1)

    with contextlib.closing(again.org) as org:
        assert [each["LastName"] for each in org.records("Contact")] == ["Changed"]
        assert again.key_file.read_bytes() == key
