"""Who sees and writes what: profiles, permission sets, field-level security, logins."""

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.emulator import ADMIN, INTEGRATION_USER, EmulatedOrg
from tests.emulator.conftest import HOST, Client
from tests.emulator.packages import EVENT, STAT, TEXT, field, package, problems


API_ONLY = "Minimum Access - API Only Integrations"
FIELDS = field("A__c") + field("Needed__c", TEXT + "<required>true</required>")


def grant(name, *, edit=True):
    return (
        f"<fieldPermissions><editable>{str(edit).lower()}</editable><field>{name}</field>"
        "<readable>true</readable></fieldPermissions>"
    )


def allow(name, *rights):
    words = {
        "Create": "allowCreate",
        "Delete": "allowDelete",
        "Edit": "allowEdit",
        "Read": "allowRead",
        "ModifyAll": "modifyAllRecords",
        "ViewAll": "viewAllRecords",
    }
    inner = "".join(f"<{tag}>{str(r in rights).lower()}</{tag}>" for r, tag in words.items())
    return f"<objectPermissions>{inner}<object>{name}</object></objectPermissions>"


def permission_set(*parts, label="Set"):
    return f"{''.join(parts)}<label>{label}</label>"


def named(client, sobject):
    answer = client.get(f"/sobjects/{sobject}/describe")
    return {f["name"]: f for f in answer.json()["fields"]} if answer.ok else {}


@pytest.fixture
def admin(org, session):
    session.headers["Authorization"] = f"Bearer {org.issue_token(ADMIN)}"
    return Client(session)


@pytest.fixture
def deployed(org):
    result = org.deploy(package(objects__Contact=FIELDS, objects__Stat__c=STAT + FIELDS))
    assert result.success
    return org


@pytest.fixture
def contact(deployed):
    return deployed.create("Contact", {"LastName": "Brook", "Needed__c": "x"})


@pytest.mark.usefixtures("deployed")
class TestFields:
    def test_nobody_sees_a_new_field_the_administrator_neither(self, admin):
        assert "A__c" not in named(admin, "Contact")
        assert admin.query("SELECT A__c FROM Contact").json()[0]["errorCode"] == "INVALID_FIELD"

    def test_required_fields_need_no_grant(self, client):
        assert named(client, "Contact")["Needed__c"]["updateable"]

    def test_a_permission_set_shows_it_to_those_who_have_it(self, org, client):
        org.deploy(package(permissionsets__Set=permission_set(grant("Contact.A__c"))))

        before = "A__c" in named(client, "Contact")
        org.assign("Set", INTEGRATION_USER)

        assert not before
        assert named(client, "Contact")["A__c"]["updateable"]

    def test_readable_is_not_editable(self, org, client, contact):
        org.deploy(
            package(permissionsets__Set=permission_set(grant("Contact.A__c", edit=False)))
        )
        org.assign("Set", INTEGRATION_USER)

        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"A__c": "x"})

        assert not named(client, "Contact")["A__c"]["updateable"]
        assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"

    def test_taking_the_set_away_hides_it_again(self, org, client):
        org.deploy(package(permissionsets__Set=permission_set(grant("Contact.A__c"))))
        org.assign("Set", INTEGRATION_USER)
        known = client.get("/sobjects/Contact/describe").headers["Last-Modified"]

        org.unassign("Set", INTEGRATION_USER)
        answer = client.get("/sobjects/Contact/describe", headers={"If-Modified-Since": known})

        assert answer.status_code == 200
        assert "A__c" not in {each["name"] for each in answer.json()["fields"]}

    def test_hiding_wins_over_a_grant(self, org, client):
        org.deploy(package(permissionsets__Set=permission_set(grant("Contact.A__c"))))
        org.assign("Set", INTEGRATION_USER)

        org.schema.hide("Contact", "A__c")

        assert "A__c" not in named(client, "Contact")

    def test_fields_made_in_python_are_for_all(self, client):
        assert named(client, "Contact")["SMS_Gateway__c"]["updateable"]

    def test_the_org_itself_writes_what_nobody_sees(self, org, contact):
        org.update("Contact", contact, {"A__c": "x"})

        assert org.record("Contact", contact)["A__c"] == "x"

    def test_a_file_keeps_the_grants(self, tmp_path, watch):
        org = EmulatedOrg(str(tmp_path / "org"), clock=watch)
        org.deploy(package(objects__Contact=FIELDS))
        org.close()

        again = EmulatedOrg(str(tmp_path / "org"), clock=watch)

        contact = again.schema.sobject("Contact")
        hidden = again.schema.field(contact, "A__c")
        assert hidden is not None
        assert not again.schema.visible(contact, hidden, again.users[ADMIN])
        again.close()


