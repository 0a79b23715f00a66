//! `iss`: which tenant and which version a token is from, beside the issuer that the API expects.

use super::{
    Case, Check, Found,
    assertion::{shown, text},
    called_api::{registration_of_api, token_version, with_ids},
    signing_key::is_graphs,
    validation::Complaint,
};
use crate::explain::facts::is_guid;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("token.issuer_version", |case| other_version(case, 1)),
    ("token.issuer_version_2", |case| other_version(case, 2)),
    ("token.issuer_template", template),
    ("token.other_tenant", other_tenant),
    ("token.issuer_host", by_two_names),
];

/// Behind these stands what the token named. Words of .NET, Nimbus, Go, Azure.
const SENT: &[&str] = &[
    "issuer validation failed. issuer: ",
    "issuer: ",
    "the issuer ",
    "wrong issuer ",
    "iss claim has value ",
    "issuer (iss) claim value (",
    "\"iss\": ",
    "iss\": ",
    "returned by provider (",
    "got ",
    "got: ",
    "but was ",
    "found: ",
    "found ",
    "received ",
    "actual: ",
];

/// Behind these stands what was expected.
const EXPECTED: &[&str] = &[
    "expected\": ",
    "validissuer: ",
    "validissuers: ",
    "currentconfiguration.issuer: ",
    "configuration.issuer: ",
    "issuer invalid. expected: ",
    "must match the tenant ",
    "must match one of the tenants ",
    "requested issuer ",
    "provided to client (",
    "expected issuer ",
    "expected issuer: ",
    "expected value of ",
    "expected one of ",
    "expected: ",
    "expected ",
    "must be ",
];

/// One provider under two names, as the message or the token tells.
fn by_two_names(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    let of_token =
        case.token.as_ref().map(|token| text(token, "iss").to_owned()).filter(|issuer| !issuer.is_empty());
    let sent = of_token.or_else(|| said.first_of(SENT).into_iter().find(|value| value.contains("://")))?;
    let expected = said.all_of(EXPECTED).into_iter().find(|value| value.contains("://") && *value != sent)?;
    let is_entras = |value: &str| Issuer::read(value).is_some_and(|issuer| issuer.version != 0);
    if is_entras(&sent) || is_entras(&expected) {
        return Found::excluded();
    }
    let found = Found::likely("iss of the token", &sent, &expected)?;
    Some(found.with("issuer", sent).with("wanted", expected))
}

/// The tenant of personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// An issuer, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Issuer {
    host: String,
    /// The first segment of the path, or what stands for it.
    tenant: String,
    /// The version of Entra's tokens; 0 for another authority.
    version: u8,
}

impl Issuer {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.split_once("://")?.1;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let tenant = segments.next().unwrap_or_default().to_ascii_lowercase();
        let host = host.to_ascii_lowercase();
        let is_second = segments.any(|segment| segment.eq_ignore_ascii_case("v2.0"));
        let is_entra = crate::token::speaks_for("login.microsoftonline.com", &host);
        let version = match (is_entra, is_second) {
            _ if host.ends_with(".b2clogin.com") || host.ends_with(".ciamlogin.com") => 2,
            (false, _) => 0,
            (true, true) => 2,
            (true, false) => 1,
        };
        Some(Self { host, tenant, version })
    }

    /// Whether it stands for many tenants and can be no token's issuer.
    fn is_template(&self) -> bool {
        ["common", "organizations", "consumers"].contains(&self.tenant.as_str())
            || self.tenant.starts_with(['{', '<'])
            || self.tenant.starts_with("%7b")
    }
}

/// What came and what was expected.
struct Compared {
    sent: String,
    issuer: Issuer,
    expected: Vec<String>,
}

impl Compared {
    fn of(case: &Case<'_>) -> Option<Self> {
        let said = case.validation();
        let (named, mut expected) = said.named(Complaint::Issuer, SENT, EXPECTED);
        let sent = match &case.token {
            Some(token) if !text(token, "iss").is_empty() => text(token, "iss").to_owned(),
            _ => named.first()?.clone(),
        };
        let issuer = Issuer::read(&sent)?;
        expected.retain(|value| value.contains("://") && *value != sent);
        if expected.is_empty() {
            // Key Vault and its like say in their challenge which authority they trust.
            expected.extend(said.challenged(&["authorization", "authorization_uri"]));
        }
        Some(Self { sent, issuer, expected })
    }

