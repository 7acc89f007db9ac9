"""What an org's administrator does in Setup, as methods for tests: people and their access."""

from collections.abc import Mapping

from connector.emulator.access import Caller
from connector.emulator.auth import App, Auth
from connector.emulator.metadata.deploy import Options, Result
from connector.emulator.metadata.deployments import Deployments
from connector.emulator.schema import Schema
from connector.emulator.setup_records import SetupRecords
from connector.emulator.setup_rows import ADMINISTRATOR, STANDARD_USER, bear, organization
from connector.emulator.storage import Row, Storage
from connector.emulator.writes import Writer


ADMIN = "admin@example.com"
INTEGRATION_USER = "integration@example.com"

#: The users that an org is born with.
_FIRST = (
    (ADMIN, "Admin", ADMINISTRATOR),
    (INTEGRATION_USER, "Integration", STANDARD_USER),
)


class Administration:
    """The part of an org that gives users their profiles, permission sets and logins."""

    storage: Storage
    schema: Schema
    deployments: Deployments
    writer: Writer
    auth: Auth
    setup: SetupRecords
    id: str

    def create(self, sobject: str, fields: Mapping[str, object]) -> str:
        raise NotImplementedError

    def update(self, sobject: str, record: str, fields: Mapping[str, object]) -> None:
        raise NotImplementedError

    def caller(self, call: str, user: str = "") -> Caller:
        raise NotImplementedError

    def settle_in(self, name: str, *, sandbox: bool) -> None:
        """The organization, its profiles and first users, where they are not there yet."""
        caller = self.caller("birth")
        with self.storage.transaction():
            fresh = not self.storage.all_rows("Organization")
            if fresh:
                row = organization(self.id, name, caller.now, sandbox=sandbox)
                self.storage.insert("Organization", [row])
            if not self.storage.all_rows("Profile"):
                bear(self.schema, self.writer, caller)
                self._admit_all()
            for username, last_name, profile in _FIRST if fresh else ():
                self.add_user(username, last_name, profile=profile)

    def _admit_all(self) -> None:
        """Profiles for the users of a file that was made before there were any."""
        for username, user in self.users.items():
            profile = ADMINISTRATOR if username == ADMIN else STANDARD_USER
            self.use_profile(username, profile)
            self.create("UserLogin", {"UserId": user})

    @property
    def users(self) -> dict[str, str]:
        """User ids by username."""
        return {str(row["Username"]): str(row["Id"]) for row in self.storage.all_rows("User")}

    def add_user(
        self, username: str, last_name: str = "User", *, profile: str = STANDARD_USER
    ) -> str:
        fields = {"Username": username, "LastName": last_name, "Email": username}
        chosen = self._named("Profile", profile)
        return self.create("User", {**fields, "Alias": username[:8], "ProfileId": chosen})

    def register_app(
        self,
        consumer_key: str,
        public_key_pem: str = "",
        *,
        secret: str = "",
        username: str = INTEGRATION_USER,
        run_as: str | None = None,
    ) -> App:
        """An external client app that this user is approved for, and may run as."""
        runs_as = username if secret and run_as is None else run_as or ""
        app = App(
            consumer_key=consumer_key,
            public_key_pem=public_key_pem,
            secret=secret,
            usernames=(username,),
            run_as=runs_as,
        )
        self.auth.register(app)
        return app

    def issue_token(self, username: str = INTEGRATION_USER) -> str:
        """An access token without a login, for tests of everything behind it."""
        return self.auth.issue(self.users[username])

    def deploy(
        self,
        data: bytes,
        user: str = "",
        *,
        check_only: bool = False,
        ignore_warnings: bool = False,
        rollback_on_error: bool = True,
    ) -> Result:
        """Deploy a zip in metadata format at once; nothing is assigned to anybody by it."""
        options = Options(
            checkOnly=check_only,
            ignoreWarnings=ignore_warnings,
            rollbackOnError=rollback_on_error,
        )
        return self.deployments.run(data, options, user)

    def use_profile(self, username: str, profile: str) -> None:
        """Give the user another profile; permission sets stay."""
        chosen = self._named("Profile", profile)
        self.update("User", self.users[username], {"ProfileId": chosen})

    def assign(self, permission_set: str, username: str) -> str:
        """Assign a permission set by its API name; the assignment's id."""
        chosen = self._named("PermissionSet", permission_set)
        fields = {"PermissionSetId": chosen, "AssigneeId": self.users[username]}
        return self.create("PermissionSetAssignment", fields)

    def unassign(self, permission_set: str, username: str) -> None:
        chosen, user = self._named("PermissionSet", permission_set), self.users[username]
        with self.storage.transaction():
            for row in self.storage.rows_where("PermissionSetAssignment", "AssigneeId", [user]):
                if row["PermissionSetId"] == chosen:
                    self.storage.remove("PermissionSetAssignment", str(row["Id"]))

    def permit(self, permission_set: str, *powers: str, on: bool = True) -> None:
        """Switch system permissions such as `ApiEnabled` in a permission set or a profile."""
        changes: Row = {f"Permissions{power}": int(on) for power in powers}
        with self.storage.transaction():
            for sobject, column in (("PermissionSet", "Name"), ("Profile", "Name")):
                for row in self.storage.rows_where(sobject, column, [permission_set]):
                    self.storage.update(sobject, [{"Id": row["Id"], **changes}])
                    owned = self.storage.rows_where("PermissionSet", "ProfileId", [row["Id"]])
                    self.storage.update(
                        "PermissionSet", [{"Id": each["Id"], **changes} for each in owned]
                    )

    def enable_person_accounts(self) -> None:
        """What Salesforce switches on for good: accounts that are people."""
        with self.storage.transaction():
            self.schema.add_people()
            self.setup.refresh("RecordType")

    def freeze(self, username: str, *, frozen: bool = True) -> None:
        """Setup, Users, Freeze: the user can no longer log in."""
        rows = self.storage.rows_where("UserLogin", "UserId", [self.users[username]])
        with self.storage.transaction():
            self.storage.update(
                "UserLogin", [{"Id": row["Id"], "IsFrozen": int(frozen)} for row in rows]
            )

    def unfreeze(self, username: str) -> None:
        self.freeze(username, frozen=False)

    def deactivate(self, username: str, *, active: bool = False) -> None:
        with self.storage.transaction():
            row: Row = {"Id": self.users[username], "IsActive": int(active)}
            self.storage.update("User", [row])

    def may_log_in(self, user: str) -> bool:
        """Whether this user id is active and not frozen."""
        row = self.storage.rows("User", [user]).get(user)
        logins = self.storage.rows_where("UserLogin", "UserId", [user])
        frozen = any(login["IsFrozen"] for login in logins)
        return bool(row and row["IsActive"]) and not frozen

    def _named(self, sobject: str, name: str) -> str:
        rows = self.storage.rows_where(sobject, "Name", [name])
        if not rows:
            raise LookupError(f"the org has no {sobject} named {name}")
        return str(rows[0]["Id"])
