//! Whether what is explained is what happened. The tenant knows which of its rules fired; the explanation is made without its
//! note, from the requests of the run, the answer, and what the directory says, and must name a cause that stands for this
//! rule.

use authwright::explain::{Certainty, Explanation};

/// What was explained without the tenant's note, beside the rule that fired.
#[derive(Debug)]
pub struct Diagnosis {
    code: u32,
    rule: &'static str,
    /// The causes, best first, with how sure each is.
    causes: Vec<(String, Certainty)>,
}

impl Diagnosis {
    pub fn new(code: u32, rule: &'static str, explanation: &Explanation) -> Self {
        let causes = explanation.causes.iter().map(|cause| (cause.id.clone(), cause.certainty));
        Self { code, rule, causes: causes.collect() }
    }

    /// What is wrong with it, for the row of that name; with the note everything can be told.
    pub fn problem(&self, name: &str, has_note: bool) -> Option<String> {
        let about = TRUTH
            .iter()
            .find(|(rule, codes, _)| *rule == self.rule && (codes.is_empty() || codes.contains(&self.code)));
        let Some((_, _, stands_for)) = about else {
            return Some(format!("{} stands for no cause: it needs a row in truth.rs", self.rule));
        };
        let is_meant = |id: &str| {
            // A name that ends in a point stands for its family.
            stands_for.iter().any(|meant| *meant == id || (meant.ends_with('.') && id.starts_with(meant)))
        };
        let Some((first, certainty)) = self.causes.first() else { return Some("no cause at all".to_owned()) };
        let is_untold = !has_note && UNTOLD.iter().any(|(code, row, _)| *code == self.code && *row == name);
        if is_meant(first) {
            return is_untold.then(|| format!("{first} is named: its row in UNTOLD is out of date"));
        }
        let is_open = first == "undetermined" && self.causes.iter().any(|(id, _)| is_meant(id));
        if is_untold && is_open {
            return None;
        }
        Some(format!(
            "{} fired; explained as {first} ({certainty:?}), not as one of {stands_for:?}",
            self.rule
        ))
    }
}

/// Where request, answer and directory truly cannot tell, and why.
const UNTOLD: &[(u32, &str, &str)] = &[
    (
        50013,
        "a signature of something else",
        "whether a signature fits takes the issuer's keys, which are no evidence",
    ),
    (
        700_016,
        "an application that nobody registered",
        "a slip, another object's id and a deleted application look alike where nobody has the id",
    ),
    (700_016, "on behalf of somebody, for nobody", "the same"),
];

