//! What a step says about the listener that waits for somebody to come back, or about there being none.

use url::Url;

use super::{Fact, course::Record};
use crate::{
    finding::{Finding, Severity},
    oauth::Listening,
};

/// Tells the step what has become of the listener at `redirect_uri`, which travels as `parameter`: it is open, or it could
/// not be opened for a reason.
pub(super) fn tell(
    record: &mut Record,
    parameter: &'static str,
    redirect_uri: &Url,
    listening: Result<&Listening, &str>,
) {
    match listening {
        Ok(listening) => {
            record.findings.extend(findings(listening));
            record.facts.extend(facts(listening));
        }
        Err(why) => record.findings.push(Finding {
            id: "listener.none",
            severity: Severity::Warning,
            title: format!(
                "Nobody listens at {redirect_uri}: {why}. Paste the address at which the browser ends, or use the \
                 built-in user agent."
            ),
            source: "RFC 8252 §7",
        }),
    }
    if let Some(fact) = record.facts.iter_mut().find(|fact| fact.name == parameter) {
        *fact = Fact::open(parameter, redirect_uri, Fact::meaning_of(parameter));
    }
}

fn findings(listening: &Listening) -> Vec<Finding> {
    let mut findings = vec![Finding {
        id: "listener.open",
        severity: Severity::Passed,
        title: format!("A listener waits for the answer at {}.", listening.redirect_uri),
        source: "RFC 8252 §7.3",
    }];
    if listening.certificate.is_some() {
        findings.push(Finding {
            id: "listener.certificate",
            severity: Severity::Info,
            title: "The browser will warn of the certificate, for it was made on the spot and nobody vouches for it. \
                    Compare its fingerprint, then go on."
                .to_owned(),
            source: "RFC 5280 §6",
        });
    }
    if listening.tunnel.is_some() {
        findings.push(Finding {
            id: "listener.remote",
            severity: Severity::Info,
            title: "This program runs over SSH: a browser on your own machine reaches the listener through a tunnel. \
                    Without one, paste the address at which the browser ends."
                .to_owned(),
            source: "RFC 4254 §7.2",
        });
    }
    findings
}

fn facts(listening: &Listening) -> impl Iterator<Item = Fact> {
    let certificate = listening.certificate.as_ref().map(|fingerprint| {
        Fact::open(
            "certificate",
            fingerprint,
            "SHA-256 of the listener's certificate. The browser shows the same value among the certificate's details.",
        )
    });
    let tunnel = listening.tunnel.as_ref().map(|command| {
        Fact::open(
            "tunnel",
            command,
            "Run this on the machine with the browser, before signing in: it leads the redirect to this listener.",
        )
    });
    certificate.into_iter().chain(tunnel)
}
