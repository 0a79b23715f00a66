//! Who made the token, for whom, in which tenant: names compared with names.

use serde_json::Value;

use super::{AUDIENCE, ISSUER, KEY_ISSUER, TENANT};
use crate::{
    finding::Finding,
    token::{Decoded, known, remarks::quote, signature::Key},
};

/// The part of Entra's metadata that stands for the id of a tenant.
const TEMPLATE: &str = "{tenantid}";

/// A few of the names that would do.
fn either(names: &[String]) -> String {
    names.iter().take(4).map(|name| quote(name)).collect::<Vec<_>>().join(" or ")
}

/// The tenant that may stand in a template: only a GUID.
fn tenant_id(token: &Decoded) -> Option<&str> {
    token.text("tid").filter(|tenant| known::is_guid(tenant))
}

/// `iss` is one of the issuers whose tokens are taken, letter for letter.
pub(super) fn issuer(token: &Decoded, expected: &[String]) -> Finding {
    let Some(first) = expected.first() else {
        return ISSUER.info("The issuer was not compared: it is not known whom to expect.");
    };
    let Some(issuer) = token.text("iss") else {
        return ISSUER.error(format!("There is no iss; expected is {}.", quote(first)));
    };
    let tenant = tenant_id(token);
    let concrete = |expected: &String| match tenant {
        Some(tenant) => Some(expected.replace(TEMPLATE, tenant)),
        None => (!expected.contains(TEMPLATE)).then(|| expected.clone()),
    };
    if let Some(own) = expected.iter().find(|own| concrete(own).as_deref() == Some(issuer)) {
        let how = if own.contains(TEMPLATE) {
            "the metadata's template with tid put in"
        } else {
            "the issuer that is expected"
        };
        return ISSUER.passed(format!("iss is {}, exactly {how}.", quote(issuer)));
    }
    let known: Vec<String> = expected.iter().filter_map(concrete).collect();
    if known.is_empty() {
        return ISSUER.error(format!(
            "The metadata's issuer is a template, {}, and there is no tid (a GUID) to put into it.",
            quote(first)
        ));
    }
    let old_form = |issuer: &str| !issuer.trim_end_matches('/').ends_with("/v2.0");
    let hint = if known.iter().any(|one| issuer.trim_end_matches('/') == one.trim_end_matches('/')) {
        " They differ in the final slash only."
    } else if known::is_entra(&token.claims) && known.iter().all(|one| old_form(issuer) != old_form(one)) {
        " One is the form of version 1.0 and the other that of 2.0: use the metadata document of the token's version."
    } else {
        ""
    };
    ISSUER.error(format!("iss is {}; expected is {}.{hint}", quote(issuer), either(&known)))
}

/// `tid` is one of the tenants that are let in. An issuer made from a template lets every tenant in.
pub(super) fn tenant(token: &Decoded, expected: &[String]) -> Option<Finding> {
    if expected.is_empty() {
        return None;
    }
    let wanted = either(expected);
    Some(match token.text("tid") {
        None => TENANT.error(format!("There is no tid; expected is {wanted}.")),
        Some(own) if expected.iter().any(|one| one.eq_ignore_ascii_case(own)) => {
            TENANT.passed(format!("tid is {}, a tenant that is let in.", quote(own)))
        }
        Some(own) if own == known::PERSONAL_TENANT => TENANT.error(format!(
            "tid is {}, the tenant of all personal Microsoft accounts; expected is {wanted}.",
            quote(own)
        )),
        Some(own) => TENANT.error(format!("tid is {}; expected is {wanted}.", quote(own))),
    })
}

/// Entra says with each key for whose tokens it may be used; a key of personal accounts must not vouch for a tenant.
pub(super) fn key_issuer(token: &Decoded, key: Key<'_>) -> Option<Finding> {
    let of_key = key.member("issuer")?;
    let name = quote(key.name());
    let issuer = token.text("iss").unwrap_or_default();
    let concrete = match tenant_id(token) {
        Some(tenant) => of_key.replace(TEMPLATE, tenant),
        None if of_key.contains(TEMPLATE) => {
            let title =
                format!("The key {name} is for a template of issuers, and there is no tid to put into it.");
            return Some(KEY_ISSUER.error(title));
        }
        None => of_key.to_owned(),
    };
    if issuer == concrete {
        return Some(KEY_ISSUER.passed(format!("The key {name} is meant for this issuer.")));
    }
    // Tokens of version 1.0 have the older issuer; keys carry the newer one for both.
    let same_tenant = tenant_id(token).is_some_and(|tenant| {
        let names = |issuer: &str| issuer.split('/').any(|segment| segment.eq_ignore_ascii_case(tenant));
        names(issuer) && names(&concrete)
    });
    Some(if token.text("ver") == Some("1.0") && same_tenant {
        KEY_ISSUER.passed(format!(
            "The key {name} is meant for this tenant (its issuer has the form of version 2.0)."
        ))
    } else {
        KEY_ISSUER.error(format!(
            "The key {name} may only sign for {}, and iss is {}.",
            quote(&concrete),
            quote(issuer)
        ))
    })
}

/// `aud` names this seat, by whichever of its names. `alone`: nobody else may be named beside it, as in the ID token of a
/// client that trusts no other (OpenID Connect Core §3.1.3.7).
pub(super) fn audience(token: &Decoded, expected: &[String], alone: bool) -> Finding {
    let Some(first) = expected.first() else {
        return AUDIENCE.info("The audience was not compared: it is not known who this seat is.");
    };
    let named: Vec<&str> = match token.claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect()
        }
        Some(other) => {
            return AUDIENCE.error(format!(
                "aud must be a string or a list of strings; it is {}.",
                quote(&other.to_string())
            ));
        }
        None => return AUDIENCE.error(format!("There is no aud; expected is {}.", quote(first))),
    };
    let shown = named.iter().take(4).map(|one| quote(one)).collect::<Vec<_>>().join(", ");
    if let Some(own) = expected.iter().find(|own| named.contains(&own.as_str())) {
        let strangers = named.iter().any(|one| !expected.iter().any(|own| own == one));
        return if alone && strangers {
            AUDIENCE.error(format!(
                "aud is {shown}: an ID token for others as well proves little, for any of them can pass it on."
            ))
        } else {
            AUDIENCE.passed(format!("aud is {}, exactly what is expected.", quote(own)))
        };
    }
    let wanted = either(expected);
    let near = |one: &&str| {
        let bare = |text: &str| text.trim_start_matches("api://").trim_end_matches('/').to_ascii_lowercase();
        expected.iter().any(|own| bare(one) == bare(own))
    };
    let is_uri = |name: &str| name.contains("://");
    let hint = if named.iter().any(near) {
        " They only differ in letter case, in api:// or in a final slash, and still count as different."
            .to_owned()
    } else if let Some(resource) = named.iter().find_map(|one| known::resource(one)) {
        format!(" This token is for {resource}.")
    } else if named.iter().any(|one| is_uri(one)) && expected.iter().all(|own| known::is_guid(own)) {
        " Tokens of version 1.0 name an API by its App ID URI, those of 2.0 by its client id; an API that gets both \
         expects both."
            .to_owned()
    } else if named.iter().any(|one| known::is_guid(one)) && expected.iter().all(|own| is_uri(own)) {
        " Tokens of version 2.0 name an API by its client id; expect that as well.".to_owned()
    } else {
        String::new()
    };
    AUDIENCE.error(format!("aud is {shown}; expected is {wanted}.{hint}"))
}
