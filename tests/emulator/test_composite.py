"""Several calls in one: references, rollback, limits."""

V = "/services/data/v66.0"


def part(name, method, path, body=None):
    return {"referenceId": name, "method": method, "url": V + path, "body": body}


def send(client, *parts, **options):
    return client.call("POST", "/composite", {"compositeRequest": list(parts), **options})


def test_later_calls_use_what_earlier_ones_answered(client, org):
    answer = send(
        client,
        part("account", "POST", "/sobjects/Account", {"Name": "Example Ltd"}),
        part(
            "contact",
            "POST",
            "/sobjects/Contact",
            {"LastName": "X", "AccountId": "@{account.id}"},
        ),
        part("found", "GET", "/query?q=SELECT+Id,Name+FROM+Account"),
        part(
            "again",
            "PATCH",
            "/sobjects/Contact/@{contact.id}",
            {"Title": "@{found.records[0].Name}"},
        ),
    )

    parts = answer.json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in parts] == [201, 201, 200, 204]
    assert [each["referenceId"] for each in parts] == ["account", "contact", "found", "again"]
    record = org.record("Contact", parts[1]["body"]["id"])
    assert (record["AccountId"], record["Title"]) == (parts[0]["body"]["id"], "Example Ltd")
    assert org.calls["POST /composite"] == sum(org.calls.values()) == 1


def test_without_all_or_none_the_others_stay(client, org):
    answer = send(
        client,
        part("good", "POST", "/sobjects/Account", {"Name": "Example Ltd"}),
        part("bad", "POST", "/sobjects/Account", {"Nope": 1}),
        part("lost", "GET", "/sobjects/Account/@{bad.id}"),
    )

    good, bad, lost = answer.json()["compositeResponse"]
    assert (good["httpStatusCode"], bad["httpStatusCode"]) == (201, 400)
    assert lost["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert len(org.records("Account")) == 1


def test_all_or_none_undoes_everything(client, org):
    answer = send(
        client,
        part("good", "POST", "/sobjects/Account", {"Name": "Example Ltd"}),
        part("bad", "POST", "/sobjects/Account", {"Nope": 1}),
        part("after", "POST", "/sobjects/Account", {"Name": "Other Ltd"}),
        allOrNone=True,
    )

    codes = [each["body"][0]["errorCode"] for each in answer.json()["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "INVALID_FIELD", "PROCESSING_HALTED"]
    assert org.records("Account") == []


def test_a_collection_inside_counts_as_one_call(client, org, contact):
    records = [{"attributes": {"type": "Contact"}, "id": contact, "Title": "X"}]

    answer = send(client, part("many", "PATCH", "/composite/sobjects", {"records": records}))

    assert answer.json()["compositeResponse"][0]["body"][0]["success"] is True
    assert org.record("Contact", contact)["Title"] == "X"


def test_limits_of_parts(client):
    one = part("a", "GET", "/limits")
    many = [{**one, "referenceId": f"r{n}"} for n in range(26)]
    queries = [part(f"q{n}", "GET", "/query?q=SELECT+Id+FROM+Lead") for n in range(6)]

    assert send(client, *many).status_code == 400
    assert send(client, *many[:25]).status_code == 200
    assert send(client, *queries).status_code == 400
    assert send(client, one, one).status_code == 400
    assert send(client).status_code == 400


def test_a_composite_in_a_composite_is_refused(client):
    answer = send(client, part("a", "POST", "/composite", {"compositeRequest": []}))

    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 400


def test_each_part_of_a_batch_counts(client, org):
    parts = [
        {"method": "GET", "url": "v66.0/limits"},
        {"method": "GET", "url": "v66.0/nonsense"},
    ]

    answer = client.call("POST", "/composite/batch", {"batchRequests": parts}).json()

    assert answer["hasErrors"] is True
    assert [each["statusCode"] for each in answer["results"]] == [200, 404]
    assert org.usage.used == 2
