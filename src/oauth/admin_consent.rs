//! The admin consent endpoints of Entra (reference §6.1, §6.2): a page where an administrator agrees for everybody in a
//! tenant. No metadata names them; their addresses are made from the tenant's.

use url::Url;

use crate::wire::Params;

/// Where the page is. Version 2 takes scopes; version 1 is about everything that the registration lists.
pub fn address(base: &Url, tenant: &str, is_v1: bool) -> String {
    let base = base.as_str().trim_end_matches('/');
    if is_v1 { format!("{base}/{tenant}/adminconsent") } else { format!("{base}/{tenant}/v2.0/adminconsent") }
}

/// The query, in the order it is sent; version 1 has no `scope`.
pub fn request(client_id: &str, scope: Option<&str>, redirect_uri: &str, state: &str) -> Params {
    let mut params = vec![("client_id", client_id)];
    params.extend(scope.map(|scope| ("scope", scope)));
    params.extend([("redirect_uri", redirect_uri), ("state", state)]);
    Params(params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// What came back besides state and error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Whether it says that consent was given. It says so beside an error, too.
    pub is_given: bool,
    /// The tenant's id. Anybody can write it there.
    pub tenant: Option<String>,
    /// What was agreed to.
    pub scope: Option<String>,
}

impl Consent {
    /// Reads the parameters of the redirect.
    pub fn read(params: &Params) -> Self {
        let text = |name: &str| params.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        Self {
            is_given: params.get("admin_consent").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            tenant: text("tenant"),
            scope: text("scope"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_versions_have_two_addresses_and_one_has_scopes() {
        let base = Url::parse("https://login.example/").expect("an address");
        assert_eq!(address(&base, "t", false), "https://login.example/t/v2.0/adminconsent");
        assert_eq!(address(&base, "t", true), "https://login.example/t/adminconsent");
        assert_eq!(
            request("app", Some("x/.default"), "http://localhost/", "s").encode(),
            "client_id=app&scope=x%2F.default&redirect_uri=http%3A%2F%2Flocalhost%2F&state=s"
        );
        assert_eq!(request("app", None, "r", "s").encode(), "client_id=app&redirect_uri=r&state=s");
    }

    #[test]
    fn the_answer_is_read() {
        let read = |query: &str| Consent::read(&Params::parse(query));
        let given = Consent { is_given: true, tenant: Some("t".into()), scope: Some("a b".into()) };
        assert_eq!(read("admin_consent=True&tenant=t&scope=a+b&state=s"), given);
        assert_eq!(read("tenant=&admin_consent=False"), Consent::default());
    }
}
