//! Who refused: the authority, an API that was called with a token, or the identity endpoint of a machine. They use some of
//! the same words and mean different things by them.

use url::Url;

use super::{
    Evidence,
    entry::{Entry, entry_for_error},
    names,
};
use crate::{
    entra::scopes,
    oauth::Surface,
    wire::{Request, Response},
};

/// Who refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// The authority, or nobody knows.
    #[default]
    Authority,
    /// An API, with this status.
    Api(u16),
    /// The endpoint on a machine that gives tokens for its managed identities.
    Machine,
}

impl Place {
    /// Reads the evidence.
    pub fn of(evidence: &Evidence) -> Self {
        let is_machine = evidence.request.as_ref().is_some_and(|request| {
            Self::of_machine(&request.url) || request.headers.get("x-identity-header").is_some()
        });
        match evidence.refusal.as_ref().map(|refusal| refusal.surface) {
            Some(Surface::Api(status)) => Self::Api(status),
            _ if is_machine => Self::Machine,
            // A bundle, or an exchange that somebody pasted: nobody read it as an API's answer yet.
            Some(Surface::Json(status)) if is_call(evidence.request.as_ref()) => Self::Api(status),
            None if is_call(evidence.request.as_ref()) => Self::Api(status_of(evidence.response.as_ref())),
            _ => Self::Authority,
        }
    }

    /// Whether this is the address of an identity endpoint (reference §11).
    pub fn of_machine(url: &Url) -> bool {
        let path = url.path().trim_end_matches('/');
        path.ends_with("/metadata/identity/oauth2/token") || path.ends_with("/msi/token")
    }

    /// What an answer means whose words nobody knows: that the service limits or fails.
    pub fn of_answer(response: Option<&Response>) -> Option<&'static Entry> {
        let status =
            response.map(|response| response.status).filter(|status| matches!(status, 429 | 500..=599))?;
        entry_for_error(of_status(status)?)
    }

    /// What an error without a number means here.
    pub fn entry(self, error: Option<&str>) -> Option<&'static Entry> {
        let known =
            |error: &str| entry_for_error(error).or_else(|| names::entry_of(error).and_then(entry_for_error));
        match self {
            Self::Authority => known(error?),
            Self::Api(status) => {
                // The one word of RFC 6750 that the authority's endpoints use for something else.
                let own = error.filter(|error| *error != "invalid_request").and_then(known);
                own.or_else(|| known(of_status(status)?))
            }
            Self::Machine => {
                let own = error.filter(|error| ["bad_request_102", "unknown_source"].contains(error));
                known(own.unwrap_or("identity_endpoint"))
            }
        }
    }
}

/// Whether a request calls an API: it goes to one that everybody knows, or brings a token and goes to no endpoint of an
/// authority.
fn is_call(request: Option<&Request>) -> bool {
    let Some(request) = request else { return false };
    let path = request.url.path();
    if path.contains("/oauth2/") || path.contains("/.well-known/") || path.ends_with("/token") {
        return false;
    }
    let bearer = request.headers.get("authorization").is_some_and(|value| {
        value.trim_start().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    });
    let origin = request.url.origin().ascii_serialization();
    bearer || scopes::well_known(&origin).is_some()
}

fn status_of(response: Option<&Response>) -> u16 {
    response.map_or(0, |response| response.status)
}

/// The entry about a status, where an API gives no word that is known.
const fn of_status(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("http_401"),
        403 => Some("http_403"),
        404 | 405 | 410 => Some("http_404"),
        429 => Some("http_429"),
        400..=499 => Some("http_400"),
        500..=599 => Some("http_500"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_means_different_things_in_different_places() {
        let check = |place: Place, error: Option<&str>, entry: Option<&str>| {
            assert_eq!(place.entry(error).map(|entry| entry.error), entry, "{place:?} {error:?}");
        };
        check(Place::Authority, Some("invalid_request"), Some("invalid_request"));
        check(Place::Api(400), Some("invalid_request"), Some("http_400"));
        check(Place::Machine, Some("invalid_request"), Some("identity_endpoint"));
        check(Place::Machine, Some("bad_request_102"), Some("bad_request_102"));
        check(Place::Machine, None, Some("identity_endpoint"));
        check(Place::Api(401), Some("insufficient_claims"), Some("insufficient_claims"));
        check(Place::Api(403), Some("SomethingOfItsOwn"), Some("http_403"));
        check(Place::Api(502), None, Some("http_500"));
        check(Place::Authority, None, None);
    }
}
