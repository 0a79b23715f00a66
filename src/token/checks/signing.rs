//! Algorithm, key and signature: three lights that depend on each other, since the key decides the algorithm.

use serde_json::Value;

use super::{ALGORITHM, Expected, KEY, SIGNATURE};
use crate::{
    finding::Finding,
    token::{
        Decoded, SharedKey,
        compact::is_unsecured,
        known, part,
        remarks::quote,
        signature::{self, Algorithm, Choice, Key, Unusable},
    },
};

/// How a key came to be tried.
#[derive(Clone, Copy)]
enum By<'a> {
    /// The token names it.
    Name,
    /// The token names none.
    Chance,
    /// The token gives this name, and the key has none.
    Default(&'a str),
}

/// Algorithm, key and signature: one finding each. Returns the key that the token names or was signed with.
pub(super) fn judge<'a>(
    token: &'a Decoded,
    expected: &'a Expected,
    findings: &mut Vec<Finding>,
) -> Option<Key<'a>> {
    let (jwks, source) = (expected.jwks.as_ref(), expected.jwks_source.as_deref());
    let named = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if let Some(shared) = &expected.shared_key
        && !is_unsecured(&token.header)
    {
        match Algorithm::parse(named).filter(|algorithm| algorithm.is_shared()) {
            Some(algorithm) => {
                findings.extend(with_shared_key(token, algorithm, shared));
                return None;
            }
            // The secret says nothing about tokens that are signed with a private key.
            None if jwks.is_none() && !named.is_empty() => {
                findings.push(ALGORITHM.error(format!(
                    "The header names {}; the key at hand is a shared secret, which only allows HS256, HS384 and HS512.",
                    quote(named)
                )));
                findings.push(KEY.info("No key was looked for: the algorithm is refused."));
                findings.push(SIGNATURE.warning("The signature was not checked: the algorithm is refused."));
                return None;
            }
            None => {}
        }
    }
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
    let (candidates, by) = match signature::choose(&token.header, &keys) {
        Choice::Named(candidates) => (candidates, By::Name),
        Choice::Nameless { wanted, keys } => (keys, By::Default(wanted)),
        Choice::Guessed(candidates) if !candidates.is_empty() => (candidates, By::Chance),
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
    let mut of_key = judge_key(key, by, signing.is_some(), candidates.len());
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
    if !Algorithm::parse(named).is_some_and(Algorithm::is_shared) {
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
    let algorithm = Algorithm::parse(named)?;
    let (message, signature) = signed_parts(token)?;
    candidates.iter().copied().find(|key| {
        key.allowed().is_ok_and(|allowed| allowed.contains(&algorithm))
            && key.verifies(algorithm, message, &signature) == Ok(true)
    })
}

fn judge_algorithm(named: &str, candidates: &[Key<'_>], key: Key<'_>) -> Finding {
    let wanted = Algorithm::parse(named);
    let fits = |key: &Key<'_>| {
        key.allowed().is_ok_and(|allowed| wanted.is_some_and(|wanted| allowed.contains(&wanted)))
    };
    let key = if fits(&key) { key } else { candidates.iter().copied().find(fits).unwrap_or(key) };
    match key.allowed() {
        Err(_) => ALGORITHM.warning("The algorithm was not compared: the key cannot be used."),
        Ok(allowed) => {
            let permitted: Vec<_> = allowed.iter().map(|algorithm| algorithm.name()).collect();
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

fn judge_key(key: Key<'_>, by: By<'_>, verified: bool, tried: usize) -> Finding {
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
        Ok(_) => match (by, verified) {
            (By::Name, _) => KEY.passed(format!(
                "The token names the key {name}, and the set has it ({}).",
                key.description()
            )),
            (By::Default(wanted), true) => KEY.warning(format!(
                "The token names the key {}; a key without a name ({}) fits it.",
                quote(wanted),
                key.description()
            )),
            (By::Default(wanted), false) => KEY.warning(format!(
                "The token names the key {}; of the keys without a name {tried} were tried.",
                quote(wanted)
            )),
            (By::Chance, true) => KEY.warning(format!("The token names no key; {name} of the set fits it.")),
            (By::Chance, false) => {
                KEY.warning(format!("The token names no key; {tried} of the set were tried."))
            }
        },
    }
}

/// The three lights of a token that is protected with a secret, which a person gave for this.
fn with_shared_key(token: &Decoded, algorithm: Algorithm, shared: &SharedKey) -> [Finding; 3] {
    let (named, secret) = (algorithm.name(), shared.expose());
    let fits = ALGORITHM.passed(format!("{named} needs a shared secret, and one was given."));
    let least = algorithm.least_secret();
    if secret.len() < least {
        return [
            fits,
            KEY.error(format!(
                "The shared secret has {} bytes; {named} takes none below {least}, for it could be guessed.",
                secret.len()
            )),
            SIGNATURE.warning("The signature was not checked: the key cannot be used."),
        ];
    }
    let signature = match signed_parts(token) {
        None => SIGNATURE.error("There is no signature to check."),
        Some((message, mac)) if algorithm.authenticates(secret, message, &mac) => {
            SIGNATURE.passed(format!("The {named} signature verifies with the shared secret."))
        }
        Some(_) => SIGNATURE.error(format!(
            "The {named} signature does not verify with the shared secret: token or signature was altered, or the \
             secret is another one."
        )),
    };
    [fits, KEY.passed(format!("The shared secret that was given ({} bytes).", secret.len())), signature]
}

/// What is signed, and the signature over it; nothing where there is none, or none that can be read.
fn signed_parts(token: &Decoded) -> Option<(&str, Vec<u8>)> {
    let (message, signature) = token.raw.expose().rsplit_once('.')?;
    let signature = part::read(signature);
    (message.contains('.') && !signature.cut && !signature.bytes.is_empty())
        .then_some((message, signature.bytes))
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
    if signed_parts(token).is_none() {
        return SIGNATURE.error("There is no signature to check.");
    }
    let wanted = Algorithm::parse(named);
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
