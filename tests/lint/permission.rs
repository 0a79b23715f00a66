//! Permissions by GUID, name and words, and the commands that grant them.

use authwright::{
    entra::{permissions, registration::Kind, scopes},
    lint::permission::{self, find, nearest, steps},
};

const CLIENT_ID: &str = "5d0f2f5a-91c4-4e0b-8a3b-70c1f6a2d9e4";

fn names(text: &str) -> Vec<(&'static str, Kind)> {
    find(text).iter().map(|one| (one.name, one.kind)).collect()
}

#[test]
fn a_guid_or_a_whole_name_finds_just_that() {
    assert_eq!(names("E1FE6DD8-BA31-4D61-89E7-88639DA4683D"), [("User.Read", Kind::Scope)]);
    assert_eq!(names("mail.read"), [("Mail.Read", Kind::Scope), ("Mail.Read", Kind::Role)]);
    assert_eq!(names("https://graph.microsoft.com/Mail.Read delegated"), [("Mail.Read", Kind::Scope)]);
    assert_eq!(names("810c84a8-4a9e-49e6-bf7d-12d183f40d01=Role"), [("Mail.Read", Kind::Role)]);
    // One id, two APIs.
    assert_eq!(names("Sites.Selected role").len(), 2);
    assert_eq!(names("sharepoint Sites.Selected role"), [("Sites.Selected", Kind::Role)]);
}

#[test]
fn words_find_what_has_them_all() {
    let found = names("calendar write application");
    assert!(found.contains(&("Calendars.ReadWrite", Kind::Role)), "{found:?}");
    assert!(found.iter().all(|(_, kind)| *kind == Kind::Role));
    assert!(names("conditional access policy").contains(&("Policy.Read.ConditionalAccess", Kind::Scope)));
    assert_eq!(names("devops"), [("user_impersonation", Kind::Scope)]);
    assert!(names("zebra").is_empty() && names("").is_empty() && names("delegated").is_empty());
    assert!(names("00000009-0000-0000-c000-000000000000").len() > 5);
}

#[test]
fn a_slip_is_taken_for_what_is_near() {
    assert_eq!(nearest("Mail.Raed", scopes::GRAPH.id).map(|one| one.name), Some("Mail.Read"));
    assert_eq!(nearest("user.reed", "").map(|one| one.name), Some("User.Read"));
    assert_eq!(nearest("Orders.Write.Everything", scopes::GRAPH.id), None);
    assert_eq!(nearest("", ""), None);
}

#[test]
fn the_steps_are_filled() {
    let wanted = find("Mail.Read");
    let filled = steps(&wanted, Some(CLIENT_ID), Some("contoso.example"));
    let commands: Vec<_> = filled.iter().map(|step| step.command.as_str()).collect();
    let graph = scopes::GRAPH.id;
    assert_eq!(
        commands[0],
        format!(
            "az ad app permission add --id {CLIENT_ID} --api {graph} --api-permissions {} {}",
            wanted[0].argument(),
            wanted[1].argument()
        )
    );
    assert_eq!(
        commands[1],
        format!("az ad app permission grant --id {CLIENT_ID} --api {graph} --scope Mail.Read")
    );
    assert_eq!(commands[2], format!("az ad app permission admin-consent --id {CLIENT_ID}"));
    assert!(
        commands[3].starts_with(
            "https://login.microsoftonline.com/contoso.example/v2.0/adminconsent?client_id=5d0f2f5a"
        ),
        "{}",
        commands[3]
    );
    assert!(commands[3].contains("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&"), "{}", commands[3]);
    let open = steps(&find("User.Read scope")[..1], None, None);
    assert!(
        open[0].command.contains("--id <client-id>")
            && open.last().is_some_and(|step| step.command.contains("/<tenant>/"))
    );
    let hostile = steps(&find("User.Read scope")[..1], Some("a'; reboot #"), None);
    assert!(hostile[0].command.contains(r"--id 'a'\''; reboot #'"), "{}", hostile[0].command);
}

#[test]
fn every_permission_is_found_by_its_id_and_by_its_name() {
    for one in permissions::all().step_by(37) {
        assert!(find(one.id).contains(&one), "{one:?}");
        assert!(find(&format!("{} {}", one.name, one.kind.name())).contains(&one), "{one:?}");
        assert_eq!(permissions::of_api(one.api, one.id, one.kind), Some(one));
        let json = permission::to_json(&one);
        assert!(json["api"]["name"].is_string() && json["type"] == one.kind.name(), "{json}");
    }
}
