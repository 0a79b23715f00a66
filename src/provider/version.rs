//! Version 1 of the endpoints, which programs from before scopes still use (reference §4.14).
//!
//! Version 1 names a resource where version 2 names scopes, writes numbers as texts, and has a few numbers of its own for
//! the same refusals. Everything else about a request is judged by the same rules, so the two share their endpoints, and
//! this module holds what differs. The version of an *access token* is none of its business: the resource decides that.

use serde::{Deserialize, Serialize};

use super::{call::Call, refusal::Refusal};

/// Which version of an endpoint was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Version {
    /// `{t}/oauth2/…`, with `resource`.
    One,
    /// `{t}/oauth2/v2.0/…`, with `scope`.
    #[default]
    Two,
}

impl Version {
    /// By the path. Admin consent has versions, too, and they differ in other ways.
    pub fn of(call: &Call) -> Self {
        let mut segments = call.path.split('/').skip(1).map(str::to_ascii_lowercase);
        let (first, second) = (segments.next(), segments.next());
        let is_first = first.as_deref() == Some("oauth2")
            && matches!(second.as_deref(), Some("authorize" | "token" | "devicecode"));
        if is_first { Self::One } else { Self::Two }
    }

    /// The number in `ver` and at the end of issuers.
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// A refusal in the words of this version.
    pub fn spell(self, mut refusal: Box<Refusal>) -> Box<Refusal> {
        if self == Self::Two {
            return refusal;
        }
        match refusal.code {
            900_144 => refusal.code = 90014,
            900_561 => {
                refusal.code = 90056;
                "This address is for programs that post; it shows no page.".clone_into(&mut refusal.text);
            }
            70020 => refusal.error = "code_expired",
            _ => {}
        }
        refusal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{provider::random::Random, time::UnixTime, wire::Request};

    fn of(path: &str) -> Version {
        let url = url::Url::parse(&format!("http://localhost/{path}")).unwrap();
        Version::of(&Call::read(&Request::get(url), UnixTime::default(), &mut Random::new([7; 32])))
    }

    #[test]
    fn the_path_tells_the_version() {
        for path in ["t/oauth2/token", "t/OAuth2/Authorize", "common/oauth2/devicecode"] {
            assert_eq!(of(path), Version::One, "{path}");
        }
        for path in ["t/oauth2/v2.0/token", "t/adminconsent", "common/oauth2/deviceauth", "oauth2/token"] {
            assert_eq!(of(path), Version::Two, "{path}");
        }
    }

    #[test]
    fn version_1_has_numbers_of_its_own() {
        let missing = || crate::provider::refusal::missing("code");
        assert_eq!(
            (Version::One.spell(missing()).code, Version::Two.spell(missing()).code),
            (90014, 900_144)
        );
        let expired = Refusal::new(70020, "expired_token", "");
        assert_eq!(Version::One.spell(expired).error, "code_expired");
    }
}
