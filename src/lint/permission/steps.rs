//! The commands that list and grant permissions, and the address at which an administrator consents.

use crate::{
    entra::{permissions::Permission, registration::Kind, scopes},
    lint::command,
};

const CLIENT: &str = "<client-id>";
const TENANT: &str = "<tenant>";
const REDIRECT_URI: &str = "<registered-redirect-uri>";

/// Where Entra's pages are.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Who shall have the permissions. What is not known, or empty, stays open in the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recipient<'a> {
    /// The client id.
    pub client: Option<&'a str>,
    /// The tenant where it is granted, by id or domain.
    pub tenant: Option<&'a str>,
    /// Where the administrator's browser goes back to: an address that is registered.
    pub redirect_uri: Option<&'a str>,
    /// Scheme and host of the authority, if it is not Entra's.
    pub authority: Option<&'a str>,
}

/// A command, or an address, with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, and for whom.
    pub title: String,
    /// The command, or the address to open.
    pub command: String,
}

/// What lists and grants these permissions. Where client and tenant are not known their places stay open.
pub fn steps(wanted: &[Permission], client: Option<&str>, tenant: Option<&str>) -> Vec<Step> {
    steps_for(wanted, &Recipient { client, tenant, ..Recipient::default() })
}

/// The same for somebody of whom more is known.
pub fn steps_for(wanted: &[Permission], recipient: &Recipient<'_>) -> Vec<Step> {
    let id = known(recipient.client).map_or_else(|| CLIENT.to_owned(), command::word);
    let mut steps = Vec::new();
    let mut apis: Vec<&str> = Vec::new();
    for one in wanted {
        if !apis.contains(&one.api) {
            apis.push(one.api);
        }
    }
    for api in &apis {
        let of_api = || wanted.iter().filter(|one| one.api == *api);
        let name = scopes::well_known(api).map_or(*api, |known| known.name);
        let arguments: Vec<_> = of_api().map(Permission::argument).collect();
        steps.push(Step {
            title: format!("List it in the registration ({name}); that grants nothing yet:"),
            command: format!(
                "az ad app permission add --id {id} --api {api} --api-permissions {}",
                arguments.join(" ")
            ),
        });
        let delegated: Vec<_> = of_api().filter(|one| one.kind == Kind::Scope).map(|one| one.name).collect();
        if !delegated.is_empty() {
            steps.push(Step {
                title: format!("Grant the delegated ones of {name} for everybody:"),
                command: format!(
                    "az ad app permission grant --id {id} --api {api} --scope {}",
                    command::word(&delegated.join(" "))
                ),
            });
        }
    }
    if !wanted.is_empty() {
        steps.push(Step {
            title: "Or an administrator consents to all that is listed:".to_owned(),
            command: format!("az ad app permission admin-consent --id {id}"),
        });
        steps.push(Step {
            title: "Or sends this address to an administrator (redirect_uri must be registered):".to_owned(),
            command: consent_address(wanted, recipient),
        });
    }
    steps
}

/// The address at which an administrator consents. Application permissions are asked for with `.default`, which takes
/// all that is listed.
pub fn admin_consent_url(wanted: &[Permission], client: Option<&str>, tenant: Option<&str>) -> String {
    consent_address(wanted, &Recipient { client, tenant, ..Recipient::default() })
}

fn consent_address(wanted: &[Permission], recipient: &Recipient<'_>) -> String {
    let encoded =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let mut asked: Vec<String> = Vec::new();
    for one in wanted {
        let api = one.api().filter(|api| !api.identifier.is_empty()).map_or(one.api, |api| api.identifier);
        let whole = wanted.iter().any(|other| other.api == one.api && other.kind == Kind::Role);
        let scope = if whole { format!("{api}/.default") } else { format!("{api}/{}", one.name) };
        if !asked.contains(&scope) {
            asked.push(scope);
        }
    }
    let or_open = |value: Option<&str>, open: &str| known(value).map_or_else(|| open.to_owned(), encoded);
    format!(
        "{}/{}/v2.0/adminconsent?client_id={}&scope={}&redirect_uri={}",
        recipient.authority.unwrap_or(AUTHORITY).trim_end_matches('/'),
        or_open(recipient.tenant, TENANT),
        or_open(recipient.client, CLIENT),
        encoded(&asked.join(" ")),
        or_open(recipient.redirect_uri, REDIRECT_URI),
    )
}

fn known(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}
