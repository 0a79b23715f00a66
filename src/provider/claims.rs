//! The `claims` parameter (OpenID Connect Core §5.5, reference §8.9): what a client wants said in its tokens.
//!
//! The lab heeds what Entra heeds: authentication contexts (`acrs`), the client's capabilities (`xms_cc`), policies that a
//! challenge named, and `auth_time`. Whatever else is asked for is left alone, as the specification wants it.

use std::collections::HashSet;

use serde_json::Value;

use super::refusal::Refusal;

/// A `claims` parameter as far as it is heeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Authentication contexts for the access token, such as `c1`.
    pub contexts: Vec<String>,
    /// Authentication contexts for the ID token.
    pub id_token_contexts: Vec<String>,
    /// What the client can do; `cp1` says that it takes claims challenges.
    pub capabilities: Vec<String>,
    /// Ids of policies. Older challenges say `polids`.
    pub policies: Vec<String>,
    /// Whether the ID token has to tell the moment of signing in.
    pub auth_time: bool,
}

impl Claims {
    /// Reads the parameter; `None` for text that is no JSON object. No parameter asks for nothing.
    pub fn read(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::default()) };
        let document: Value = serde_json::from_str(text).ok().filter(Value::is_object)?;
        let (access_token, id_token) = (&document["access_token"], &document["id_token"]);
        let mut policies = values(&access_token["capolids"]);
        policies.extend(values(&access_token["polids"]));
        Some(Self {
            contexts: values(&access_token["acrs"]),
            id_token_contexts: values(&id_token["acrs"]),
            capabilities: values(&access_token["xms_cc"]),
            policies,
            auth_time: id_token.get("auth_time").is_some(),
        })
    }

    /// 90100: there is a parameter, and it is no request for claims.
    pub fn unreadable(sent: &str) -> Box<Refusal> {
        Refusal::new(90100, "invalid_request", "The parameter 'claims' is empty or not valid.")
            .demands(
                "`claims` is a JSON object; a challenge comes in base64 and is decoded before it is sent on",
            )
            .compares("claims", sent, ["{\"access_token\":{…}}"])
    }

    /// Every authentication context, whichever token it is for.
    pub fn all_contexts(&self) -> Vec<String> {
        self.contexts.iter().chain(&self.id_token_contexts).cloned().collect()
    }

    /// Whether the client takes claims challenges (`cp1`, whatever its letter case).
    pub fn takes_challenges(&self) -> bool {
        self.capabilities.iter().any(|capability| capability.eq_ignore_ascii_case("cp1"))
    }

    /// Adds what a later request of the same flow asks for.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        let add = |list: &mut Vec<String>, more: Vec<String>| {
            let mut known: HashSet<String> = list.iter().cloned().collect();
            list.extend(more.into_iter().filter(|one| known.insert(one.clone())));
        };
        add(&mut self.contexts, later.contexts);
        add(&mut self.id_token_contexts, later.id_token_contexts);
        add(&mut self.capabilities, later.capabilities);
        add(&mut self.policies, later.policies);
        self.auth_time |= later.auth_time;
        self
    }
}

/// `value` and `values` of a request for one claim.
fn values(claim: &Value) -> Vec<String> {
    let several = claim["values"].as_array().into_iter().flatten();
    std::iter::once(&claim["value"]).chain(several).filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, contexts: &[&str], capabilities: &[&str], policies: &[&str], auth_time: bool) {
        let read = Claims::read(Some(text)).expect("an object");
        let names = (read.all_contexts(), read.capabilities, read.policies, read.auth_time);
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(names, (owned(contexts), owned(capabilities), owned(policies), auth_time), "{text}");
    }

    #[test]
    fn what_is_heeded_is_found_wherever_it_stands() {
        check(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#, &["c1"], &[], &[], false);
        check(
            r#"{"id_token":{"acrs":{"values":["c2","c3"]},"auth_time":null}}"#,
            &["c2", "c3"],
            &[],
            &[],
            true,
        );
        check(r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#, &[], &["CP1"], &[], false);
        check(
            r#"{"access_token":{"capolids":{"values":["a"]},"polids":{"value":"b"}}}"#,
            &[],
            &[],
            &["a", "b"],
            false,
        );
        check(r#"{"access_token":{"capolids":null},"userinfo":{"picture":null}}"#, &[], &[], &[], false);
        check("{}", &[], &[], &[], false);
    }

    #[test]
    fn only_an_object_is_a_claims_request() {
        for broken in ["{", "[]", "null", "c1", "\"{}\""] {
            assert_eq!(Claims::read(Some(broken)), None, "{broken}");
        }
        assert_eq!(Claims::read(None), Some(Claims::default()));
    }

    #[test]
    fn later_requests_add() {
        let early =
            Claims::read(Some(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#)).expect("an object");
        let later = r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"value":"c1"}}}"#;
        let both = early.and(Claims::read(Some(later)).expect("an object"));
        assert_eq!((both.capabilities.len(), both.contexts.len()), (1, 1));
        assert!(both.takes_challenges());
    }
}
