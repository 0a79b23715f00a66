//! What the application lists in `requiredResourceAccess`, against what there is, and against what was granted.

use std::collections::{BTreeMap, BTreeSet};

use super::{LintFinding, command, listed};
use crate::entra::{
    permissions::{self, Permission},
    registration::{Application, Grants, Kind, Required},
    scopes,
};

const PLACE: &str = "requiredResourceAccess";
const AAD_GRAPH: &str = "00000002-0000-0000-c000-000000000000";

/// Application permissions with which an application can make itself master of the tenant, or read what everybody has.
const POWERFUL: &[(&str, &str)] = &[
    ("RoleManagement.ReadWrite.Directory", "can make itself, or anybody, Global Administrator"),
    ("AppRoleAssignment.ReadWrite.All", "can grant itself every other permission"),
    ("Application.ReadWrite.All", "can add a secret to any application and act as it"),
    ("Directory.ReadWrite.All", "can change nearly everything in the directory"),
    ("PrivilegedAccess.ReadWrite.AzureADGroup", "can put anybody into groups with administrator roles"),
    ("UserAuthenticationMethod.ReadWrite.All", "can set how anybody signs in, administrators included"),
    ("Policy.ReadWrite.ConditionalAccess", "can switch conditional access off"),
    ("Group.ReadWrite.All", "can put anybody into any ordinary group, with what the group opens"),
    ("User.ReadWrite.All", "can change every ordinary account"),
    ("Mail.Read", "reads everybody's mail"),
    ("Mail.ReadWrite", "reads and changes everybody's mail"),
    ("Mail.Send", "sends mail in anybody's name"),
    ("Files.Read.All", "reads everybody's files"),
    ("Files.ReadWrite.All", "reads and changes everybody's files"),
    ("Sites.FullControl.All", "owns every SharePoint site"),
    ("Sites.ReadWrite.All", "reads and changes every SharePoint site"),
    ("full_access_as_app", "reads and changes every mailbox"),
];

/// What somebody with this permission is able to do, where that is a danger to the tenant.
pub fn power(one: &Permission) -> Option<&'static str> {
    let found = POWERFUL.iter().find(|(name, _)| *name == one.name);
    found.filter(|_| one.kind == Kind::Role).map(|(_, does)| *does)
}

pub fn check(app: &Application, grants: Option<&Grants>, out: &mut Vec<LintFinding>) {
    let mut seen = BTreeSet::new();
    let mut for_administrators = Vec::new();
    for one in &app.required {
        let shown = || format!("{} {}={}", api_name(&one.resource), one.permission, one.kind.name());
        if one.resource.eq_ignore_ascii_case(AAD_GRAPH)
            && seen.insert((AAD_GRAPH.to_owned(), String::new(), Kind::Scope))
        {
            out.push(retired(app, one));
        }
        if one.permission.is_empty() {
            out.push(
                LintFinding::info("permission.none", PLACE, "An API is listed without any permission")
                    .value(api_name(&one.resource))
                    .why("The entry does nothing.")
                    .run("Take it out:", command::update(app, "--required-resource-accesses @required.json")),
            );
            continue;
        }
        let key = (one.resource.to_ascii_lowercase(), one.permission.to_ascii_lowercase(), one.kind);
        if !seen.insert(key) {
            out.push(
                LintFinding::warning("permission.twice", PLACE, "A permission is listed twice")
                    .value(shown())
                    .why("Graph refuses to save the second one.")
                    .fix("Take one of them out."),
            );
            continue;
        }
        match known(one) {
            Known::Yes(found) => {
                if found.needs_admin {
                    for_administrators.push(found);
                }
                powerful(app, &found, out);
            }
            Known::OtherKind(found) => out.push(wrong_kind(app, one, &found)),
            Known::No => out.push(
                LintFinding::warning(
                    "permission.unknown",
                    PLACE,
                    "An id that stands for no permission of this API",
                )
                .value(shown())
                .fails("Consent", &[650_053, 650_056])
                .why(format!(
                    "{} has none with this id today. It may have been retired, or the id is another API's.",
                    api_name(&one.resource)
                ))
                .run(
                    "Take it out, and add the one that is meant by its name:",
                    format!(
                        "az ad app permission delete --id {} --api {} --api-permissions {}",
                        command::id(app),
                        command::word(&one.resource),
                        command::word(&one.permission)
                    ),
                ),
            ),
            Known::Unknowable => {}
        }
    }
    narrower(app, out);
    match grants {
        Some(grants) => against_grants(app, grants, out),
        None if !for_administrators.is_empty() => out.push(needs_administrator(app, &for_administrators)),
        None => {}
    }
}

