//! The sign-in log: who tried what, when, and how it ended.

use std::collections::VecDeque;

use super::{
    call::Call,
    refusal::{self, Refusal},
    scenario::{Application, Scenario, User},
};
use crate::time::UnixTime;

/// How many entries are kept.
const KEPT: usize = 10_000;

/// How many bytes of a text are kept.
const LONGEST: usize = 1000;

/// A poll of a device that waits: not a sign-in, and many.
const STILL_WAITING: u32 = 70016;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// When.
    pub at: UnixTime,
    /// In which way.
    pub kind: SignInKind,
    /// The id that ties requests together.
    pub correlation_id: String,
    /// The tenant's id of the request.
    pub trace_id: String,
    /// The application's client id, as far as it was known.
    pub client_id: Option<String>,
    /// Its name.
    pub application: Option<String>,
    /// The person's sign-in name.
    pub user: Option<String>,
    /// The AADSTS number, 0 for success.
    pub code: u32,
    /// Why not; empty for success.
    pub reason: String,
}

/// The categories that Entra's own log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInKind {
    /// A person at a page.
    Interactive,
    /// A client on behalf of a person.
    NonInteractive,
    /// An application by itself.
    ServicePrincipal,
    /// A managed identity.
    ManagedIdentity,
}

impl SignInKind {
    /// A word or two for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::NonInteractive => "non-interactive",
            Self::ServicePrincipal => "service principal",
            Self::ManagedIdentity => "managed identity",
        }
    }
}

#[derive(Debug, Default)]
pub struct SignIns {
    entries: VecDeque<SignIn>,
    /// How many there ever were.
    count: u64,
}

impl SignIns {
    pub fn iter(&self) -> impl Iterator<Item = &SignIn> {
        self.entries.iter()
    }

    /// How many entries there ever were, and those of them that came after the first `seen`, as far as they are kept.
    pub fn since(&self, seen: u64) -> (u64, impl Iterator<Item = &SignIn>) {
        let new = usize::try_from(self.count.saturating_sub(seen)).unwrap_or(usize::MAX);
        (self.count, self.entries.iter().skip(self.entries.len().saturating_sub(new)))
    }

    pub fn succeeded(&mut self, call: &Call, client: &Application, user: Option<&User>) {
        self.push(SignIn {
            client_id: Some(client.app_id.clone()),
            application: Some(client.display_name.clone()),
            user: user.map(|user| user.user_principal_name.clone()),
            ..entry(call)
        });
    }

    pub fn refused(&mut self, call: &Call, refusal: &Refusal, scenario: &Scenario) {
        // What a resource refuses is no sign-in either.
        if [STILL_WAITING, refusal::NO_NUMBER].contains(&refusal.code) {
            return;
        }
        let sent = call.query.get("client_id").or_else(|| call.form.get("client_id"));
        let client_id = refusal.client.as_deref().or(sent);
        let application = client_id.and_then(|id| scenario.application_with_id(id));
        let typed = call.form.get("loginfmt");
        self.push(SignIn {
            client_id: client_id.map(str::to_owned),
            application: application.map(|application| application.display_name.clone()),
            user: refusal.user.as_deref().or(typed).map(str::to_owned),
            code: refusal.code,
            reason: refusal.text.clone(),
            ..entry(call)
        });
    }

    fn push(&mut self, mut entry: SignIn) {
        shorten(&mut entry.reason);
        for text in [&mut entry.client_id, &mut entry.user].into_iter().flatten() {
            shorten(text);
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }
}

/// A reason repeats what was sent, which can be a megabyte.
fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        let whole = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        *text = format!("{}…", &text[..whole]);
    }
}

fn entry(call: &Call) -> SignIn {
    let is_identity = call.path.starts_with("metadata/") || call.path.starts_with("msi/");
    let kind = match (call.path.ends_with("/token"), call.form.get("grant_type")) {
        _ if is_identity => SignInKind::ManagedIdentity,
        (true, Some("client_credentials")) => SignInKind::ServicePrincipal,
        (true, _) => SignInKind::NonInteractive,
        (false, _) => SignInKind::Interactive,
    };
    SignIn {
        at: call.now,
        kind,
        correlation_id: call.correlation_id.clone(),
        trace_id: call.trace_id.clone(),
        client_id: None,
        application: None,
        user: None,
        code: 0,
        reason: String::new(),
    }
}
