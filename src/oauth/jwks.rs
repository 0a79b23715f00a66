//! The key set (RFC 7517 §5): the public keys that check the issuer's signatures.

use serde_json::Value;

use super::answer::{self, Members, Trouble};
use crate::wire::Response;

/// What the document is called in errors.
const DOCUMENT: &str = "a JSON Web Key Set";

/// A key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// What each key says about itself.
    pub keys: Vec<Key>,
    /// The whole document, for the signature check.
    pub document: Value,
}

/// One key's labels. The numbers stay in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name tokens call it by.
    pub kid: Option<String>,
    /// The family, such as `RSA`.
    pub kty: String,
    /// What it is for, `sig` or `enc`.
    pub usage: Option<String>,
    /// The one algorithm it is for; Entra does not say.
    pub alg: Option<String>,
}

impl KeySet {
    /// Reads the answer of the keys' address. Keys of a kind that we do not know are fine (RFC 7517 §5).
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        let document = answer::object(response, DOCUMENT)?;
        let members = Members::new(DOCUMENT, &document);
        let listed = match document.get("keys") {
            Some(Value::Array(listed)) => listed,
            Some(other) => {
                return Err(members
                    .fault("keys", &format!("is {}, not a list", answer::type_of(other)))
                    .into());
            }
            None => return Err(members.fault("keys", "is missing").into()),
        };
        let mut keys = Vec::with_capacity(listed.len());
        for (index, key) in listed.iter().enumerate() {
            let Value::Object(key) = key else {
                let what = format!("is {}, not an object", answer::type_of(key));
                return Err(members.fault(&format!("keys[{index}]"), &what).into());
            };
            let key = Members::new("a JSON Web Key", key);
            keys.push(Key {
                kid: key.optional_text("kid")?,
                kty: key.text("kty")?,
                usage: key.optional_text("use")?,
                alg: key.optional_text("alg")?,
            });
        }
        Ok(Self { keys, document: Value::Object(document) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::answer::tests::answer;

    #[test]
    fn keys_are_listed_and_the_document_is_kept() {
        let document = json!({"keys": [
            {"kty": "RSA", "use": "sig", "kid": "a", "n": "x", "e": "AQAB"},
            {"kty": "newer than us"}
        ]});
        let set = KeySet::read(&answer(200, &document)).expect("good");
        let (kid, usage) = (Some("a".into()), Some("sig".into()));
        assert_eq!(set.keys[0], Key { kid, kty: "RSA".into(), usage, alg: None });
        assert_eq!(set.keys.len(), 2);
        assert_eq!(set.document, document);
    }

    #[test]
    fn each_malformed_member_is_named() {
        for (document, name) in [
            (json!({}), "`keys`"),
            (json!({"keys": {}}), "`keys`"),
            (json!({"keys": [1]}), "`keys[0]`"),
            (json!({"keys": [{}]}), "`kty`"),
            (json!({"keys": [{"kty": 1}]}), "`kty`"),
            (json!({"keys": [{"kty": "RSA", "kid": 1}]}), "`kid`"),
            (json!({"keys": [{"kty": "RSA", "use": []}]}), "`use`"),
            (json!({"keys": [{"kty": "RSA", "alg": {}}]}), "`alg`"),
        ] {
            let Err(Trouble::Unreadable(failure)) = KeySet::read(&answer(200, &document)) else {
                panic!("{document} was accepted")
            };
            assert!(failure.to_string().contains(name), "{failure}");
        }
    }
}
