//! What to do about a refusal, in one or two sentences: for the body of the answer.

use super::Asked;
use crate::provider::{refusal::Refusal, scenario::ConsentType, token::Token};

/// The advice for the rule that refused.
pub fn advice(asked: &Asked<'_>, token: Option<&Token>, refusal: &Refusal) -> String {
    match refusal.rule {
        "credential.nowhere_else" => {
            "Move the token into the header `Authorization: Bearer …`, and take it out of logs and histories.".into()
        }
        rule if rule.starts_with("credential.") => {
            format!("Send one header `Authorization: Bearer …` with an access token. {}", how_to_get(asked))
        }
        "token.shape" => {
            "Take the member `access_token` of the token endpoint's answer, whole. Codes, refresh tokens and secrets \
             stay between client and authority."
                .into()
        }
        "token.kind" | "token.audience" | "token.version" | "token.issuer" | "token.key" => how_to_get(asked),
        "token.signature" => format!(
            "Send the token as it came, not a copy that was edited or cut. Is it meant for Graph? {}",
            how_to_get(asked)
        ),
        "token.algorithm" => "Use a token of this tenant; no other will do, and this one may be an attack.".into(),
        "token.tenant" => format!(
            "Sign in with an account of {}, or register the API for the accounts of more tenants (signInAudience).",
            asked.resource.tenant.as_deref().and_then(|key| asked.scenario.tenant(key)).map_or_else(
                || "its tenant".to_owned(),
                |tenant| tenant.display_name.clone()
            )
        ),
        "token.valid_from" => "Set the clocks right, or wait.".into(),
        "token.valid_until" => {
            "Get a new one: redeem the refresh token, or for an application by itself ask again. Clients renew a few \
             minutes before `exp`."
                .into()
        }
        "permission.delegated" => format!("Let a person sign in. {}", how_to_get(asked)),
        "permission.application" => format!(
            "Use client credentials: ask for {} with an application that holds the role {}.",
            asked.scope(".default"),
            asked.operation.needs.roles.join(" or ")
        ),
        "permission.scope" => wider_scope(asked),
        "permission.role" => format!(
            "Let an administrator grant {} the role {} on {}, then get a new token: one that was issued before does not \
             change.",
            token.and_then(|token| asked.scenario.application_with_id(token.client())).map_or_else(
                || "the application".to_owned(),
                |client| client.display_name.clone()
            ),
            asked.operation.needs.roles.join(" or "),
            asked.resource.display_name
        ),
        "session.not_revoked" | "session.account_enabled" | "session.place_allowed" => {
            "Decode the `claims` of WWW-Authenticate from base64 and ask for a token again with it: silently first, then \
             on a page. Throw the cached token away."
                .into()
        }
        super::STEP_UP_RULE => {
            "Decode the `claims` of WWW-Authenticate from base64 and sign in again with it as the parameter `claims`. \
             Throw the cached token away."
                .into()
        }
        "body.readable" | "stock.room" => "Mend the body; the token is good.".into(),
        _ => how_to_get(asked),
    }
}

fn how_to_get(asked: &Asked<'_>) -> String {
    let needs = asked.operation.needs;
    let for_person =
        needs.scopes.first().map(|scope| format!("with scope {} for a person", asked.scope(scope)));
    let for_itself = needs
        .roles
        .first()
        .map(|_| format!("with scope {} for an application by itself", asked.scope(".default")));
    let ways: Vec<_> = [for_person, for_itself].into_iter().flatten().collect();
    format!(
        "Ask the token endpoint for an access token for {}, {}.",
        asked.resource.display_name,
        ways.join(", or ")
    )
}

fn wider_scope(asked: &Asked<'_>) -> String {
    let Some(name) = asked.operation.needs.scopes.first() else { return how_to_get(asked) };
    let by_administrator =
        asked.resource.scope(name).is_some_and(|scope| scope.consent == ConsentType::Admin);
    let consent = if by_administrator {
        "An administrator has to consent to it."
    } else {
        "People may consent to it for themselves."
    };
    format!("Sign in again with scope {}. {consent}", asked.scope(name))
}
