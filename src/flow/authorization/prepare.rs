//! Before anybody leaves: the random values, the listener, and the authorization request.

use url::Url;

use super::{Authorization, Away, State};
use crate::{
    finding::{Finding, Severity},
    flow::{
        Draft, Effect, Fact, Place, Platform, Seeds, StepId, StepState, course, discover, listener, preflight,
    },
    oauth::{
        Listening,
        authorize::{AuthorizationRequest, ResponseType},
        discovery::Metadata,
        pkce,
    },
    wire::{Method, Response},
};

impl Authorization {
    pub(super) fn metadata_came(&mut self, response: &Response, seeds: Seeds) -> Vec<Effect> {
        let metadata = match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => metadata,
            Err(outcome) => return self.course.finish(*outcome),
        };
        let (facts, findings) = (self.prepared(&seeds), self.prepare_findings(&seeds));
        let record = self.course.record_mut(StepId::Prepare);
        record.state = StepState::Ready;
        record.facts = facts;
        record.findings = findings;
        self.state = State::Leaving(metadata, seeds);
        Vec::new()
    }

    /// The random values and what is made of them.
    fn prepared(&self, seeds: &Seeds) -> Vec<Fact> {
        let mut facts =
            vec![Fact::open("redirect_uri", self.redirect_uri(), Fact::meaning_of("redirect_uri"))];
        facts.push(Fact::open("state", &seeds.state, Fact::meaning_of("state")));
        if self.wants_id_token() {
            facts.push(Fact::open("nonce", &seeds.nonce, Fact::meaning_of("nonce")));
        }
        if let Some(method) = self.pkce() {
            facts.push(Fact::open(
                "code_challenge_method",
                method.name(),
                Fact::meaning_of("code_challenge_method"),
            ));
            facts.extend(pkce::arithmetic(method, &seeds.verifier).into_iter().map(
                |stage| match stage.value {
                    Ok(value) => Fact::open(stage.name, value, stage.meaning),
                    Err(secret) => Fact::secret(stage.name, &secret, stage.meaning),
                },
            ));
        }
        facts
    }

    fn prepare_findings(&self, seeds: &Seeds) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(warning) = self.kind.warning() {
            findings.push(Finding {
                id: "flow.outdated",
                severity: Severity::Warning,
                title: warning.to_owned(),
                source: "RFC 9700 §2.1.2",
            });
        }
        if self.profile.redirect_uri.is_none() {
            findings.push(Finding {
                id: "redirect_uri.assumed",
                severity: Severity::Info,
                title: "The profile names no redirect URI: http://localhost with any free port is used."
                    .to_owned(),
                source: "RFC 8252 §7.3",
            });
        }
        if self.pkce().is_some()
            && let Some(flaw) = pkce::flaw(seeds.verifier.expose())
        {
            findings.push(Finding {
                id: "pkce.form",
                severity: Severity::Warning,
                title: format!("The verifier's form is wrong: {flaw}."),
                source: "RFC 7636 §4.1",
            });
        }
        findings
    }

    /// Goes on to the authorization request, with a listener or, for the reason given, without.
    pub(super) fn set_out(
        &mut self,
        metadata: Metadata,
        seeds: &Seeds,
        redirect_uri: Url,
        listening: Result<&Listening, &str>,
    ) -> Vec<Effect> {
        let record = self.course.record_mut(StepId::Prepare);
        listener::tell(record, "redirect_uri", &redirect_uri, listening);
        self.course.settle(StepId::Prepare);
        let draft = self.authorization_draft(&metadata, seeds, &redirect_uri);
        let verifier = seeds.verifier.clone();
        self.state = State::Arrival(Box::new(Away {
            metadata,
            verifier,
            assertion_id: seeds.assertion_id.clone(),
            redirect_uri,
            listens: listening.is_ok(),
            visit: None,
        }));
        course::lay_out(self, StepId::Authorize, draft);
        Vec::new()
    }

    fn authorization_draft(&self, metadata: &Metadata, seeds: &Seeds, redirect_uri: &Url) -> Draft {
        let request = AuthorizationRequest {
            client_id: &self.profile.client_id,
            response_type: self.response_type(),
            redirect_uri: redirect_uri.as_str(),
            scope: &self.profile.scope,
            response_mode: self.response_mode(),
            state: &seeds.state,
            nonce: self.wants_id_token().then_some(seeds.nonce.as_str()),
            challenge: self.pkce().map(|method| (method.name(), pkce::challenge(method, &seeds.verifier))),
            more: &self.profile.authorize_with,
        };
        let address = metadata.authorization_endpoint.as_ref().map_or("", Url::as_str);
        Draft::new(Method::Get, address)
            .with_all(Place::Query, request.params())
            .bent(StepId::Authorize, &self.bends)
    }

    fn response_type(&self) -> &str {
        self.profile.response_type.as_deref().unwrap_or_else(|| self.usual_response_type())
    }

    /// What the profile says. Else, on Entra, what suits: the query for a code alone, as Entra would do anyway; for an ID
    /// token a form where a server takes it, and the fragment where a script does. An access token without a code is for
    /// a script whatever the platform. Elsewhere the server's default is left alone.
    fn response_mode(&self) -> Option<&str> {
        let asked = ResponseType::read(self.response_type()).unwrap_or_default();
        let usual = match self.profile.platform {
            _ if !asked.brings_tokens() => "query",
            _ if asked.token && !asked.code => "fragment",
            Platform::Web => "form_post",
            Platform::Spa | Platform::Native => "fragment",
        };
        self.profile.response_mode.as_deref().or(self.profile.authority.is_entra().then_some(usual))
    }

    /// The redirect URI as configured; without one, this machine with any free port.
    pub(super) fn redirect_uri(&self) -> Url {
        self.profile
            .redirect_uri
            .clone()
            .unwrap_or_else(|| Url::parse("http://localhost").expect("a constant address is an address"))
    }

    fn wants_id_token(&self) -> bool {
        preflight::words(&self.profile.scope).any(|word| word == "openid")
            || ResponseType::read(self.response_type()).is_some_and(|asked| asked.id_token)
    }
}
