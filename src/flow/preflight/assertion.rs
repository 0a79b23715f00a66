//! The client's own assertion, before it is signed.

use serde_json::Value;

use super::{Report, any};
use crate::{
    finding::Finding,
    flow::{Credential, Draft, Profile, SigningAlgorithm},
    oauth::{
        assertion::{self, LIFE},
        discovery::Metadata,
    },
    text::visible,
    time::{self, UnixTime},
    token::checks::LEEWAY,
};

/// Longer than this is more than anybody needs.
const LONG: i64 = 600;

/// Looks at the draft of an assertion. `now` is when it was laid out.
pub(in crate::flow) fn assertion(
    profile: &Profile,
    metadata: &Metadata,
    draft: &Draft,
    now: UnixTime,
) -> Vec<Finding> {
    let mut report = Report(any(draft, &[]));
    report.names(profile, draft);
    report.parties(profile, metadata, draft);
    report.times(draft, now.seconds());
    report.0
}

impl Report {
    fn names(&mut self, profile: &Profile, draft: &Draft) {
        let algorithm = draft.value("alg").unwrap_or_default();
        if SigningAlgorithm::parse(algorithm).is_none() {
            let title = format!(
                "alg says “{}”; it is signed with {} all the same, so that the two contradict each other.",
                visible(algorithm),
                match &profile.credential {
                    Credential::PrivateKey(key) => key.algorithm.name(),
                    Credential::None | Credential::Secret(_) | Credential::Federated(_) => {
                        "the key's own algorithm"
                    }
                }
            );
            self.warn("assertion.algorithm", "RFC 7515 §4.1.1", title);
        }
        if !profile.authority.is_entra() {
            return;
        }
        let has = |name| draft.value(name).is_some_and(|value: &str| !value.is_empty());
        if !has("x5t") && !has("x5t#S256") {
            self.warn(
                "assertion.no_thumbprint",
                "Entra",
                "Neither x5t nor x5t#S256 is there: Entra finds the certificate by its thumbprint.",
            );
        } else if algorithm == "PS256" && !has("x5t#S256") {
            self.info("assertion.thumbprint", "Entra", "Entra's documentation pairs PS256 with x5t#S256.");
        }
    }

    fn parties(&mut self, profile: &Profile, metadata: &Metadata, draft: &Draft) {
        for name in ["iss", "sub"] {
            if draft.value(name) != Some(&profile.client_id) {
                let title = format!("{name} is not this client: it speaks for itself and nobody else.");
                self.warn("assertion.not_ours", "RFC 7523 §3", title);
            }
        }
        if draft.value("jti").is_none_or(str::is_empty) {
            self.info(
                "assertion.no_id",
                "RFC 7523 §3",
                "Without jti nobody can tell a replayed assertion from a new one; some providers insist on it.",
            );
        }
        let endpoint = metadata.token_endpoint.as_ref().map(ToString::to_string);
        let known = [endpoint.as_deref(), Some(metadata.issuer.as_str())];
        let audience = assertion::typed("aud", draft.value("aud").unwrap_or_default());
        let is_known = |one: &Value| known.contains(&one.as_str());
        let names_it = match &audience {
            Value::Array(several) => several.iter().any(is_known),
            one => is_known(one),
        };
        if !names_it {
            self.warn(
                "assertion.audience",
                "RFC 7523 §3",
                "aud is neither the token endpoint nor the issuer: it is addressed to somebody else.",
            );
        }
    }

    fn times(&mut self, draft: &Draft, now: i64) {
        let read = |name: &str| draft.value(name).and_then(|value| value.parse::<f64>().ok());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time beyond all clocks saturates, which is right"
        )]
        let read = |name: &str| read(name).map(|seconds| seconds as i64);
        let source = "RFC 7523 §3";
        let Some(end) = read("exp") else {
            self.warn(
                "assertion.life",
                source,
                "exp is missing or no number, and without it nobody may take this.",
            );
            return;
        };
        let span = |seconds: i64| time::span(std::time::Duration::from_secs(seconds.unsigned_abs()));
        let life = end.saturating_sub(read("iat").or(read("nbf")).unwrap_or(now));
        if end <= now {
            let title = format!("It ended {} before it was made.", span(now.saturating_sub(end)));
            self.warn("assertion.expired", source, title);
        } else if life > LONG {
            let title = format!(
                "It lives {}. Minutes are enough ({} is proposed): until then whoever finds it is this client.",
                span(life),
                time::span(LIFE)
            );
            self.warn("assertion.life", source, title);
        }
        if let Some(start) = read("nbf").filter(|start| *start > now.saturating_add(LEEWAY)) {
            let title = format!("It begins only in {}.", span(start.saturating_sub(now)));
            self.warn("assertion.not_yet", source, title);
        }
    }
}
