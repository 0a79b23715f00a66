//! Scopes as Entra reads them: `<resource>/<permission>`, where a missing resource means Microsoft Graph and a few names
//! belong to OpenID Connect and to no resource at all (reference §4.3, §12.5).

/// The scopes of OpenID Connect that Entra knows. They name no API and may stand beside those of any.
pub const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// An API, or a client, that is the same in every tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WellKnown {
    /// Its application (client) id.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The identifier used in scopes, without a slash at the end; empty for clients.
    pub identifier: &'static str,
}

/// Microsoft Graph, where scopes without a resource are looked up.
pub const GRAPH: WellKnown = WellKnown {
    id: "00000003-0000-0000-c000-000000000000",
    name: "Microsoft Graph",
    identifier: "https://graph.microsoft.com",
};

/// APIs and clients with the same id in every tenant (reference §12.5).
pub const WELL_KNOWN: [WellKnown; 21] = [
    GRAPH,
    WellKnown {
        id: "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        name: "Azure Resource Manager",
        identifier: "https://management.azure.com",
    },
    WellKnown {
        id: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        name: "Azure Key Vault",
        identifier: "https://vault.azure.net",
    },
    WellKnown {
        id: "e406a681-f3d4-42a8-90b6-c2b029497af1",
        name: "Azure Storage",
        identifier: "https://storage.azure.com",
    },
    WellKnown {
        id: "00000002-0000-0000-c000-000000000000",
        name: "Azure AD Graph (retired)",
        identifier: "https://graph.windows.net",
    },
    WellKnown { id: "00000007-0000-0000-c000-000000000000", name: "Dataverse", identifier: "" },
    WellKnown { id: "00000003-0000-0ff1-ce00-000000000000", name: "SharePoint Online", identifier: "" },
    WellKnown {
        id: "00000002-0000-0ff1-ce00-000000000000",
        name: "Exchange Online",
        identifier: "https://outlook.office365.com",
    },
    WellKnown {
        id: "499b84ac-1321-427f-aa17-267ca6975798",
        name: "Azure DevOps",
        identifier: "https://app.vssps.visualstudio.com",
    },
    WellKnown {
        id: "00000009-0000-0000-c000-000000000000",
        name: "Power BI",
        identifier: "https://analysis.windows.net/powerbi/api",
    },
    WellKnown {
        id: "022907d3-0f1b-48f7-badc-1ba6abab6d66",
        name: "Azure SQL Database",
        identifier: "https://database.windows.net",
    },
    WellKnown {
        id: "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
        name: "Log Analytics",
        identifier: "https://api.loganalytics.io",
    },
    WellKnown {
        id: "c5393580-f805-4401-95e8-94b7a6ef2fc2",
        name: "Office 365 Management",
        identifier: "https://manage.office.com",
    },
    WellKnown {
        id: "fc780465-2017-40d4-a0c5-307022471b92",
        name: "Microsoft Defender for Endpoint",
        identifier: "https://api.securitycenter.microsoft.com",
    },
    WellKnown { id: "c161e42e-d4df-4a3d-9b42-e7a3c31f59d4", name: "Intune", identifier: "" },
    WellKnown { id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", name: "Azure CLI", identifier: "" },
    WellKnown { id: "1950a258-227b-4e31-a9cf-717495945fc2", name: "Azure PowerShell", identifier: "" },
    WellKnown { id: "872cd9fa-d31f-45e0-9eab-6e460a02d1f1", name: "Visual Studio", identifier: "" },
    WellKnown { id: "d3590ed6-52b3-4102-aeff-aad2292ab01c", name: "Microsoft Office", identifier: "" },
    WellKnown { id: "1fec8e78-bce4-4aaf-ab1b-5451cc387264", name: "Microsoft Teams", identifier: "" },
    WellKnown { id: "de8bc8b5-d9f9-48b1-a8ad-b748da725064", name: "Graph Explorer", identifier: "" },
];

/// The API or client behind an id or identifier, with or without a slash at the end.
pub fn well_known(id_or_identifier: &str) -> Option<&'static WellKnown> {
    let wanted = id_or_identifier.trim_end_matches('/');
    WELL_KNOWN.iter().find(|known| {
        known.id.eq_ignore_ascii_case(wanted)
            || (!known.identifier.is_empty() && known.identifier.eq_ignore_ascii_case(wanted))
    })
}

/// One scope, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The API's identifier as written; `None` for OpenID scopes and for short names of Microsoft Graph.
    pub resource: Option<&'a str>,
    /// The permission, or `.default`.
    pub permission: &'a str,
}

impl<'a> Scope<'a> {
    /// Takes one scope apart at its last slash. The scheme's slashes never separate.
    pub fn parse(text: &'a str) -> Self {
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        match text[after_scheme..].rfind('/') {
            Some(at) => Self {
                resource: Some(&text[..after_scheme + at]),
                permission: &text[after_scheme + at + 1..],
            },
            None => Self { resource: None, permission: text },
        }
    }

    /// Whether it belongs to OpenID Connect and to no API.
    pub fn is_openid(&self) -> bool {
        self.resource.is_none() && OPENID_SCOPES.contains(&self.permission)
    }

    /// The identifier of the API that Entra looks at; `None` for OpenID scopes.
    pub fn api(&self) -> Option<&'a str> {
        if self.is_openid() { None } else { Some(self.resource.unwrap_or(GRAPH.identifier)) }
    }
}

/// The first API that a blank-separated list of scopes asks for.
pub fn first_api(scopes: &str) -> Option<&str> {
    scopes.split_whitespace().find_map(|scope| Scope::parse(scope).api())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_comes_apart_at_its_last_slash() {
        let check = |text, api: Option<&str>, permission| {
            let scope = Scope::parse(text);
            assert_eq!((scope.api(), scope.permission), (api, permission), "{text}");
        };
        check("User.Read", Some("https://graph.microsoft.com"), "User.Read");
        check("offline_access", None, "offline_access");
        check("api://orders/Orders.Read", Some("api://orders"), "Orders.Read");
        check(
            "https://management.core.windows.net//.default",
            Some("https://management.core.windows.net/"),
            ".default",
        );
        check("https://host.without.permission", Some(GRAPH.identifier), "https://host.without.permission");
        check(
            "11111111-2222-3333-4444-555555555555/.default",
            Some("11111111-2222-3333-4444-555555555555"),
            ".default",
        );
        check("", Some(GRAPH.identifier), "");
    }

    #[test]
    fn the_first_api_is_not_an_openid_scope() {
        assert_eq!(first_api("openid profile api://a/x User.Read"), Some("api://a"));
        assert_eq!(first_api("openid"), None);
        assert_eq!(first_api(""), None);
    }

    #[test]
    fn well_known_names_are_found_by_id_and_by_identifier() {
        assert_eq!(well_known("https://vault.azure.net/").map(|known| known.name), Some("Azure Key Vault"));
        assert_eq!(well_known("00000003-0000-0000-C000-000000000000"), Some(&GRAPH));
        assert_eq!(well_known(""), None);
    }
}