enum Known {
    Yes(Permission),
    OtherKind(Permission),
    No,
    /// An API whose permissions we do not have all of.
    Unknowable,
}

fn known(one: &Required) -> Known {
    if let Some(found) = permissions::of_api(&one.resource, &one.permission, one.kind) {
        return Known::Yes(found);
    }
    let other = match one.kind {
        Kind::Scope => Kind::Role,
        Kind::Role => Kind::Scope,
    };
    match permissions::of_api(&one.resource, &one.permission, other) {
        Some(found) => Known::OtherKind(found),
        None if one.resource.eq_ignore_ascii_case(scopes::GRAPH.id) => Known::No,
        None => Known::Unknowable,
    }
}

fn api_name(resource: &str) -> String {
    scopes::well_known(resource).map_or_else(|| resource.to_owned(), |known| known.name.to_owned())
}

fn retired(app: &Application, one: &Required) -> LintFinding {
    LintFinding::error("permission.retired_api", PLACE, "Permissions of Azure AD Graph, which is switched off")
        .value(api_name(&one.resource))
        .fails("Every call to graph.windows.net", &[])
        .why("Microsoft Graph has taken its place. The old entry makes the consent page longer and does nothing.")
        .run("List the permission of Microsoft Graph instead, such as User.Read:", format!(
            "az ad app permission add --id {} --api {} --api-permissions e1fe6dd8-ba31-4d61-89e7-88639da4683d=Scope",
            command::id(app),
            scopes::GRAPH.id
        ))
}

fn wrong_kind(app: &Application, one: &Required, found: &Permission) -> LintFinding {
    let same_name = permissions::by_name(found.api, found.name).find(|other| other.kind == one.kind);
    let finding = LintFinding::error("permission.kind", PLACE, format!("{} is listed as a {} and is a {}", found.name, one.kind.name(), found.kind.name()))
        .value(format!("{}={}", one.permission, one.kind.name()))
        .fails("Consent", &[650_053, 650_056])
        .why("The delegated and the application permission of one name have different ids. Scope is for people, Role for the application itself (client credentials).");
    let meant = same_name.unwrap_or(*found);
    finding.run(
        format!("Add what is meant ({}), and take this entry out:", meant.kind.name()),
        format!(
            "az ad app permission add --id {} --api {} --api-permissions {}",
            command::id(app),
            meant.api,
            meant.argument()
        ),
    )
}

fn powerful(app: &Application, found: &Permission, out: &mut Vec<LintFinding>) {
    let Some(why) = power(found) else { return };
    out.push(
        LintFinding::warning("permission.powerful", PLACE, format!("The application {why}"))
            .value(format!("{} ({})", found.name, api_name(found.api)))
            .why("It holds for the whole tenant and needs nobody signed in. Whoever has the application's secret has it too.")
            .run(
                "Look for a narrower one (Sites.Selected, Application.ReadWrite.OwnedBy, a delegated one), then:",
                format!("az ad app permission delete --id {} --api {} --api-permissions {}", command::id(app), found.api, found.id),
            ),
    );
}

/// Reading beside writing the same thing.
fn narrower(app: &Application, out: &mut Vec<LintFinding>) {
    let all: Vec<Permission> = app
        .required
        .iter()
        .filter_map(|one| permissions::of_api(&one.resource, &one.permission, one.kind))
        .collect();
    for wide in all.iter().filter(|one| one.name.contains(".ReadWrite")) {
        let reading = wide.name.replacen(".ReadWrite", ".Read", 1);
        if let Some(narrow) =
            all.iter().find(|one| one.name == reading && one.kind == wide.kind && one.api == wide.api)
        {
            out.push(
                LintFinding::info("permission.covered", PLACE, format!("{} is part of {}", narrow.name, wide.name))
                    .value(format!("{}, {}", narrow.name, wide.name))
                    .why("One of the two is not needed: the first if the application writes, the second if it only reads.")
                    .run(
                        "If it only reads:",
                        format!("az ad app permission delete --id {} --api {} --api-permissions {}", command::id(app), wide.api, wide.id),
                    ),
            );
        }
    }
}

fn needs_administrator(app: &Application, all: &[Permission]) -> LintFinding {
    let names = listed(all.iter().map(|one| one.name));
    LintFinding::info("permission.needs_admin", PLACE, "Permissions that only an administrator can grant")
        .value(names)
        .fails("Sign-in, or the call, until an administrator has consented", &[90_094, 65001])
        .why("Listing a permission grants nothing. Whether these were granted is not in the file.")
        .run(
            "An administrator consents to all that is listed:",
            format!("az ad app permission admin-consent --id {}", command::id(app)),
        )
}

