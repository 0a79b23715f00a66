//! Algorithm, key and signature: three lights that depend on each other, since the key decides the algorithm.

use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::{ALGORITHM, KEY, SIGNATURE};
use crate::{
    finding::Finding,
    token::{
        Decoded,
        compact::is_unsecured,
        known, part,
        remarks::quote,
        signature::{self, Choice, Key, Unusable},
    },
};

/// Algorithm, key and signature: one finding each. Returns the key that the token names or was signed with.
pub(super) fn judge<'a>(
    token: &'a Decoded,
    jwks: Option<&'a Value>,
    source: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Option<Key<'a>> {
    let named = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if let Some(refused) = refuse_algorithm(token, named, jwks.is_some()) {
        findings.push(refused);
        findings.push(KEY.info("No key was looked for: the algorithm is refused."));
        findings.push(if is_unsecured(&token.header) {
            SIGNATURE.error("There is no signature: anybody can have written this token.")
        } else {
            SIGNATURE.warning("The signature was not checked: the algorithm is refused.")
        });
        return None;
    }
    let Some(jwks) = jwks else {
        findings.push(ALGORITHM.info(format!(
            "The header names {}; without a key there is nothing to compare it with.",
            quote(named)
        )));
        findings.push(KEY.info("No key was looked for: no key set is at hand."));
        findings.push(SIGNATURE.info("The signature was not checked: no key set is at hand."));
        return None;
    };
    let Some(keys) = Key::all(jwks) else {
        findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
        findings.push(KEY.error("What was fetched as the key set has no array \u{201c}keys\u{201d}."));
        findings.push(SIGNATURE.warning("The signature was not checked: there is no key."));
        return None;
    };
    let (candidates, guessed) = match signature::choose(&token.header, &keys) {
        Choice::Named(candidates) => (candidates, false),
        Choice::Guessed(candidates) if !candidates.is_empty() => (candidates, true),
        Choice::Guessed(_) => {
            findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
            findings.push(KEY.error("The key set is empty."));
            findings.push(SIGNATURE.warning("The signature was not checked: there is no key."));
            return None;
        }
        Choice::Missing { wanted } => {
            findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
            findings.push(KEY.error(format!(
                "The token names the key {}, and the set has {}. Either it was renewed since it was fetched, or the \
                 token comes from elsewhere.",
                quote(wanted),
                list(&keys)
            )));
            findings.push(SIGNATURE.warning("The signature was not checked: its key is not in the set."));
            return None;
        }
    };
    let signing = verify(token, named, &candidates);
    // Of several keys, talk about the one that signed; of one, about that one.
    let key = signing.or_else(|| candidates.first().copied())?;
    findings.push(judge_algorithm(named, &candidates, key));
    let mut of_key = judge_key(key, guessed, signing.is_some(), candidates.len());
    if let Some(source) = source {
        of_key.title = format!("{} The set comes from {source}.", of_key.title);
    }
    findings.push(of_key);
    findings.push(verdict(token, named, &candidates, key, signing.is_some()));
    Some(key)
}

/// Algorithms that no public key can ever be used with.
fn refuse_algorithm(token: &Decoded, named: &str, has_keys: bool) -> Option<Finding> {
    if is_unsecured(&token.header) {
        return Some(ALGORITHM.error("alg is none: a token without signature is always refused."));
    }
    if named.is_empty() {
        return Some(ALGORITHM.error("The header does not say how the token was signed (alg)."));
    }
    if !matches!(signature::algorithm(named), Some(Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)) {
        return None;
    }
    Some(if has_keys {
        ALGORITHM.error(format!(
            "The header names {named}, which needs a shared secret; the key set holds public keys, and those are no \
             secret: anybody could have made this signature."
        ))
    } else {
        ALGORITHM.warning(format!("{named} needs a shared secret, which is not known here."))
    })
}

/// The first of the keys that verifies the signature, with an algorithm that this very key allows.
fn verify<'a>(token: &Decoded, named: &str, candidates: &[Key<'a>]) -> Option<Key<'a>> {
    let algorithm = signature::algorithm(named)?;
    let (message, signature) = token.raw.expose().rsplit_once('.')?;
    let signature = part::read(signature);
    if signature.cut || signature.bytes.is_empty() || !message.contains('.') {
        return None;
    }
    candidates.iter().copied().find(|key| {
        key.allowed().is_ok_and(|allowed| allowed.contains(&algorithm))
            && key.verifies(algorithm, message, &signature.bytes) == Ok(true)
    })
}