/// The causes that stand for each rule of the tenant; where a rule raises several numbers, for these.
const TRUTH: &[(&str, &[u32], &[&str])] = &[
    // the tenant in the path
    ("tenant.known", &[], &["tenant.unknown", "tenant.path_segment", "request.placeholder"]),
    ("tenant.named", &[], &["tenant.path_segment"]),
    ("tenant.not_common", &[], &["tenant.grant_needs_tenant"]),
    ("tenant.single", &[], &["tenant.grant_needs_tenant"]),
    ("tenant.suits_grant", &[], &["tenant.grant_needs_tenant", "ropc.not_possible"]),
    ("tenant.in_this_cloud", &[], &["cloud.mismatch"]),
    ("tenant.not_blocked", &[], &["tenant.blocked"]),
    ("tenant.unrestricted", &[], &["tenant.blocked"]),
    ("tenant.has_version", &[], &["endpoint.v1_personal_account"]),
    ("tenant.not_throttled", &[], &["service.throttled"]),
    ("fault.too_many_requests", &[], &["service.throttled", "lab.fault"]),
    ("fault.server_error", &[], &["service.outage", "lab.fault"]),
    ("authority.known", &[], &["cloud.mismatch", "library.metadata", "tenant.unknown"]),
    ("authorization_endpoint.readable", &[], &["request.parameter_missing", "library.metadata"]),
    ("client.audience", &[50194], &["tenant.single_tenant_on_common"]),
    ("client.audience", &[], &["tenant.audience_mismatch"]),
    // the form of a request
    ("method.post", &[], &["request.get_on_token"]),
    ("request.readable", &[], &["request.not_form_encoded"]),
    ("request.short_enough", &[], &["request."]),
    ("parameters.once", &[], &["request."]),
    ("grant_type.present", &[], &["request.parameter_missing"]),
    ("grant_type.supported", &[], &["request.grant_type_unknown"]),
    ("client_id.present", &[], &["request.parameter_missing"]),
    ("client_id.guid", &[], &["request.placeholder", "client_id.is_other_guid"]),
    ("client_id.one", &[], &["grant.other_context", "client_id.other_app"]),
    ("response_type.present", &[], &["request.parameter_missing"]),
    ("response_type.known", &[], &["response_type.unsupported"]),
    ("response_type.enabled", &[], &["response_type.not_enabled"]),
    ("response_mode.suits", &[], &["response_type.unsupported"]),
    ("prompt.known", &[], &["response_type.unsupported", "request."]),
    ("max_age.number", &[], &["response_type.unsupported", "request."]),
    ("requested_token_use.known", &[], &["request."]),
    ("claims.readable", &[], &["request.", "token.claims_challenge"]),
    (
        "origin.suits_platform",
        &[9_002_326],
        &["platform.spa_expected", "platform.ambiguous", "browser.grant_not_allowed", "browser.stray_origin"],
    ),
    ("origin.suits_platform", &[9_002_327], &["platform.spa_used_by_server", "browser.origin_stripped"]),
    // redirect URI, PKCE, code
    ("redirect_uri.registered", &[], &["redirect_uri."]),
    ("redirect_uri.absolute", &[], &["redirect_uri.missing_or_relative"]),
    ("redirect_uri.not_empty", &[], &["redirect_uri.missing_or_relative"]),
    ("redirect_uri.exists", &[], &["redirect_uri.none_registered"]),
    ("redirect_uri.same", &[], &["redirect_uri.token_request_differs"]),
    ("redirect_uri.present", &[], &["redirect_uri.token_request_differs"]),
    ("pkce.spa", &[], &["pkce.challenge_missing", "platform.spa_used_by_server"]),
    ("pkce.challenge_present", &[], &["pkce.challenge_missing", "pkce.verifier_length"]),
    ("pkce.challenge_size", &[], &["pkce.method_mismatch", "pkce.verifier_length", "pkce.base64_form"]),
    ("pkce.method", &[], &["pkce.method_mismatch"]),
    ("pkce.verifier_size", &[], &["pkce.verifier_length"]),
    ("pkce.verifier_present", &[], &["pkce.verifier_missing"]),
    ("pkce.verifier_fits", &[], &["pkce.verifier_mismatch"]),
    ("code.readable", &[], &["code.mangled"]),
    ("code.unused", &[], &["code.reused"]),
    ("code.unexpired", &[], &["code.expired"]),
    ("code.client", &[], &["grant.other_context"]),
    ("code.tenant", &[], &["grant.other_context"]),
    // scopes and APIs
    (
        "scope.known",
        &[500_011],
        &["resource.no_service_principal", "resource.identifier_mismatch", "resource.wrong_tenant"],
    ),
    ("scope.known", &[650_053], &["scope.unknown_on_resource", "scope.unqualified"]),
    ("scope.known", &[700_022], &["scope.multiple_resources"]),
    ("scope.known", &[70011], &["scope.multiple_resources", "scope.default_mixed"]),
    (
        "scope.resource_known",
        &[],
        &["resource.no_service_principal", "resource.identifier_mismatch", "resource.wrong_tenant"],
    ),
    ("scope.default", &[], &["scope.named_in_client_credentials"]),
    ("scope.one_resource", &[], &["scope.multiple_resources"]),
    ("scope.not_empty", &[], &["request.parameter_missing"]),
    ("scope.present", &[50001], &["request.parameter_missing", "resource.identifier_mismatch"]),
    ("scope.present", &[901_002], &["resource.v1_parameter"]),
    ("resource.not_for_scope", &[], &["resource.v1_parameter"]),
    ("resource.owns_scope", &[], &["resource.indicator_mismatch"]),
    ("resource.itself_by_id", &[], &["resource.self_by_uri"]),
    ("resource.itself_reads_profile", &[], &["consent.no_permissions"]),
    ("resource.enabled", &[], &["service_principal.disabled"]),
    ("resource.in_tenant", &[], &["resource.no_service_principal"]),
    ("resource.required", &[], &["resource.not_required"]),
    ("resource.assigned", &[], &["user.not_assigned"]),
    ("resource.suits_shared_path", &[], &["tenant.grant_needs_tenant", "tenant.audience_mismatch"]),
    ("registration.lists_api", &[], &["consent.no_permissions", "resource.not_required"]),
    ("registration.lists_permissions", &[], &["consent.no_permissions"]),
    ("claims.mapping_allowed", &[], &["client.claims_mapping"]),
    ("claims.mapping_audience", &[], &["client.claims_mapping"]),
    // the client and its proof
    (
        "client.in_tenant",
        &[],
        &[
            "client_id.is_other_guid",
            "client_id.other_tenant",
            "client_id.deleted",
            "service_principal.missing",
        ],
    ),
    ("client.enabled", &[], &["service_principal.disabled"]),
    ("client.not_blocked", &[], &["service_principal.disabled"]),
    ("client.service_principal", &[], &["service_principal.missing"]),
    ("client.assigned", &[501_051], &["app.not_assigned", "permission.application_not_granted"]),
    ("client.assigned", &[], &["user.not_assigned"]),
    ("client.preauthorized", &[], &["client.first_party_borrowed"]),
    ("client.keeps_tokens", &[], &["cache.not_kept"]),
    ("client.approved", &[], &["ca.blocked"]),
    ("client.protected", &[], &["ca.blocked"]),
    ("credential.right", &[7_000_222], &["credential.expired_secret"]),
    ("credential.right", &[], &["credential.mangled_secret", "credential.other_app_secret"]),
    ("credential.present", &[7_000_218], &["credential.missing", "platform.web_used_by_public_client"]),
    ("credential.present", &[], &["credential.missing"]),
    ("credential.none_if_public", &[], &["credential.sent_by_public_client"]),
    ("assertion.readable", &[], &["token.header_malformed"]),
    ("assertion.thumbprint", &[], &["credential.assertion_claims"]),
    ("assertion.unused", &[], &["credential.assertion_claims"]),
    ("assertion.issuer_is_subject", &[], &["credential.assertion_claims"]),
    ("assertion.client_id", &[], &["credential.assertion_claims"]),
    ("assertion.audience", &[500_131], &["obo.assertion_audience"]),
    ("assertion.audience", &[], &["credential.assertion_audience"]),
    ("assertion.in_time", &[], &["credential.assertion_expired"]),
    ("assertion.certificate_registered", &[], &["credential.certificate_not_registered"]),
    ("assertion.thumbprint_suits_algorithm", &[], &["credential.key_or_algorithm"]),
    ("assertion.certificate_valid", &[], &["credential.certificate_expired"]),
    ("federation.configured", &[], &["federated.none_configured"]),
    ("federation.issuer", &[], &["federated.issuer_mismatch"]),
    ("federation.audience", &[], &["federated.audience_mismatch"]),
    ("federation.subject", &[7_002_138], &["federated.subject_case"]),
    ("federation.subject", &[], &["federated.subject_mismatch"]),
    ("federation.signature", &[50013], &["credential.key_or_algorithm"]),
    ("federation.signature", &[], &["library.metadata", "credential.key_or_algorithm"]),
    ("federation.keys", &[], &["library.metadata"]),
    ("federation.app_only", &[], &["federated.not_allowed"]),
    // on behalf of
    ("assertion.signature", &[], &["obo.graph_token"]),
    ("assertion.no_id_token", &[], &["obo.id_token"]),
    ("assertion.of_a_person", &[], &["obo.app_only"]),
    ("assertion.tenant", &[], &["grant.other_context"]),
    // The lab's clock was moved and the machine's was not: both are true.
    ("assertion.unexpired", &[], &["token.expired", "clock.skew"]),
    ("assertion.saml", &[], &["saml.mixed_up"]),
    ("assertion.realm", &[], &["saml.mixed_up"]),
    // people
    ("user.known", &[], &["user.unknown"]),
    ("password.right", &[], &["user.wrong_password"]),
    ("password.present", &[], &["user.account_state", "user.wrong_password", "ropc.not_possible"]),
    ("password.unexpired", &[], &["user.account_state"]),
    ("password.changed", &[], &["user.account_state"]),
    ("account.enabled", &[], &["user.account_state"]),
    ("account.unlocked", &[], &["user.account_state"]),
    ("account.of_age", &[], &["user.account_state"]),
    ("account.in_tenant", &[], &["user.other_org", "user.personal_not_allowed"]),
    ("account.kind", &[], &["user.personal_not_allowed"]),
    ("account.has_version", &[], &["endpoint.v1_personal_account"]),
    ("account.selectable", &[], &["session.none"]),
    ("guest.accepted", &[], &["user.other_org"]),
    ("guest.enabled", &[], &["user.account_state"]),
    ("guest.not_at_risk", &[], &["ca.blocked"]),
    ("partner.not_at_risk", &[], &["ca.blocked"]),
    ("registration.not_at_risk", &[], &["ca.blocked"]),
    ("registration.allowed_here", &[], &["ca.blocked"]),
    ("security_defaults.allow", &[], &["ca.flow_blocked"]),
    ("flow.transferable", &[], &["ca.flow_blocked"]),
    ("factor.right", &[], &["user.cancelled", "mfa.interaction_needed"]),
    ("factor.second", &[], &["mfa.interaction_needed", "ropc.not_possible"]),
    ("factor.fresh", &[], &["mfa.interaction_needed"]),
    ("terms.accepted", &[], &["mfa.interaction_needed"]),
    ("policy.met", &[53000], &["ca.device_state"]),
    ("policy.met", &[53003], &["ca.blocked"]),
    ("policy.met", &[], &["mfa.interaction_needed", "ropc.not_possible"]),
    ("policy.sign_in_frequency", &[], &["ca.sign_in_frequency"]),
    ("device.shown", &[], &["ca.device_state"]),
    ("device.own", &[], &["ca.device_state"]),
    ("device.known", &[], &["ca.device_state"]),
    ("device.enabled", &[], &["ca.device_state"]),
    ("device.joined", &[], &["ca.device_state"]),
    // sessions
    ("session.present", &[], &["session.none"]),
    ("session.known", &[], &["session.none"]),
    ("session.suits", &[], &["session.none"]),
    ("session.unambiguous", &[], &["session.none"]),
    ("session.password_unexpired", &[], &["refresh_token.revoked", "session.none"]),
    ("session.not_revoked", &[], &["refresh_token.revoked", "session.none"]),
    ("flow_token.valid", &[], &["session.interrupt"]),
    ("id_token_hint.of_tenant", &[], &["request.", "token.header_malformed"]),
    // consent
    ("consent.given", &[65001], &["consent.delegated_missing", "consent.middle_tier_missing"]),
    ("consent.given", &[65004], &["user.cancelled"]),
    ("consent.given", &[], &["consent.admin_required"]),
    ("consent.low_impact", &[], &["consent.tenant_policy"]),
    ("consent.not_risky", &[], &["consent.tenant_policy"]),
    ("device.not_declined", &[], &["user.cancelled"]),
    // what is held
    ("refresh_token.client", &[], &["grant.other_context"]),
    ("refresh_token.of_work_account", &[], &["grant.other_context"]),
    ("refresh_token.used_lately", &[], &["refresh_token.inactive"]),
    ("refresh_token.row_unexpired", &[], &["refresh_token.spa_lifetime"]),
    ("refresh_token.unrevoked", &[], &["refresh_token.revoked"]),
    ("device.approved", &[], &["device_code.pending"]),
    ("poll.interval", &[], &["device_code.pending"]),
    ("device_code.tenant", &[], &["grant.other_context"]),
    ("device_code.known", &[], &["device_code.expired", "grant.other_context"]),
    ("device_code.unused", &[], &["code.reused"]),
    ("device_code.unexpired", &[], &["device_code.expired"]),
    ("user_code.known", &[], &["device_code.expired"]),
    ("user_code.unexpired", &[], &["device_code.expired"]),
    ("user_code.present", &[], &["device_code.expired"]),
    ("user_code.open", &[], &["device_code.expired"]),
];