    fn expected(&self) -> impl Iterator<Item = (&String, Issuer)> {
        self.expected.iter().filter_map(|text| Some((text, Issuer::read(text)?)))
    }

    fn line(&self) -> Option<Found> {
        let expected = self.expected.join(" or ");
        let wanted = self.expected.first().cloned().unwrap_or_default();
        Found::certain("iss of the token", &self.sent, &expected).map(|found| {
            found
                .with("issuer", self.sent.clone())
                .with("wanted", wanted)
                .with("tenant", self.issuer.tenant.clone())
        })
    }
}

/// The issuer of the other version, for the same tenant.
fn twin(sent: &str, issuer: &Issuer) -> String {
    let tenant = &issuer.tenant;
    if issuer.version == 1 {
        let host = match issuer.host.as_str() {
            "sts.chinacloudapi.cn" => "login.partner.microsoftonline.cn",
            host if host.starts_with("login.") => host,
            _ => "login.microsoftonline.com",
        };
        format!("https://{host}/{tenant}/v2.0")
    } else if sent.contains("partner.microsoftonline.cn") {
        format!("https://sts.chinacloudapi.cn/{tenant}/")
    } else {
        format!("https://sts.windows.net/{tenant}/")
    }
}

fn other_version(case: &Case<'_>, version: u8) -> Option<Found> {
    if case.evidence.rule.is_some() {
        return if version == 1 { case.by_rule(&["token.version", "token.issuer"]) } else { None };
    }
    if !case.validation().may_be(&[Complaint::Issuer]) {
        return Found::excluded();
    }
    let is_said = case.validation().is(Complaint::Issuer);
    let compared = Compared::of(case)?;
    if compared.issuer.version != version {
        return Found::excluded().filter(|_| is_said && compared.issuer.version != 0);
    }
    if case.token.as_ref().is_some_and(is_graphs) {
        return Found::excluded();
    }
    let api = registration_of_api(case);
    let registered = api.map(|api| api.access_token_version.unwrap_or(1));
    let fill = |line: Found| {
        let wanted =
            compared.expected.first().cloned().unwrap_or_else(|| twin(&compared.sent, &compared.issuer));
        let line = line
            .with("issuer", compared.sent.clone())
            .with("wanted", wanted)
            .with("tenant", compared.issuer.tenant.clone());
        match api {
            Some(api) => {
                let expected = if version == 1 { "2" } else { "2, and an API that expects version 2" };
                let line =
                    line.and("registration api.requestedAccessTokenVersion", &token_version(api), expected);
                with_ids(line, api)
            }
            None => line,
        }
    };
    let others: Vec<_> = compared.expected().collect();
    if !others.is_empty() {
        let same_tenant = |other: &Issuer| other.tenant == compared.issuer.tenant;
        let is_it = others
            .iter()
            .any(|(_, other)| same_tenant(other) && other.version != version && other.version != 0);
        if is_it {
            return compared.line().map(fill);
        }
        // The domain name of a tenant may be this one's; a template may be of either version.
        let is_open = others
            .iter()
            .any(|(_, other)| other.version != 0 && !is_guid(&other.tenant) && !other.is_template());
        return if is_open { None } else { Found::excluded() };
    }
    if !is_said || compared.issuer.version == 0 || compared.issuer.tenant == PERSONAL {
        return None;
    }
    let expected = twin(&compared.sent, &compared.issuer);
    // Validators of Microsoft's web libraries take both versions of a tenant's issuer.
    let takes_both =
        case.validation().says(&["idx40001", "idw10303", "valid issuers provided for this application"]);
    let is_usual = (version == 1 || registered == Some(u64::from(version))) && !takes_both;
    if !is_usual {
        return None;
    }
    Found::likely("iss of the token", &compared.sent, &expected).map(fill)
}

