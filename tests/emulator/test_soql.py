"""Queries: what they find, how they page, how they are refused."""

import pytest

from connector.emulator import seed_campaign


@pytest.fixture
def people(org):
    account = org.create("Account", {"Name": "Example Ltd"})
    names = {
        "Abbott": {"FirstName": "Ada", "AccountId": account, "SMS_Opt_Out__c": True},
        "Brook": {"FirstName": "Ben", "MobilePhone": "+12015550101"},
        "Castle": {"FirstName": "Chloe", "SMS_Consecutive_Failures__c": 3},
        "O'Neil": {"Title": "50% off_er", "Birthdate": "1990-05-01"},
    }
    return {
        name: org.create("Contact", {"LastName": name, **more}) for name, more in names.items()
    }


@pytest.mark.parametrize(
    "where,found",
    [
        ("LastName = 'abbott'", ["Abbott"]),
        ("LastName != 'Abbott'", ["Brook", "Castle", "O'Neil"]),
        ("MobilePhone != '+12015550101'", ["Abbott", "Castle", "O'Neil"]),
        ("MobilePhone = null", ["Abbott", "Castle", "O'Neil"]),
        ("MobilePhone <> NULL", ["Brook"]),
        ("SMS_Opt_Out__c = true", ["Abbott"]),
        ("SMS_Opt_Out__c != TRUE", ["Brook", "Castle", "O'Neil"]),
        ("SMS_Consecutive_Failures__c >= 2.5", ["Castle"]),
        ("LastName LIKE 'a%'", ["Abbott"]),
        ("LastName LIKE '_rook'", ["Brook"]),
        (r"Title LIKE '50\% off\_%'", ["O'Neil"]),
        (r"LastName = 'O\'Neil'", ["O'Neil"]),
        ("LastName IN ('Abbott', 'Brook')", ["Abbott", "Brook"]),
        ("LastName NOT IN ('Abbott', 'Brook')", ["Castle", "O'Neil"]),
        ("MobilePhone IN (null, '+12015550101')", ["Abbott", "Brook", "Castle", "O'Neil"]),
        ("NOT LastName = 'Abbott'", ["Brook", "Castle", "O'Neil"]),
        ("(NOT FirstName = 'Ada')", ["Brook", "Castle", "O'Neil"]),
        ("LastName = 'Abbott' OR LastName = 'Brook'", ["Abbott", "Brook"]),
        (
            "FirstName != null AND (SMS_Opt_Out__c = true OR LastName = 'Castle')",
            ["Abbott", "Castle"],
        ),
        ("Account.Name = 'Example Ltd'", ["Abbott"]),
        ("Account.Owner.Username LIKE 'admin%'", ["Abbott"]),
        ("Birthdate < 2000-01-01", ["O'Neil"]),
        (
            "CreatedDate = TODAY AND CreatedDate = LAST_N_DAYS:3",
            ["Abbott", "Brook", "Castle", "O'Neil"],
        ),
        ("CreatedDate > TODAY", []),
        (
            "SystemModstamp >= 2026-11-23T11:00:00+01:00",
            ["Abbott", "Brook", "Castle", "O'Neil"],
        ),
        ("AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'Ex%')", ["Abbott"]),
        ("c.LastName = 'Brook'", ["Brook"]),
        ("Contact.LastName = 'Brook'", ["Brook"]),
    ],
)
@pytest.mark.usefixtures("people")
def test_finds_what_the_filter_says(client, where, found):
    answer = client.query(
        f"SELECT LastName FROM Contact c WHERE {where} ORDER BY LastName"  # noqa: S608 - SOQL
    ).json()

    assert [record["LastName"] for record in answer["records"]] == found
    assert (answer["totalSize"], answer["done"]) == (len(found), True)


