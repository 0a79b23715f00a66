//! The request to the identity endpoint of a machine.

use url::{Host, Url};

use super::{Report, any, header, is_loopback};
use crate::{
    finding::Finding,
    flow::{Draft, IdentityHost},
};

/// Looks at the request to the identity endpoint.
pub(in crate::flow) fn machine_token(host: &IdentityHost, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["api-version", "resource"]));
    match host {
        IdentityHost::VirtualMachine => {
            if header(draft, "metadata") != Some("true") {
                report.warn(
                    "identity.no_proof",
                    "Entra managed identities",
                    "Without the header Metadata: true (in lower case) the service refuses: a forged link could not send it.",
                );
            }
            if header(draft, "x-forwarded-for").is_some() {
                report.warn(
                    "identity.forwarded",
                    "Entra managed identities",
                    "The service refuses what seems to be forwarded: leave X-Forwarded-For out.",
                );
            }
        }
        IdentityHost::AppService(_) => {
            if header(draft, "x-identity-header").is_none_or(str::is_empty) {
                report.warn(
                    "identity.no_proof",
                    "Entra managed identities",
                    "Without the value of IDENTITY_HEADER the endpoint refuses: it proves that the request comes from inside.",
                );
            }
        }
    }
    if draft
        .value("resource")
        .is_some_and(|resource| resource.contains("/.default") || resource.contains(' '))
    {
        report.warn(
            "identity.scope",
            "Entra managed identities",
            "The endpoint takes the name of one API, without /.default, and no list of scopes.",
        );
    }
    let names = ["client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id"];
    if names.into_iter().filter(|name| draft.value(name).is_some_and(|id| !id.is_empty())).count() > 1 {
        report.warn(
            "identity.named_twice",
            "Entra managed identities",
            "The identity is named in more than one way; one is enough.",
        );
    }
    if let Ok(url) = Url::parse(&draft.endpoint.value)
        && !is_loopback(&url)
        && !is_inside(&url)
    {
        report.warn(
            "identity.outside",
            "Entra managed identities",
            "The address is not of this machine or its own network: a token of this machine would be handed out elsewhere.",
        );
    }
    report.0
}

/// Link-local and private addresses: where the platforms have their endpoints.
fn is_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local() || address.is_private(),
        Some(Host::Ipv6(address)) => address.is_unicast_link_local() || address.is_unique_local(),
        Some(Host::Domain(_)) | None => false,
    }
}
