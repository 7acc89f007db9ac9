"""
A Salesforce org of our own, as strict as the real one; it knows nothing of the connector.

In a test, without a socket:

    org = EmulatedOrg(clock=clock)               # or a file name, which survives a restart
    contact = org.create("Contact", {"LastName": "Brook", "MobilePhone": "+12015550100"})
    session = requests.Session()
    session.mount("https://", WSGIAdapter(create_app(org)))
    # any https address leads to the org; login.salesforce.com is the login host, the org's own
    # is https://acme.my.salesforce.com
    token = org.issue_token()                    # or a real login, see below

Behind real sockets, HTTP and HTTPS with a private certificate authority:

    with serve(org, folder=folder) as server:    # ports 0 take free ones
        server.http_url, server.https_url, server.ca_file

Login: `org.register_app(consumer_key, public_key_pem, secret=..., username=...)` makes an app
for JWT bearer (`aud` is https://login.salesforce.com or the org's own address) and, with a
secret, for client credentials on the org's own host. `org.auth` has `session_length`,
`revoke(token)`, `revoke_all()`, `audiences`, `login_hosts`, `rotates_refresh_tokens`.

Records, as the org's administrator: `create`, `create_many`, `update` (with `commit_after` for
a transaction that shows late), `delete`, `undelete`, `purge`, `convert_lead`, `merge`,
`record`, `records`, `count`, `history` (entries with field, old, new, at, user, call). They
raise RefusedRecordError. Many people at once: `seed_contacts`, `seed_leads`, `seed_campaign`.

Schema: `add_object(SObject)`, `add_fields(object, *fields)`; `org.schema.hide(object, field,
user=)`, `show`, `protect` (read-only) win over all permissions. What was added so, all see.

Metadata: `org.deploy(zip_bytes, user="", check_only=False, ignore_warnings=False,
rollback_on_error=True)` gives a result with `status`, `success`, `messages` and `failures`
(component_type, full_name, problem, problem_type, line). Clients deploy over REST and SOAP.
What was deployed is seen by nobody, administrators included, until a permission set grants it
and is assigned. `org.deployments.settings` has the limits, the default workflow user, whether
active flows are taken, and after how many `polls` or `seconds` a deployment is done;
`org.deployments.registry.all(kind)` is what was deployed.

People: `add_user(username, profile=)`, `use_profile`, `assign(permission_set, username)`,
`unassign`, `permit(permission_set_or_profile, *system_permissions, on=True)`, `freeze`,
`unfreeze`, `deactivate`. Profiles: System Administrator, Standard User (the default), Read
Only, Minimum Access - Salesforce, Minimum Access - API Only Integrations; the last two see no
object until a permission set shows it. Deploying wants ADMIN's token.
`enable_person_accounts()` cannot be undone.

Rules: `org.rules` has the lists `validation`, `flows`, `duplicates`, `assignment`, `triggers`
(all of them show in the queries on ValidationRule, FlowDefinitionView and so on), the sets
`locked` and `readonly`, `lead_fields` (conversion mapping), `storage_full`,
`unknown_field_refuses_call`.

Usage: `org.calls` counts by endpoint (`org.calls["PATCH /composite/sobjects"]`), `org.usage`
has `used`, `daily_limit`, `spend(calls)` and `others(calls_per_hour)`, who go on calling as the
org's clock goes; `bulk_batches`, `bulk_queries` and `events` are further allowances with a
`limit`. `org.queries.page_size` makes pages small.

Bulk: `org.bulk` works on jobs, one step at each poll and one in `seconds_per_step` of the org's
clock; a step is a batch of `batch_size` rows. `fail(after=, message=)` breaks the next job off,
`locks_before_retry` makes locks put a batch back into its queue, `kept` is how long finished
jobs are known. Lock faults hit rows of jobs as they hit calls; aim with `path="/jobs/ingest"`.

Events: `event_object(...)` or a deployment defines one; `org.events` iterates over what was
published, `of(object, after=replay_id)`, `refuse(code, times=)`. Outbound messages:
`org.outbound.add(OutboundMessage(object=, url=, fields=, on=))`; a served org sends them on its
own, in a test `deliver()` sends what is due; `pending`, `attempts`, `dropped`, `post`.

Faults: `org.faults.<kind>(...)` with session_expired, session_refused, daily_limit,
concurrent_limit, unavailable (503 in HTML), server_unavailable (503 in JSON), maintenance_page
(200 in HTML), maintenance, query_timeout, several_choices, unknown_error, drop, timeout,
latency(seconds), truncated, cut_body, lock(*records, share=). Aim with `method`, `path`
(regular expression), `skip`, `times` (None: until cleared), `probability` and `seed`,
`lasting` (seconds of the org's clock), `when` (a function), and for drop and timeout
`after_commit`. `org.faults.clear()` ends them.

Another process drives the same through HTTP: `GET /emulator/stats`, `GET|POST|DELETE
/emulator/faults` (`{"kind": "drop", "after_commit": true, "times": 2}`), and `POST
/emulator/` `seed`, `create`, `update`, `delete`, `convert`, `merge`, `revoke`, `others`
(`{"calls_per_hour": 500}`), `bulk` (`{"batch_size": 200, "fail": {"after": 150}}`). `GET
/emulator/` is a page of the records with their history.

Where documentation is silent it chooses the stricter reading: an unknown field refuses the
whole collections call (`org.rules.unknown_field_refuses_call`), an id or key twice in a call
refuses both records, an eleventh chunk is LIMIT_EXCEEDED, numbers and booleans in quotes and
datetimes without an offset are JSON_PARSER_ERROR, control characters are dropped from text.

What it does not know (child queries, Bulk API 1.0, retrieving metadata) is refused with 501
NOT_EMULATED or 404, never answered wrongly.
"""

from connector.emulator.administration import ADMIN, INTEGRATION_USER
from connector.emulator.app import create_app
from connector.emulator.errors import RecordError, RefusedRecordError
from connector.emulator.events import PublishedEvent, event_object
from connector.emulator.fields import Field
from connector.emulator.objects import SObject
from connector.emulator.org import EmulatedOrg
from connector.emulator.outbound import OutboundMessage
from connector.emulator.rules import (
    ApexTrigger,
    AssignmentRule,
    BrokenFlow,
    DuplicateRule,
    ValidationRule,
)
from connector.emulator.seeds import seed_campaign, seed_contacts, seed_leads
from connector.emulator.server import OrgServer, serve
from connector.emulator.transport import WSGIAdapter


__all__ = [
    "ADMIN",
    "INTEGRATION_USER",
    "ApexTrigger",
    "AssignmentRule",
    "BrokenFlow",
    "DuplicateRule",
    "EmulatedOrg",
    "Field",
    "OrgServer",
    "OutboundMessage",
    "PublishedEvent",
    "RecordError",
    "RefusedRecordError",
    "SObject",
    "ValidationRule",
    "WSGIAdapter",
    "create_app",
    "event_object",
    "seed_campaign",
    "seed_contacts",
    "seed_leads",
    "serve",
]
