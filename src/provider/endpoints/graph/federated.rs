//! `/applications/{id}/federatedIdentityCredentials` (reference §11.3): issuers whose tokens prove an application.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answered, Permitted, answer, applications, body, edit, not_found, not_unique, query};
use crate::{
    provider::{
        Provider, mint,
        refusal::Refusal,
        scenario::{
            Application, FederatedCredential,
            edit::{Edit, List},
        },
    },
    time::UnixTime,
};

const KEPT: &[&str] = &["name", "issuer", "subject", "audiences"];

fn kind(context: &str) -> query::Kind<'_> {
    query::Kind { name: "federatedIdentityCredential", context, default: usize::MAX, in_directory: true }
}

fn context(application: &Application) -> String {
    format!("applications('{}')/federatedIdentityCredentials", mint::registration(application))
}

/// The id of an entry: its name does not change, so neither does this.
fn id(application: &Application, credential: &FederatedCredential) -> String {
    let digest = Sha256::digest(format!("{}/{}", application.app_id, credential.name));
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = <[u8; 32]>::from(digest);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// An entry as Graph shows it to those who reach the lab at `base`.
pub fn entity(base: &str, application: &Application, one: &FederatedCredential) -> Map<String, Value> {
    let shown = json!({
        "id": id(application, one), "name": one.name, "issuer": one.issuer_at(base),
        "subject": one.subject, "description": null, "audiences": one.audiences,
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = applications::named(provider, permitted)?;
    let credentials = application.federated_identity_credentials.iter();
    let entities = credentials.map(|one| entity(&permitted.call.base, &application, one)).collect();
    query::collection(permitted.call, kind(&context(&application)), entities)
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (application, index) = named(provider, permitted)?;
    let credential = &application.federated_identity_credentials[index];
    query::entity(
        permitted.call,
        kind(&context(&application)),
        &entity(&permitted.call.base, &application, credential),
    )
}

/// The entry that the path names, by id or name.
fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<(Arc<Application>, usize), Box<Refusal>> {
    let application = applications::named(provider, permitted)?;
    let name = permitted.named(1);
    let fits =
        |one: &FederatedCredential| one.name == name || id(&application, one).eq_ignore_ascii_case(name);
    let index = application.federated_identity_credentials.iter().position(fits);
    let index = index
        .ok_or_else(|| not_found(name, "the id or name of a federated credential of this application"))?;
    Ok((application, index))
}

pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = applications::named(provider, permitted)?;
    let sent = body::read(permitted.call)?;
    let made = FederatedCredential {
        name: body::required(sent, "name")?.to_owned(),
        issuer: body::required(sent, "issuer")?.to_owned(),
        subject: body::required(sent, "subject")?.to_owned(),
        audiences: body::texts(sent, "audiences")?.into_iter().map(str::to_owned).collect(),
    };
    body::knows(sent, KEPT, &entity(&permitted.call.base, &application, &made))?;
    let mut all = application.federated_identity_credentials.clone();
    if all.iter().any(|one| one.name == made.name) {
        let text = format!("The federated credential '{}' exists already.", made.name);
        return Err(not_unique(text, "name", &made.name));
    }
    all.push(made.clone());
    write(provider, &application, &all, permitted.call.now)?;
    let path =
        format!("{}/{}", context(&application).replace("('", "/").replace("')", ""), id(&application, &made));
    Ok(answer::created(
        permitted.call,
        &context(&application),
        &path,
        entity(&permitted.call.base, &application, &made),
    ))
}

/// The name is the one thing that stays.
pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (application, index) = named(provider, permitted)?;
    let sent = body::read(permitted.call)?;
    let mut all = application.federated_identity_credentials.clone();
    body::knows(sent, &KEPT[1..], &entity(&permitted.call.base, &application, &all[index]))?;
    if let Some(issuer) = body::text(sent, "issuer")? {
        issuer.clone_into(&mut all[index].issuer);
    }
    if let Some(subject) = body::text(sent, "subject")? {
        subject.clone_into(&mut all[index].subject);
    }
    if sent.contains_key("audiences") {
        all[index].audiences = body::texts(sent, "audiences")?.into_iter().map(str::to_owned).collect();
    }
    write(provider, &application, &all, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (application, index) = named(provider, permitted)?;
    let mut all = application.federated_identity_credentials.clone();
    all.remove(index);
    write(provider, &application, &all, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

fn write(
    provider: &mut Provider,
    application: &Application,
    all: &[FederatedCredential],
    now: UnixTime,
) -> Result<String, Box<Refusal>> {
    let all = serde_json::to_value(all).expect("every key is a text");
    edit(provider, &Edit::set(List::Applications, &application.key, "federatedIdentityCredentials", all), now)
}
