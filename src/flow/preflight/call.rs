//! A call with a bearer token, looked at before the token leaves.

use url::Url;

use super::{Report, any};
use crate::{
    finding::Finding,
    flow::{Authority, Draft, Place},
    secret::Secret,
    text::visible,
    token::{self, TokenKind},
    wire::Method,
};

/// Looks at a call to an API, or to UserInfo.
pub(in crate::flow) fn call(
    authority: &Authority,
    draft: &Draft,
    given: &Secret,
    is_user_info: bool,
) -> Vec<Finding> {
    let mut report = Report(any(draft, &[]));
    report.authorization(draft);
    report.in_address(draft);
    if let Ok(url) = Url::parse(&draft.endpoint.value) {
        report.audience(authority, &url, given, is_user_info);
    }
    let has_body = draft
        .fields
        .iter()
        .any(|field| field.place == Place::Body && !field.removed && !field.value.is_empty());
    if has_body && matches!(draft.method, Method::Get | Method::Head) {
        report.warn(
            "call.body",
            "RFC 9110 §9.3.1",
            "A GET request has a body here, and servers ignore or refuse it.",
        );
    }
    report.0
}

impl Report {
    /// Exactly one header, with one scheme and one token in it.
    fn authorization(&mut self, draft: &Draft) {
        let sent = |field: &&crate::flow::Field| field.place == Place::Header && !field.removed;
        let headers: Vec<_> =
            draft.fields.iter().filter(sent).filter(|field| field.is_called("authorization")).collect();
        let source = "RFC 6750 §2.1";
        match headers[..] {
            [] => self.warn("call.no_token", source, "No Authorization header is sent: expect 401."),
            [only] => {
                let words: Vec<_> = only.value.split_ascii_whitespace().collect();
                match words[..] {
                    [scheme, _] if scheme.eq_ignore_ascii_case("bearer") => {}
                    [scheme, _] => {
                        let title = format!("The scheme is {}, not Bearer.", visible(scheme));
                        self.warn("call.scheme", source, title);
                    }
                    _ => self.warn(
                        "call.header_form",
                        source,
                        "The header must be the word Bearer, one blank, and the token; here it is something else.",
                    ),
                }
            }
            [..] => self.warn(
                "call.two_tokens",
                "RFC 9110 §11.6.2",
                "Authorization is sent more than once: what the API makes of that is anybody's guess.",
            ),
        }
    }

    fn in_address(&mut self, draft: &Draft) {
        let added = draft
            .fields
            .iter()
            .any(|field| field.place == Place::Query && !field.removed && field.name == "access_token");
        let typed = Url::parse(&draft.endpoint.value)
            .is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "access_token"));
        if added || typed {
            self.warn(
                "call.token_in_address",
                "RFC 9700 §4.3.2",
                "A token in the address ends up in logs and histories. It belongs into the header.",
            );
        }
    }

    /// A token for Microsoft Graph is good at Graph and nowhere else.
    fn audience(&mut self, authority: &Authority, url: &Url, given: &Secret, is_user_info: bool) {
        let source = "RFC 9700 §2.3";
        let kind = token::kind_of(&token::decode(given.expose())).kind;
        let for_graph = matches!(kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
        let to_graph = is_graph(authority, url) || is_user_info && authority.is_entra();
        let host = url.host_str().unwrap_or_default();
        if for_graph && !to_graph {
            let title = format!(
                "The token is for Microsoft Graph, and it goes to {host}: that API must refuse it, and whoever reads it \
                 there can use it at Graph."
            );
            self.warn("call.foreign_token", source, title);
        } else if !for_graph && kind.is_access() && to_graph {
            let title = "The token is not for Microsoft Graph, so Graph will refuse it: fetch one for Graph's own scopes.";
            self.warn("call.wrong_audience", source, title);
        }
    }
}

/// Whether an address is Microsoft Graph's, in one of its clouds or in the lab.
fn is_graph(authority: &Authority, url: &Url) -> bool {
    const HOSTS: &[&str] = &[
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
    ];
    let in_lab = match authority {
        Authority::Lab { base, .. } => {
            let path = url.path();
            base.origin() == url.origin()
                && ["/v1.0/", "/beta/", "/oidc/"].iter().any(|area| path.starts_with(area))
        }
        Authority::Entra { .. } | Authority::Issuer(_) => false,
    };
    in_lab || url.host_str().is_some_and(|host| HOSTS.contains(&host))
}
