//! The way in: evidence is read out of whatever a person pastes, into the same [`Evidence`] that a run of our own gives.
//!
//! A text is cleaned first (`plain`). Then each reader looks for its form: objects of JSON and its relatives (`literal`,
//! `objects`), HTTP messages (`message`), HAR files (`archive`), commands and calls that send a request (`command`),
//! addresses (`addresses`), tokens and challenges (`credentials`). `exchange` chooses the one that failed among several; `recovered` and `shortened`
//! keep the part of a log that counts. To add a form: a module with one function from text to evidence, and its place in
//! [`complete`].
//!
//! What somebody gave explicitly always wins over what was read out of a text. Every reader takes time and memory in
//! proportion to the text, whatever stands in it.

mod addresses;
mod archive;
mod command;
mod credentials;
mod exchange;
mod literal;
mod message;
mod objects;
pub(super) mod plain;
mod recovered;
mod shortened;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

use super::{Evidence, Facts, Looked};
use crate::{
    entra::{
        aadsts::{self, Shows},
        registration::{Application, ServicePrincipal},
    },
    oauth::Refusal,
    wire::Request,
};
pub(super) use command::UNKNOWN;
pub(super) use exchange::refusal_of;
use exchange::{Chosen, choose};
pub(super) use recovered::what_stayed;
use shortened::shortened;

/// The evidence with what its text holds.
pub(super) fn complete(given: &Evidence) -> Cow<'_, Evidence> {
    let Some(text) = given.text.as_deref() else { return Cow::Borrowed(given) };
    let text = plain::plain(text);
    let text = plain::whole_numbers(&text);
    let mut evidence = Evidence { text: None, ..given.clone() };

    let found = objects::find(&text);
    evidence.grants = evidence.grants.or(found.grants);
    let mut exchanges = found.exchanges;
    let dumped = message::exchanges(&text);
    let is_one_of_several = exchanges.is_empty() && dumped.len() > 1;
    exchanges.extend(dumped);
    let chosen = choose(&exchanges).unwrap_or_default();
    let begin = if is_one_of_several { chosen.at } else { 0 };
    let text = shortened(without(&text, &found.read, begin));

    let refusals = found.refusals;
    let addresses = addresses::find(&text);
    let command = command::last(&text).filter(|_| chosen.request.is_none());
    take_exchange(&mut evidence, chosen, command, &addresses, &refusals, &text);
    if evidence.token.is_none() && !carries_a_token(evidence.request.as_ref()) {
        evidence.token = credentials::token(&text).map(str::to_owned);
    }
    evidence.text = Some(text.into_owned());
    take_registrations(&mut evidence, found.registrations, found.service_principals);
    Cow::Owned(evidence)
}

/// Registrations and service principals: of the client, or else of the API that it asks for.
fn take_registrations(evidence: &mut Evidence, apps: Vec<Application>, principals: Vec<ServicePrincipal>) {
    if apps.is_empty() && principals.is_empty() {
        return;
    }
    let client = Facts::read(evidence).get("client_id").map(str::to_owned);
    let is_other =
        |id: Option<&String>| id.zip(client.as_ref()).is_some_and(|(id, own)| !id.eq_ignore_ascii_case(own));
    for app in apps {
        let place = if is_other(app.app_id.as_ref()) {
            &mut evidence.resource_registration
        } else {
            &mut evidence.registration
        };
        place.get_or_insert(app);
    }
    for principal in principals {
        let place = if is_other(principal.app_id.as_ref()) {
            &mut evidence.resource_service_principal
        } else {
            &mut evidence.service_principal
        };
        if place.is_unknown() {
            *place = Looked::Found(principal);
        }
    }
}

/// Request, answer, refusal, and the request before: what is not given is taken from the text.
fn take_exchange(
    evidence: &mut Evidence,
    chosen: Chosen,
    command: Option<Request>,
    addresses: &addresses::Found,
    refusals: &[Refusal],
    text: &str,
) {
    let number = aadsts::find(what_stayed(text)).first().copied();
    // Of several answers in a text the one counts that has the number which counts.
    let fits = |refusal: &&Refusal| {
        number.is_none_or(|number| {
            refusal.error_codes.contains(&number)
                || refusal.description.as_deref().is_some_and(|said| aadsts::find(said).contains(&number))
        })
    };
    if evidence.response.is_none() && evidence.refusal.is_none() {
        let told = chosen.refusal.filter(|refusal| fits(&refusal));
        let is_answer = told.is_some() || chosen.response.is_some();
        evidence.refusal =
            told.or_else(|| refusals.iter().chain(&addresses.refusal).rev().find(fits).cloned());
        evidence.response = chosen.response;
        if !is_answer && evidence.refusal.is_none() && number.is_none() {
            evidence.response = credentials::challenge(text);
            evidence.refusal = evidence.response.as_ref().and_then(|answer| refusal_of(None, answer));
        }
    }

    let asked = chosen.request.or(command);
    let authorize = addresses.request.clone();
    // What only the token endpoint says was not said to the address that stands beside it.
    let is_said_later =
        number.and_then(aadsts::lookup).is_some_and(|code| code.surface == Shows::Json && asked.is_none());
    if evidence.request.is_some() {
        // The same twice is a finding where somebody gave both, and the same one where both were read.
        let is_other = |other: &Request| Some(other) != evidence.request.as_ref();
        let read = chosen.previous.or(authorize).filter(is_other);
        evidence.previous_request = evidence.previous_request.take().or(read);
    } else if asked.is_none() && !is_said_later {
        evidence.request = authorize;
    } else {
        let before = chosen.previous.or(authorize).filter(|other| Some(other) != asked.as_ref());
        evidence.previous_request = evidence.previous_request.take().or(before);
        evidence.request = asked;
    }
}

fn carries_a_token(request: Option<&Request>) -> bool {
    request
        .and_then(|request| request.headers.get("authorization"))
        .is_some_and(|value| value.contains("eyJ"))
}

/// The text without what is evidence in itself, and without what stands before the exchange that failed.
fn without<'t>(text: &'t str, read: &[Range<usize>], begin: usize) -> Cow<'t, str> {
    if read.is_empty() {
        return Cow::Owned(text[begin..].to_owned());
    }
    let mut out = String::new();
    let mut end = begin;
    for range in read.iter().filter(|range| range.start >= begin) {
        out.push_str(&text[end..range.start]);
        end = range.end;
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}
