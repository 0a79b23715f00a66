//! Secrets and certificates: days left, how many, and values that stand where they should not.

use std::time::Duration;

use serde_json::Value;

use super::{LintFinding, command};
use crate::{
    entra::registration::Application,
    secret,
    time::{UnixTime, relative, span},
};

const DAY: Duration = Duration::from_secs(86_400);
const SOON: Duration = Duration::from_secs(30 * 86_400);
/// Two years and a few days: what the portal gives at most.
const LONG: Duration = Duration::from_secs(740 * 86_400);

/// A secret or certificate, as far as time goes.
struct Credential<'a> {
    is_secret: bool,
    key_id: &'a str,
    name: &'a str,
    start: Option<UnixTime>,
    end: Option<UnixTime>,
}

impl Credential<'_> {
    fn is_expired(&self, now: UnixTime) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    fn has_begun(&self, now: UnixTime) -> bool {
        self.start.is_none_or(|start| start <= now)
    }

    const fn place(&self) -> &'static str {
        if self.is_secret { "passwordCredentials" } else { "keyCredentials" }
    }

    const fn noun(&self) -> &'static str {
        if self.is_secret { "secret" } else { "certificate" }
    }

    /// Name and id, whichever are known.
    fn shown(&self) -> String {
        match (self.name.is_empty(), self.key_id.is_empty()) {
            (true, _) => self.key_id.to_owned(),
            (_, true) => self.name.to_owned(),
            _ => format!("{} ({})", self.name, self.key_id),
        }
    }
}

fn all(app: &Application) -> Vec<Credential<'_>> {
    let secrets = app.passwords.iter().map(|one| Credential {
        is_secret: true,
        key_id: &one.key_id,
        name: one.display_name.as_deref().unwrap_or_default(),
        start: one.start,
        end: one.end,
    });
    let certificates = app.certificates.iter().map(|one| Credential {
        is_secret: false,
        key_id: &one.key_id,
        name: one.display_name.as_deref().unwrap_or_default(),
        start: one.start,
        end: one.end,
    });
    secrets.chain(certificates).collect()
}

/// Whether a secret is there that still works.
pub fn any_live_secret(app: &Application, now: UnixTime) -> bool {
    all(app).iter().any(|one| one.is_secret && !one.is_expired(now) && one.has_begun(now))
}

pub fn check(app: &Application, now: UnixTime, out: &mut Vec<LintFinding>) {
    let all = all(app);
    let has_federated = app.federated.as_ref().is_some_and(|all| !all.is_empty());
    let works = |one: &Credential<'_>| !one.is_expired(now) && one.has_begun(now);
    let any_works = has_federated || all.iter().any(works);
    for one in &all {
        lifetime(app, one, any_works, now, out);
    }
    let live: Vec<_> = all.iter().filter(|one| one.is_secret && works(one)).collect();
    if live.len() > 2 {
        out.push(
            LintFinding::warning("secret.too_many", "passwordCredentials", format!("{} secrets are good at once", live.len()))
                .value(live.iter().map(|one| one.shown()).collect::<Vec<_>>().join(", "))
                .why("One in use and one to change over to is enough. Nobody can say who has the others, and each is a whole key.")
                .run("Delete those that nothing uses:", format!("az ad app credential delete --id {} --key-id <key-id>", command::id(app))),
        );
    }
    if !live.is_empty() && all.iter().any(|one| !one.is_secret && works(one)) {
        out.push(
            LintFinding::info(
                "secret.beside_certificate",
                "passwordCredentials, keyCredentials",
                "A secret stands beside a certificate",
            )
            .value(live[0].shown())
            .why("The application is as safe as the weaker of the two, whichever it uses.")
            .run("When the certificate is in use:", delete(app, live[0].key_id, true)),
        );
    }
    for (place, values) in
        [("passwordCredentials", ["secretText", "value"]), ("keyCredentials", ["privateKey", "secretText"])]
    {
        values_in_file(app, place, &values, out);
    }
}