fn judge_algorithm(named: &str, candidates: &[Key<'_>], key: Key<'_>) -> Finding {
    let wanted = signature::algorithm(named);
    let fits = |key: &Key<'_>| {
        key.allowed().is_ok_and(|allowed| wanted.is_some_and(|wanted| allowed.contains(&wanted)))
    };
    let key = if fits(&key) { key } else { candidates.iter().copied().find(fits).unwrap_or(key) };
    match key.allowed() {
        Err(_) => ALGORITHM.warning("The algorithm was not compared: the key cannot be used."),
        Ok(allowed) => {
            let permitted: Vec<_> = allowed.iter().map(|algorithm| signature::name(*algorithm)).collect();
            let permitted = permitted.join(", ");
            if fits(&key) {
                ALGORITHM.passed(format!(
                    "{named} is among what the key ({}) allows: {permitted}.",
                    key.description()
                ))
            } else {
                ALGORITHM.error(format!(
                    "The header names {}; the key ({}) only allows {permitted}.",
                    quote(named),
                    key.description()
                ))
            }
        }
    }
}

fn judge_key(key: Key<'_>, guessed: bool, verified: bool, tried: usize) -> Finding {
    let name = quote(key.name());
    match key.allowed() {
        Err(Unusable::NotForSignatures) => KEY.error(format!("The key {name} is not meant for signatures.")),
        Err(Unusable::TooShort(bits)) => {
            KEY.error(format!("The key {name} has {bits} bits; RSA keys below 2048 are refused."))
        }
        Err(Unusable::SharedSecret) => {
            KEY.error(format!("The key {name} is symmetric; a published secret is none, and proves nothing."))
        }
        Err(Unusable::UnknownType) => KEY.warning(format!(
            "The key {name} ({}) is of a type that is not supported here.",
            quote(&key.description())
        )),
        Err(Unusable::OtherAlgorithm(own)) => {
            KEY.error(format!("The key {name} is reserved for {}, which does not fit its type.", quote(&own)))
        }
        Err(Unusable::Unreadable) => KEY.error(format!("The key {name} is malformed.")),
        Ok(_) if !guessed => {
            KEY.passed(format!("The token names the key {name}, and the set has it ({}).", key.description()))
        }
        Ok(_) if verified => KEY.warning(format!("The token names no key; {name} of the set fits it.")),
        Ok(_) => KEY.warning(format!("The token names no key; {tried} of the set were tried.")),
    }
}

fn verdict(token: &Decoded, named: &str, candidates: &[Key<'_>], key: Key<'_>, verified: bool) -> Finding {
    let name = quote(key.name());
    if verified {
        return SIGNATURE.passed(format!("The {named} signature verifies with the key {name}."));
    }
    // Microsoft Graph changes the header before it verifies; a failure here says nothing.
    if token.header.contains_key("nonce") && known::is_for_graph(&token.claims) {
        return SIGNATURE.info(
            "Only Microsoft Graph can check this signature: it covers a header in which nonce was replaced.",
        );
    }
    if !token
        .raw
        .expose()
        .rsplit_once('.')
        .is_some_and(|(message, part)| message.contains('.') && !part.is_empty())
    {
        return SIGNATURE.error("There is no signature to check.");
    }
    let wanted = signature::algorithm(named);
    let usable = candidates.iter().filter_map(|key| key.allowed().ok());
    let mut usable = usable.peekable();
    if usable.peek().is_none() {
        return SIGNATURE.warning("The signature was not checked: the key cannot be used.");
    }
    if !usable.any(|allowed| wanted.is_some_and(|wanted| allowed.contains(&wanted))) {
        return SIGNATURE.warning("The signature was not checked: the key does not allow that algorithm.");
    }
    let which =
        if candidates.len() == 1 { format!("the key {name}") } else { "any of those keys".to_owned() };
    SIGNATURE
        .error(format!("The {named} signature does not verify with {which}: token or signature was altered."))
}

/// The names of keys, a few of them.
fn list(keys: &[Key<'_>]) -> String {
    const NAMED: usize = 4;
    if keys.is_empty() {
        return "no key at all".to_owned();
    }
    let shown = keys.iter().take(NAMED).map(|key| quote(key.name())).collect::<Vec<_>>().join(", ");
    match keys.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