fn template(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() {
        return None;
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Issuer]) {
        return Found::excluded();
    }
    if !said.is(Complaint::Issuer) {
        return None;
    }
    let sent = said.first_of(SENT);
    let expected: Vec<String> =
        said.all_of(EXPECTED).into_iter().filter(|value| value.contains("://")).collect();
    let all = || sent.iter().chain(&expected);
    if let Some(template) = all().find(|value| Issuer::read(value).is_some_and(|issuer| issuer.is_template()))
    {
        let of_token = Compared::of(case).filter(|compared| compared.sent != *template);
        let other = all().find(|value| *value != template);
        let real = of_token.map(|compared| compared.sent).or_else(|| other.cloned()).unwrap_or_default();
        let tenant = case.token.as_ref().map(|token| text(token, "tid").to_owned());
        return Found::certain(
            "expected issuer",
            template,
            if real.is_empty() { "the issuer of one tenant" } else { &real },
        )
        .map(|found| {
            found
                .with("issuer", real.clone())
                .with("found", template.clone())
                .with("tenant", tenant.unwrap_or_default())
        });
    }
    let compared = Compared::of(case)?;
    let path = |text: &str| {
        text.split_once("://")
            .and_then(|(_, rest)| Some(rest.split_once('/')?.1.trim_end_matches('/').to_owned()))
    };
    let by_network = compared.expected().find(|(text, other)| {
        other.version == 0
            && compared.issuer.version == 0
            && other.host != compared.issuer.host
            && path(text).is_some_and(|path_of| Some(path_of) == path(&compared.sent))
    });
    // One tenant under the name of Entra ID and under one of External ID or B2C.
    let of_customers = |host: &str| host.ends_with(".ciamlogin.com") || host.ends_with(".b2clogin.com");
    let by_network = by_network.or_else(|| {
        compared.expected().find(|(_, other)| {
            other.tenant == compared.issuer.tenant
                && of_customers(&other.host) != of_customers(&compared.issuer.host)
        })
    });
    let is_slash = |text: &str| text.trim_end_matches('/') == compared.sent.trim_end_matches('/');
    if let Some((wanted, _)) = compared.expected().find(|(text, _)| is_slash(text)) {
        let wanted = wanted.clone();
        let line = Found::likely(
            "iss of the token",
            &compared.sent,
            &format!("{wanted}: a slash at the end differs"),
        );
        return line.map(|found| found.with("issuer", compared.sent.clone()).with("found", wanted));
    }
    if let Some((wanted, _)) = by_network {
        let wanted = wanted.clone();
        let line = if compared.issuer.version == 0 { Found::certain } else { Found::likely };
        return line("iss of the token", &compared.sent, &wanted)
            .map(|found| found.with("issuer", compared.sent.clone()).with("found", wanted));
    }
    let has_values = compared.expected().next().is_some();
    if has_values { Found::excluded() } else { None }
}

fn other_tenant(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.tenant"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Issuer]) {
        return Found::excluded();
    }
    let is_said = said.is(Complaint::Issuer);
    let settled = || {
        let by_name = said.says(&["invalidauthenticationtokentenant", "akv10032"]);
        if by_name {
            Found::certain("the message", "says that the tenant is a wrong one", "the tenant of the resource")
        } else {
            None
        }
    };
    let Some(compared) = Compared::of(case) else { return settled() };
    let others: Vec<_> = compared.expected().filter(|(_, other)| other.version != 0).collect();
    if let Some((wanted, other)) = others.first() {
        if others.iter().any(|(_, other)| other.tenant == compared.issuer.tenant || other.is_template()) {
            return Found::excluded();
        }
        if others.iter().all(|(_, other)| is_guid(&other.tenant)) && is_guid(&compared.issuer.tenant) {
            return compared
                .line()
                .map(|found| found.with("wanted", wanted.as_str()).with("found", other.tenant.clone()));
        }
        return None;
    }
    if compared.issuer.version == 0 {
        return settled();
    }
    let home = case.evidence.resource_service_principal.found().and_then(|api| api.home_tenant.as_deref());
    let api = registration_of_api(case);
    let is_own_only = api.and_then(|api| api.sign_in_audience.as_deref()) == Some("AzureADMyOrg");
    if let Some(home) = home.filter(|home| is_said && !home.eq_ignore_ascii_case(&compared.issuer.tenant)) {
        return Found::certain("iss of the token", &compared.sent, &format!("the tenant {home}")).map(
            |found| found.with("issuer", compared.sent.clone()).with("found", home).with("wanted", home),
        );
    }
    if is_said && is_own_only && compared.issuer.tenant == PERSONAL {
        return Found::certain(
            "iss of the token",
            &compared.sent,
            "the API's own tenant (signInAudience AzureADMyOrg)",
        )
        .map(|found| found.with("issuer", compared.sent.clone()));
    }
    settled().or_else(|| {
        let token = case.token.as_ref()?;
        let is_guest = shown(token, "tid") == PERSONAL && is_said;
        if is_guest {
            Found::likely("iss of the token", &compared.sent, "a tenant, not the one of personal accounts")
        } else {
            None
        }
    })
}