fn delete(app: &Application, key_id: &str, is_secret: bool) -> String {
    let key = if key_id.is_empty() { "<key-id>".to_owned() } else { command::word(key_id) };
    let cert = if is_secret { "" } else { " --cert" };
    format!("az ad app credential delete --id {} --key-id {key}{cert}", command::id(app))
}

fn renew(app: &Application, is_secret: bool) -> String {
    let id = command::id(app);
    if is_secret {
        format!("az ad app credential reset --id {id} --append --display-name <name> --years 1")
    } else {
        format!(
            "az ad app credential reset --id {id} --append --create-cert --cert <name> --keyvault <vault>"
        )
    }
}

fn lifetime(
    app: &Application,
    one: &Credential<'_>,
    any_works: bool,
    now: UnixTime,
    out: &mut Vec<LintFinding>,
) {
    let (place, noun) = (one.place(), one.noun());
    let codes: &'static [u32] = if one.is_secret { &[7_000_222] } else { &[700_027] };
    let pick = |secret, certificate| if one.is_secret { secret } else { certificate };
    if let Some(end) = one.end
        && one.is_expired(now)
    {
        let title = format!("A {noun} has expired ({})", relative(end, now));
        let value = format!("{}, until {end}", one.shown());
        let id = pick("secret.expired", "certificate.expired");
        out.push(if any_works {
            LintFinding::info(id, place, title)
                .value(value)
                .fails("Whatever still sends it", codes)
                .why("Others are good, so this one is a left-over, or something that runs rarely still uses it.")
                .run("Delete it:", delete(app, one.key_id, one.is_secret))
        } else {
            LintFinding::error(id, place, title)
                .value(value)
                .fails("Everything that proves the application with it", codes)
                .why("No other credential is good, so no token request of this application succeeds.")
                .run("Make a new one beside it, and bring it to the application:", renew(app, one.is_secret))
        });
        return;
    }
    if let Some(start) = one.start.filter(|start| *start > now) {
        out.push(
            LintFinding::warning(
                pick("secret.not_yet", "certificate.not_yet"),
                place,
                format!("A {noun} begins only {}", relative(start, now)),
            )
            .value(format!("{}, from {start}", one.shown()))
            .why("Until then Entra does not know it.")
            .fix("Wait, or make one that begins today."),
        );
    }
    if let Some(end) = one.end.filter(|end| *end > now && end.since(now) <= SOON) {
        out.push(
            LintFinding::warning(
                pick("secret.expires", "certificate.expires"),
                place,
                format!("A {noun} expires {}", relative(end, now)),
            )
            .value(format!("{}, until {end}", one.shown()))
            .fails("From then on, whatever uses it", codes)
            .why("Nobody is told when it happens.")
            .run(
                "Make the next one beside it, change over, then delete this one:",
                renew(app, one.is_secret),
            ),
        );
    }
    if let Some((start, end)) = one.start.zip(one.end)
        && one.is_secret
        && end.since(start) > LONG
        && end > now
    {
        out.push(
            LintFinding::warning("secret.long", place, format!("A secret is good for {} years", end.since(start).as_secs() / DAY.as_secs() / 365))
                .value(format!("{}, {}", one.shown(), span(end.since(start))))
                .why("A secret that leaked is of use until it ends. Shorter ones, a certificate, or a federated credential do not wait for somebody to notice.")
                .run("Make a shorter one, change over, then delete this one:", renew(app, true)),
        );
    }
}

/// A registration that Graph prints never holds the value of a secret.
fn values_in_file(app: &Application, place: &'static str, names: &[&str], out: &mut Vec<LintFinding>) {
    for entry in app.json.get(place).and_then(Value::as_array).into_iter().flatten() {
        for name in names {
            let value = entry.get(*name).and_then(Value::as_str).filter(|value| !value.is_empty());
            if let Some(value) = value {
                out.push(
                    LintFinding::warning(
                        "secret.in_file",
                        format!("{place}.{name}"),
                        "The value of a secret stands in this file",
                    )
                    .value(secret::mask(value))
                    .why("Whoever reads the file, or the repository that it is in, is the application.")
                    .run("Replace the secret, and keep the value out of the file:", renew(app, true)),
                );
            }
        }
    }
}