@pytest.mark.usefixtures("deployed")
class TestObjects:
    def test_administrators_see_a_new_object_and_others_do_not(self, org, session, admin):
        seen = admin.get("/sobjects/Stat__c/describe").status_code
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"

        assert seen == 200
        assert Client(session).get("/sobjects/Stat__c/describe").status_code == 404

    @pytest.mark.parametrize(
        "rights,statuses",
        [
            (("Read",), (400, 403, 403)),
            (("Read", "Create"), (201, 403, 403)),
            (("Read", "Create", "Edit"), (201, 204, 403)),
            (("Read", "Create", "Edit", "Delete"), (201, 204, 204)),
        ],
    )
    def test_each_right_is_needed_for_its_call(self, org, client, rights, statuses):
        made = org.create("Stat__c", {"Needed__c": "x"})
        org.deploy(package(permissionsets__Set=permission_set(allow("Stat__c", *rights))))
        org.assign("Set", INTEGRATION_USER)

        answers = [
            client.call("POST", "/sobjects/Stat__c", {"Needed__c": "x"}),
            client.call("PATCH", f"/sobjects/Stat__c/{made}", {"Needed__c": "y"}),
            client.call("DELETE", f"/sobjects/Stat__c/{made}"),
        ]

        described = client.get("/sobjects/Stat__c/describe").json()
        assert tuple(answer.status_code for answer in answers) == statuses
        assert [described[flag] for flag in ("createable", "updateable", "deletable")] == [
            status < 300 for status in statuses
        ]

    def test_a_bare_integration_profile_sees_no_contacts(self, org, client):
        org.use_profile(INTEGRATION_USER, API_ONLY)

        assert client.get("/sobjects/Contact/describe").status_code == 404
        assert client.query("SELECT Id FROM Campaign").json()[0]["errorCode"] == "INVALID_TYPE"

    def test_a_permission_set_opens_standard_objects_and_fields(self, org, client):
        org.use_profile(INTEGRATION_USER, API_ONLY)
        body = permission_set(
            grant("Contact.MobilePhone", edit=False),
            allow("Account", "Read"),
            allow("Contact", "Read", "Edit"),
        )
        org.deploy(package(permissionsets__Set=body))
        org.assign("Set", INTEGRATION_USER)

        fields = named(client, "Contact")

        assert fields["LastName"]["updateable"]
        assert not fields["MobilePhone"]["updateable"]
        assert "Phone" not in fields

    def test_members_follow_their_campaign(self, org, client):
        org.use_profile(INTEGRATION_USER, API_ONLY)
        before = client.get("/sobjects/CampaignMember/describe").status_code

        org.deploy(package(permissionsets__Set=permission_set(allow("Campaign", "Read"))))
        org.assign("Set", INTEGRATION_USER)

        member = client.get("/sobjects/CampaignMember/describe").json()
        status = client.get("/sobjects/CampaignMemberStatus/describe").json()
        assert before == 404
        assert (member["createable"], member["updateable"], member["deletable"]) == (
            True,
            True,
            False,
        )
        assert not status["createable"]