@pytest.mark.parametrize(
    "soql,code",
    [
        ("SELECT Nope FROM Contact", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM Contact WHERE Nope = 1", "INVALID_FIELD"),
        ("SELECT Id FORM Contact", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact LIMIT x", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Contact WHERE LastName = 'a' AND Id = null OR Id = null",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Contact WHERE LastName = 'a", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Contact WHERE LastName = '\q'", "MALFORMED_QUERY"),
        ("SELECT Id, id FROM Contact", "MALFORMED_QUERY"),
        ("SELECT LastName, COUNT(Id) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE SMS_Opt_Out__c = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Contact WHERE Id LIKE '003%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("", "MALFORMED_QUERY"),
        ("x" * 12_000, "MALFORMED_QUERY"),
    ],
)
def test_is_refused_with_the_documented_code(client, soql, code):
    answer = client.query(soql)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    "soql",
    ["SELECT Id, (SELECT Id FROM Contacts) FROM Account", "SELECT toLabel(Status) FROM Lead"],
)
def test_says_aloud_what_it_cannot_do(client, soql):
    answer = client.query(soql)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (501, "NOT_EMULATED")


@pytest.mark.usefixtures("people")
def test_shows_parents_as_records_and_missing_ones_as_null(client):
    names = "LastName, Account.Name, Account.Owner.Name"
    soql = f"SELECT {names} FROM Contact ORDER BY LastName LIMIT 2"  # noqa: S608 - SOQL
    abbott, brook = client.query(soql).json()["records"]

    assert abbott["Account"]["Name"] == "Example Ltd"
    assert abbott["Account"]["Owner"]["Name"] == "Admin"
    assert abbott["Account"]["attributes"]["url"].startswith(
        "/services/data/v66.0/sobjects/Account/001"
    )
    assert brook["Account"] is None


@pytest.mark.usefixtures("people")
def test_names_are_shown_as_the_schema_has_them(client):
    record = client.query("select ID, lastname from CONTACT limit 1").json()["records"][0]

    assert list(record) == ["attributes", "Id", "LastName"]


@pytest.mark.usefixtures("people")
def test_sorts_with_empty_values_first_unless_told(client):
    def phones(order):
        soql = f"SELECT MobilePhone FROM Contact ORDER BY {order}"  # noqa: S608 - SOQL
        return [record["MobilePhone"] for record in client.query(soql).json()["records"]]

    assert (
        phones("MobilePhone")[-1] == phones("MobilePhone DESC NULLS LAST")[0] == "+12015550101"
    )
    assert phones("MobilePhone DESC")[-1] == "+12015550101"


@pytest.mark.usefixtures("people")
def test_counts_and_groups(client, org):
    org.create("Contact", {"LastName": "Abbott"})

    count = client.query("SELECT COUNT() FROM Contact").json()
    grouped = client.query(
        "SELECT LastName, COUNT(Id) n, MAX(CreatedDate) FROM Contact"
        " GROUP BY LastName ORDER BY LastName"
    ).json()["records"]

    assert count == {"totalSize": 5, "done": True, "records": []}
    assert (grouped[0]["LastName"], grouped[0]["n"]) == ("Abbott", 2)
    assert grouped[0]["expr0"] == "2026-11-23T10:00:00.000+0000"


def test_pages_by_the_size_asked_for(client, org):
    org.create_many("Contact", [{"LastName": f"N{n}"} for n in range(450)])
    headers = {"Sforce-Query-Options": "batchSize=200"}
    first = client.query("SELECT Id FROM Contact ORDER BY Id", headers=headers).json()
    seen, page = list(first["records"]), first
    while not page["done"]:
        page = client.session.get(
            "https://acme.my.salesforce.com" + page["nextRecordsUrl"]
        ).json()
        seen += page["records"]

    assert len(first["records"]) == 200
    assert first["nextRecordsUrl"].startswith("/services/data/v66.0/query/01g")
    assert len({record["Id"] for record in seen}) == first["totalSize"] == 450


def test_a_page_is_of_the_moment_of_the_query(client, org):
    ids = org.create_many("Contact", [{"LastName": f"N{n}"} for n in range(3)])
    org.queries.page_size = 2
    first = client.query("SELECT Id FROM Contact ORDER BY Id").json()
    org.delete("Contact", ids[2])

    rest = client.session.get("https://acme.my.salesforce.com" + first["nextRecordsUrl"]).json()

    assert [record["Id"] for record in rest["records"]] == [ids[2]]


def test_an_unknown_cursor_is_refused(client):
    answer = client.get("/query/01gxx000000000000A-2000")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_old_cursors_are_forgotten(client, org):
    org.create_many("Contact", [{"LastName": "N"} for _ in range(3)])
    org.queries.page_size = 2
    first = client.query("SELECT Id FROM Contact").json()["nextRecordsUrl"]
    for _ in range(20):
        client.query("SELECT Id FROM Contact")

    answer = client.session.get("https://acme.my.salesforce.com" + first)

    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_query_all_sees_the_recycle_bin(client, org, contact):
    org.delete("Contact", contact)
    soql = "SELECT Id, IsDeleted, MasterRecordId FROM Contact"

    assert client.query(soql).json()["totalSize"] == 0
    assert client.query(soql, "/queryAll").json()["records"][0]["IsDeleted"] is True


def test_hidden_fields_do_not_exist_for_the_user(client, org, contact):
    org.schema.hide("Contact", "MobilePhone")

    answer = client.query("SELECT MobilePhone FROM Contact")

    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    assert "MobilePhone" not in client.get(f"/sobjects/Contact/{contact}").json()


def test_formula_fields_are_computed(client, org, contact):
    org.update("Contact", contact, {"SMS_Failure_Reason__c": "landline"})
    name = "SMS_Recommended_Action__c"
    soql = f"SELECT {name} FROM Contact WHERE {name} LIKE 'Ask%'"  # noqa: S608 - SOQL

    record = client.query(soql).json()["records"][0]

    assert record["SMS_Recommended_Action__c"].startswith("Ask for a mobile number")


def test_tells_the_columns_of_a_query(client):
    answer = client.get(
        "/query", params={"q": "SELECT Id, Name FROM Contact", "columns": "true"}
    )

    assert answer.json()["entityName"] == "Contact"
    assert [each["columnName"] for each in answer.json()["columnMetadata"]] == ["Id", "Name"]


def test_columns_of_a_parent_stand_inside_it(client):
    soql = "SELECT Id, Account.Name, Account.Owner.Email, Account.Id FROM Contact"
    answer = client.get("/query", params={"q": soql, "columns": "true"})

    own, account = answer.json()["columnMetadata"]
    name, owner, account_id = account["joinColumns"]
    assert (own["columnName"], own["joinColumns"]) == ("Id", [])
    assert (account["columnName"], account["aggregate"]) == ("Account", False)
    assert [each["columnName"] for each in (name, owner, account_id)] == ["Name", "Owner", "Id"]
    assert [each["columnName"] for each in owner["joinColumns"]] == ["Email"]


def test_keyset_paging_reaches_every_record(client, org, watch):
    for _ in range(3):
        org.create_many("Contact", [{"LastName": f"N{n}"} for n in range(70)])
        watch.move(seconds=1)
    soql = "SELECT Id, SystemModstamp FROM Contact {} ORDER BY SystemModstamp, Id LIMIT 50"
    where, seen = "", []
    while records := client.query(soql.format(where)).json()["records"]:
        seen += [record["Id"] for record in records]
        stamp = records[-1]["SystemModstamp"].replace("+0000", "Z")
        where = (
            f"WHERE SystemModstamp > {stamp}"
            f" OR (SystemModstamp = {stamp} AND Id > '{seen[-1]}')"
        )

    assert len(seen) == len(set(seen)) == 210


def test_joins_campaign_members_to_both_kinds_of_people(client, org, contact):
    lead = org.create("Lead", {"LastName": "Dunn", "Company": "X"})
    seed_campaign(org, "Autumn", [contact, lead])
    soql = (
        "SELECT Campaign.Name, Contact.LastName, Lead.LastName FROM CampaignMember ORDER BY Id"
    )

    first, second = client.query(soql).json()["records"]

    assert (first["Contact"]["LastName"], first["Lead"]) == ("Brook", None)
    assert (second["Lead"]["LastName"], second["Campaign"]["Name"]) == ("Dunn", "Autumn")


class TestCampaignMembers:
    """Which a user sees, and what may be asked of their campaigns."""

    @pytest.fixture
    def members(self, org):
        alex = org.create("Contact", {"LastName": "Abbott"})
        kim = org.create("Lead", {"LastName": "Brook", "Company": "Example Ltd"})
        gone = org.create("Lead", {"LastName": "Castle", "Company": "Example Ltd"})
        seed_campaign(org, "Spring", [alex, kim, gone])
        org.convert_lead(gone, contact=org.create("Contact", {"LastName": "Castle"}))
        return {"alex": alex, "kim": kim, "gone": gone}

    def found(self, client, members, where=""):
        soql = f"SELECT ContactId, LeadId FROM CampaignMember{where}"  # noqa: S608 - SOQL
        records = client.query(soql).json()["records"]
        people = {each[field] for each in records for field in ("ContactId", "LeadId")}
        return {name for name, person in members.items() if person in people}

    @pytest.mark.parametrize(
        "hidden, seen",
        [
            ("", {"alex", "kim", "gone"}),
            ("Lead", {"alex", "gone"}),
            ("Contact", {"kim"}),
        ],
    )
    def test_are_seen_by_whoever_sees_their_person(self, client, org, members, hidden, seen):
        if hidden:
            org.schema.hide(hidden)

        assert self.found(client, members) == seen

    @pytest.mark.parametrize(
        "where, found",
        [
            ("Campaign.IsActive = true", True),
            ("Campaign.EndDate != null", False),
            ("Campaign.EndDate = null AND CreatedDate <= 2026-11-23T23:59:59Z", True),
            ("CreatedDate < 2026-11-23T00:00:00Z", False),
            ("Campaign.StartDate <= 2026-11-23", False),
        ],
    )
    def test_are_found_by_their_campaign(self, client, members, where, found):
        assert bool(self.found(client, members, f" WHERE {where}")) is found

    @pytest.mark.parametrize(
        "where",
        [
            "Campaign.EndDate = 2026-11-23T00:00:00Z",
            "Campaign.IsActive = 'true'",
            "Campaign.Ended = true",
            "CreatedDate <= '2026-11-23'",
            "IsActive = true",
        ],
    )
    def test_are_refused_what_does_not_fit(self, client, where):
        soql = f"SELECT Id FROM CampaignMember WHERE {where}"  # noqa: S608 - SOQL

        assert client.query(soql).json()[0]["errorCode"] == "INVALID_FIELD"

    def test_tell_no_field_of_the_campaign_that_is_hidden(self, client, org, members):
        assert members
        org.schema.hide("Campaign", "EndDate")
        soql = "SELECT Campaign.EndDate FROM CampaignMember"

        assert client.query(soql).json()[0]["errorCode"] == "INVALID_FIELD"