/// Listed against granted, both ways.
fn against_grants(app: &Application, grants: &Grants, out: &mut Vec<LintFinding>) {
    let assigned: BTreeSet<String> =
        grants.application.iter().map(|one| one.role.to_ascii_lowercase()).collect();
    let delegated: BTreeSet<String> = grants
        .delegated
        .iter()
        .filter(|one| one.principal.is_none())
        .flat_map(|one| &one.scopes)
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let for_some: BTreeSet<String> =
        grants.delegated.iter().flat_map(|one| &one.scopes).map(|name| name.to_ascii_lowercase()).collect();
    let consent = format!("az ad app permission admin-consent --id {}", command::id(app));
    let mut ungranted: BTreeMap<bool, Vec<&str>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for one in app.required.iter().filter(|one| !one.permission.is_empty()) {
        let found = permissions::of_api(&one.resource, &one.permission, one.kind);
        match one.kind {
            Kind::Role if !assigned.contains(&one.permission.to_ascii_lowercase()) => {
                let name = found.map_or(one.permission.as_str(), |found| found.name);
                out.push(
                    LintFinding::error("grant.role_missing", PLACE, format!("{name} is listed and was never granted"))
                        .value(format!("{} {}=Role", api_name(&one.resource), one.permission))
                        .fails("The call to the API: 403, and no such word in the roles claim", &[])
                        .why("Client credentials give a token all the same; it carries only what an administrator has granted.")
                        .run("An administrator consents:", consent.clone()),
                );
            }
            Kind::Role => {}
            Kind::Scope => {
                let Some(found) = found else { continue };
                let name = found.name.to_ascii_lowercase();
                names.insert(name.clone());
                if !for_some.contains(&name) && !scopes::OPENID_SCOPES.contains(&found.name) {
                    ungranted.entry(found.needs_admin).or_default().push(found.name);
                }
            }
        }
    }
    for (needs_admin, missing) in ungranted {
        let value = listed(missing);
        out.push(if needs_admin {
            LintFinding::error(
                "grant.scope_missing",
                PLACE,
                "Delegated permissions that only an administrator can grant were not granted",
            )
            .value(value)
            .fails("Sign-in with these scopes, by anybody but an administrator", &[90_094, 65001])
            .why("People are shown a page that sends them to an administrator.")
            .run("An administrator consents:", consent.clone())
        } else {
            LintFinding::info(
                "grant.scope_missing",
                PLACE,
                "Delegated permissions that nobody has consented to yet",
            )
            .value(value)
            .fails("prompt=none, refresh and on-behalf-of", &[65001])
            .why("The first sign-in in the browser shows the consent page.")
            .run("For everybody at once:", consent.clone())
        });
    }
    let extra: Vec<_> = delegated
        .iter()
        .filter(|name| !names.contains(*name) && !scopes::OPENID_SCOPES.contains(&name.as_str()))
        .map(String::as_str)
        .collect();
    let knows_all = app
        .required
        .iter()
        .all(|one| permissions::of_api(&one.resource, &one.permission, one.kind).is_some());
    if !extra.is_empty() && knows_all {
        out.push(
            LintFinding::warning(
                "grant.extra",
                "oauth2PermissionGrants",
                "More was granted to everybody than the registration lists",
            )
            .value(listed(extra))
            .why("Grants stay when a permission is taken off the list, and tokens go on carrying it.")
            .run(
                "See the grants, and delete or narrow them:",
                format!("az ad app permission list-grants --id {} --show-resource-name", command::id(app)),
            ),
        );
    }
    let listed_roles: BTreeSet<_> =
        app.required.iter().map(|one| one.permission.to_ascii_lowercase()).collect();
    for one in grants.application.iter().filter(|one| !listed_roles.contains(&one.role.to_ascii_lowercase()))
    {
        let name =
            permissions::by_id(&one.role, Some(Kind::Role)).map_or(one.role.as_str(), |found| found.name);
        if one.role.bytes().all(|b| matches!(b, b'0' | b'-')) {
            continue;
        }
        out.push(
            LintFinding::warning(
                "grant.extra_role",
                "appRoleAssignments",
                "An application permission is granted and not listed",
            )
            .value(format!("{name} ({})", one.resource_name.as_deref().unwrap_or(&one.resource)))
            .why("Every token of the application carries it, and nobody sees it in the registration.")
            .fix("Remove it if nothing needs it: portal, Enterprise applications, Permissions, Revoke."),
        );
    }
}