class TestPermissionSets:
    @pytest.mark.parametrize(
        "body,problem",
        [
            (
                grant("Contact.No__c"),
                "In field: field - no CustomField named Contact.No__c found",
            ),
            (grant("No__c.A__c"), "In field: field - no CustomObject named No__c found"),
            (
                grant("Contact.Needed__c"),
                "You cannot deploy to a required field: Contact.Needed__c",
            ),
            (
                grant("Contact.LastName"),
                "You cannot deploy to a required field: Contact.LastName",
            ),
            (grant("Contact.SMS_Recommended_Action__c"), "can not be editable"),
            (
                grant("Contact.A__c").replace("<readable>true", "<readable>false"),
                "Permission Edit Contact.A__c depends on permission(s): Read Contact.A__c",
            ),
            (
                grant("Stat__c.A__c"),
                "Permission Read Stat__c.A__c depends on permission(s): Read Stat__c",
            ),
            (allow("No__c", "Read"), "In field: object - no CustomObject named No__c found"),
            (
                allow("CampaignMember", "Read"),
                "In field: object - no CustomObject named CampaignMember found",
            ),
            (
                allow("Stat__c", "Create"),
                "Permission Create Stat__c depends on permission(s): Read Stat__c",
            ),
            (
                allow("Stat__c", "Read", "Edit", "ViewAll", "ModifyAll"),
                "Permission Modify All Stat__c depends on permission(s): Delete Stat__c",
            ),
            (
                allow("Contact", "Read"),
                "Permission Read Contact depends on permission(s): Read Account",
            ),
            (
                (
                    "<label>Set</label><tabSettings><tab>Stat__c</tab>"
                    "<visibility>Visible</visibility></tabSettings>"
                ),
                "In field: tab - no CustomTab named Stat__c found",
            ),
            (
                (
                    "<label>Set</label><userPermissions><enabled>true</enabled>"
                    "<name>FlyToTheMoon</name></userPermissions>"
                ),
                "Unknown user permission: FlyToTheMoon",
            ),
            (
                "<label>Set</label><license>Gold</license>",
                "In field: license - no UserLicense named Gold found",
            ),
            (grant("Contact.A__c") * 2, "Duplicate value specified for field: Contact.A__c"),
        ],
    )
    def test_every_grant_is_checked(self, deployed, body, problem):
        whole = body if "<label>" in body else permission_set(body)

        result = deployed.deploy(package(permissionsets__Set=whole))

        assert [(kind, problem in text) for kind, _, text in problems(result)] == [
            ("PermissionSet", True)
        ]

    def test_it_becomes_rows(self, deployed, admin):
        deployed.deploy(
            package(
                permissionsets__Set=permission_set(grant("Stat__c.A__c"), label="My set")
                + allow("Stat__c", "Read")
            )
        )

        sets = admin.query(
            "SELECT Id, Label, IsOwnedByProfile FROM PermissionSet WHERE Name = 'Set'"
        ).json()["records"]
        fields = admin.query(
            "SELECT Field, PermissionsEdit, Parent.Name FROM FieldPermissions"
            " WHERE SobjectType = 'Stat__c'"
        ).json()["records"]
        objects = admin.query(
            "SELECT PermissionsRead, PermissionsEdit FROM ObjectPermissions"
            " WHERE SobjectType = 'Stat__c'"
        ).json()["records"]
        assert (sets[0]["Label"], sets[0]["IsOwnedByProfile"]) == ("My set", False)
        assert fields[0]["Field"] == "Stat__c.A__c"
        assert fields[0]["Parent"]["Name"] == "Set"
        assert (objects[0]["PermissionsRead"], objects[0]["PermissionsEdit"]) == (True, False)

    def test_from_version_40_a_file_replaces_the_set(self, deployed):
        both = permission_set(grant("Contact.A__c"), grant("Contact.SMS_Gateway__c"))
        one = permission_set(grant("Contact.SMS_Gateway__c"))

        deployed.deploy(package(permissionsets__Set=both))
        deployed.deploy(package("39.0", permissionsets__Set=one))
        merged = granted(deployed)
        deployed.deploy(package(permissionsets__Set=both))
        deployed.deploy(package(permissionsets__Set=one))

        assert merged == {"Contact.A__c", "Contact.SMS_Gateway__c"}
        assert granted(deployed) == {"Contact.SMS_Gateway__c"}

    def test_events_are_read_and_created_only(self, org):
        org.deploy(package(objects__Alert__e=EVENT))

        taken = org.deploy(
            package(permissionsets__Set=permission_set(allow("Alert__e", "Read", "Create")))
        )
        refused = org.deploy(
            package(permissionsets__Set=permission_set(allow("Alert__e", "Read", "Edit")))
        )

        assert taken.success
        assert "not available for platform events" in problems(refused)[0][2]


