//! The part of a flow that travels through a person's user agent: where it goes, and how it comes back.

use url::Url;

use crate::wire::Params;

/// An address for a user agent, and where it is expected to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where to go.
    pub url: Url,
    /// The redirect URI at which the visit ends.
    pub redirect_uri: Url,
}

/// A redirect listener that is open, and what the person has to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The redirect URI with the port that is really open.
    pub redirect_uri: Url,
    /// The SHA-256 fingerprint of the certificate that was made for an https address, as browsers show it.
    pub certificate: Option<String>,
    /// The command that leads a browser on another machine here, where this program runs over SSH.
    pub tunnel: Option<String>,
}

impl From<Url> for Listening {
    /// A plain http listener on the person's own machine.
    fn from(redirect_uri: Url) -> Self {
        Self { redirect_uri, certificate: None, tunnel: None }
    }
}

/// The authority's answer as it reached the redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which way it came.
    pub by: ArrivedBy,
    /// The parameters of the answer, in their order.
    pub params: Params,
}

/// The ways an authorization response can reach us (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivedBy {
    /// In the query of the redirect.
    Query,
    /// In its fragment.
    Fragment,
    /// As a form post.
    FormPost,
    /// The person pasted the address.
    Pasted,
}

/// What an answer has at least one of.
const ANSWERS: [&str; 5] = ["code", "error", "id_token", "access_token", "admin_consent"];

/// Reads what a person pasted: the whole address that they were sent back to, with its answer in the query or behind
/// the `#`; or only the `code=…&state=…` part of it, or the body of the form that the browser posted. An error says what
/// is missing.
pub fn read_pasted(text: &str) -> Result<Arrival, String> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>']).trim();
    if text.is_empty() {
        return Err("nothing was pasted; copy the whole address from the browser's address bar".to_owned());
    }
    let (address, parts) = match Url::parse(text) {
        // An address always has its own marks; `code=…` is not one, and neither is `state:…`.
        Ok(url) if text.contains(['?', '#', '/']) => {
            let parts =
                [url.query().unwrap_or_default().to_owned(), url.fragment().unwrap_or_default().to_owned()];
            (true, parts)
        }
        _ => {
            let bare = text.trim_start_matches(['?', '#', '&']);
            // An address whose beginning was not copied still has its answer behind the mark.
            let answer = bare.split_once(['?', '#']).map_or(bare, |(_, answer)| answer);
            (false, [answer.to_owned(), String::new()])
        }
    };
    let mut readings = parts.iter().map(|part| Params::parse(part));
    match readings.find(|params| ANSWERS.iter().any(|name| params.get(name).is_some())) {
        Some(params) => Ok(Arrival { by: ArrivedBy::Pasted, params }),
        // Back from signing out there is nothing but the state.
        None if address
            && parts[0].split('&').all(|part| part.starts_with("state="))
            && !parts[0].is_empty() =>
        {
            Ok(Arrival { by: ArrivedBy::Pasted, params: Params::parse(&parts[0]) })
        }
        None if address && parts.iter().all(String::is_empty) => {
            Err("this address has no answer in it: it should go on with ?code=…, #id_token=… or error=…"
                .to_owned())
        }
        None if parts[0].contains("response_type=") => {
            Err("this is the address where the sign-in begins; paste the one that it ended at".to_owned())
        }
        None => Err("there is neither code= nor a token nor error= in it; copy the whole address".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Vec<(String, String)> {
        let arrival = read_pasted(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(arrival.by, ArrivedBy::Pasted);
        arrival.params.0
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_pasted_address_may_be_whole_or_in_part() {
        let both = [pair("code", "a b"), pair("state", "s")];
        for text in [
            "http://localhost:5000/?code=a%20b&state=s",
            "  \"http://localhost:5000/callback?code=a+b&state=s\"\n",
            "http://localhost:5000/#code=a+b&state=s",
            "myapp://auth?code=a+b&state=s",
            "localhost:5000/?code=a+b&state=s",
            "code=a+b&state=s",
            "?code=a+b&state=s",
        ] {
            assert_eq!(params(text), both, "{text}");
        }
        assert_eq!(params("http://localhost/?error=access_denied"), [pair("error", "access_denied")]);
        let consent = [pair("admin_consent", "True"), pair("tenant", "t")];
        assert_eq!(params("http://localhost/?admin_consent=True&tenant=t"), consent);
        assert_eq!(params("http://localhost/bye?state=s"), [pair("state", "s")]);
        assert_eq!(params("https://localhost/#id_token=i"), [pair("id_token", "i")]);
        let form = [pair("access_token", "a/b"), pair("state", "s")];
        assert_eq!(params("access_token=a%2Fb&state=s"), form);
        assert_eq!(params("#access_token=a%2Fb&state=s"), form);
    }

    #[test]
    fn what_is_missing_is_said() {
        let check = |text: &str, part: &str| {
            let why = read_pasted(text).expect_err(text);
            assert!(why.contains(part), "{text}: {why}");
        };
        check("", "nothing was pasted");
        check("http://localhost:5000/", "no answer in it");
        check("http://localhost:7080/authorize?response_type=code&state=s", "where the sign-in begins");
        check("state=s&session_state=x", "neither code= nor a token");
        check("some words", "neither code= nor a token");
    }
}