def granted(org):
    own = {r["Id"] for r in org.records("PermissionSet") if r["Name"] == "Set"}
    return {r["Field"] for r in org.records("FieldPermissions") if r["ParentId"] in own}


class TestAssignments:
    @pytest.fixture
    def ids(self, deployed):
        deployed.deploy(package(permissionsets__Set=permission_set(grant("Contact.A__c"))))
        chosen = next(r["Id"] for r in deployed.records("PermissionSet") if r["Name"] == "Set")
        return {"PermissionSetId": chosen, "AssigneeId": deployed.users[INTEGRATION_USER]}

    def test_over_rest_once(self, admin, ids):
        first = admin.call("POST", "/sobjects/PermissionSetAssignment", ids)
        second = admin.call("POST", "/sobjects/PermissionSetAssignment", ids)

        assert first.status_code == 201
        assert first.json()["id"].startswith("0Pa")
        assert (second.status_code, second.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")

    def test_taken_away_it_is_gone(self, org, admin, ids):
        made = admin.call("POST", "/sobjects/PermissionSetAssignment", ids).json()["id"]

        answer = admin.call("DELETE", f"/sobjects/PermissionSetAssignment/{made}")

        assert answer.status_code == 204
        assert org.record("PermissionSetAssignment", made) == {}

    def test_not_by_everybody(self, client, ids):
        answer = client.call("POST", "/sobjects/PermissionSetAssignment", ids)

        assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"

    def test_a_set_of_another_licence_does_not_fit(self, org, admin):
        body = "<label>Set</label><license>Salesforce Integration</license>"
        org.deploy(package(permissionsets__Set=body))
        chosen = next(r["Id"] for r in org.records("PermissionSet") if r["Name"] == "Set")

        answer = admin.call(
            "POST",
            "/sobjects/PermissionSetAssignment",
            {"PermissionSetId": chosen, "AssigneeId": org.users[ADMIN]},
        )

        assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"

    def test_a_users_sets_can_be_asked_for(self, admin):
        rows = admin.query(
            "SELECT PermissionSet.IsOwnedByProfile, PermissionSet.Profile.Name FROM"
            " PermissionSetAssignment WHERE Assignee.Username = 'integration@example.com'"
        ).json()["records"]

        assert rows[0]["PermissionSet"]["IsOwnedByProfile"]
        assert rows[0]["PermissionSet"]["Profile"]["Name"] == "Standard User"


class TestGrants:
    @pytest.fixture
    def parent(self, deployed):
        deployed.deploy(package(permissionsets__Set="<label>Set</label>"))
        return next(r["Id"] for r in deployed.records("PermissionSet") if r["Name"] == "Set")

    def test_a_field_is_granted_over_rest(self, org, admin, parent):
        fields = {
            "ParentId": parent,
            "SobjectType": "Contact",
            "Field": "Contact.A__c",
            "PermissionsRead": True,
        }
        user = org.users[INTEGRATION_USER]

        first = admin.call("POST", "/sobjects/FieldPermissions", fields)
        again = admin.call("POST", "/sobjects/FieldPermissions", fields)
        org.assign("Set", INTEGRATION_USER)

        assert first.status_code == 201
        assert again.json()[0]["errorCode"] == "DUPLICATE_VALUE"
        assert org.schema.permissions.reads(user, "Contact", "A__c")
        assert not org.schema.permissions.edits(user, "Contact", "A__c")

    @pytest.mark.parametrize(
        "sobject,fields,code",
        [
            (
                "FieldPermissions",
                {"SobjectType": "Contact", "Field": "Contact.No__c", "PermissionsRead": True},
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ),
            (
                "FieldPermissions",
                {"SobjectType": "Contact", "Field": "Contact.A__c", "PermissionsEdit": True},
                "FIELD_INTEGRITY_EXCEPTION",
            ),
            (
                "ObjectPermissions",
                {"SobjectType": "No__c", "PermissionsRead": True},
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ),
            (
                "ObjectPermissions",
                {"SobjectType": "Stat__c", "PermissionsEdit": True},
                "FIELD_INTEGRITY_EXCEPTION",
            ),
        ],
    )
    def test_what_cannot_be_granted_is_refused(self, admin, parent, sobject, fields, code):
        answer = admin.call("POST", f"/sobjects/{sobject}", {"ParentId": parent, **fields})

        assert answer.json()[0]["errorCode"] == code


class TestUsers:
    def test_a_user_made_over_rest_has_what_its_profile_gives(self, org, admin):
        profile = next(r["Id"] for r in org.records("Profile") if r["Name"] == "Read Only")
        fields = {
            "Username": "reader@example.com",
            "LastName": "Reader",
            "Email": "reader@example.com",
            "Alias": "reader",
            "ProfileId": profile,
        }

        made = admin.call("POST", "/sobjects/User", fields).json()["id"]

        assert org.schema.permissions.may(made, "Contact", "Read")
        assert not org.schema.permissions.may(made, "Contact", "Edit")
        assert org.may_log_in(made)

    def test_another_profile_takes_the_place_of_the_first(self, org, admin):
        profile = next(r["Id"] for r in org.records("Profile") if r["Name"] == API_ONLY)
        user = org.users[INTEGRATION_USER]

        answer = admin.call("PATCH", f"/sobjects/User/{user}", {"ProfileId": profile})

        assert answer.status_code == 204
        assert not org.schema.permissions.may(user, "Contact", "Read")
        assert org.schema.permissions.has(user, "ApiUserOnly")


class TestLogins:
    KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)

    def log_in(self, org, session):
        pem = self.KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        org.register_app("key", pem.decode())
        claims = {
            "iss": "key",
            "sub": INTEGRATION_USER,
            "aud": "https://login.salesforce.com",
            "exp": int(org.clock().timestamp()) + 180,
        }
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt.encode(claims, self.KEY, algorithm="RS256"),
        }
        return session.post(f"{HOST}/services/oauth2/token", data=form)

    @pytest.mark.parametrize("act", ["freeze", "deactivate"])
    def test_a_frozen_or_inactive_user_does_not_get_in(self, org, client, session, act):
        before = self.log_in(org, session).status_code

        getattr(org, act)(INTEGRATION_USER)

        assert before == 200
        assert self.log_in(org, session).json()["error"] == "inactive_user"
        assert client.get("/limits").status_code == 401

    def test_a_user_comes_back(self, org, client):
        org.freeze(INTEGRATION_USER)
        org.unfreeze(INTEGRATION_USER)

        assert client.get("/limits").status_code == 200

    def test_frozen_shows_in_user_login(self, org, admin):
        org.freeze(INTEGRATION_USER)

        rows = admin.query("SELECT UserId, IsFrozen FROM UserLogin").json()["records"]

        frozen = {row["UserId"]: row["IsFrozen"] for row in rows}
        assert frozen == {org.users[INTEGRATION_USER]: True, org.users[ADMIN]: False}

    def test_without_api_enabled_no_call_is_taken(self, org, client):
        org.permit("Standard User", "ApiEnabled", on=False)

        answer = client.get("/limits")

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (
            403,
            "API_DISABLED_FOR_ORG",
        )

    def test_a_permission_set_may_bring_it_back(self, org, client):
        org.use_profile(INTEGRATION_USER, "Minimum Access - Salesforce")
        body = (
            "<label>Set</label><userPermissions><enabled>true</enabled>"
            "<name>ApiEnabled</name></userPermissions>"
        )
        org.deploy(package(permissionsets__Set=body))
        before = client.get("/sobjects").status_code

        org.assign("Set", INTEGRATION_USER)

        assert (before, client.get("/sobjects").status_code) == (403, 200)
