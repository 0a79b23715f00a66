//! Taking up what somebody pastes or has in a file, and saying what it was where that cannot be taken.
//!
//! Pieces of one application find each other by its client id. Grants name the service principal that has them; federated
//! credentials, and grants of a principal that nobody has shown yet, go to the only application of the same text, else to
//! the one that is looked at, else to the only one there is.

use serde_json::Value;

use super::{Address, Arrival, KeptId, Known, Registrations, What};
use crate::{
    entra::{
        aadsts,
        registration::{Application, Grants, ServicePrincipal},
    },
    lint::{self, Pieces, UrlReport, url::Endpoint},
    secret::find,
};

/// So many names are spelled out.
const NAMED: usize = 2;

/// What can be taken.
const WANTED: &str = "wanted: what az ad app show, az ad sp show or Graph prints, or an authorize URL";

impl Registrations {
    /// Takes a text; [`Registrations::last`] then says what became of it. `beside` is what is looked at.
    pub(in crate::workbench) fn import(&mut self, text: &str, beside: Option<KeptId>) {
        let taken = match lint::pieces(text) {
            Some(Ok(pieces)) if pieces.is_empty() => Err(format!("{}; {WANTED}", strange(text, true))),
            Some(Ok(pieces)) => self.join(pieces, beside),
            Some(Err(why)) => {
                Err(format!("that begins as JSON, and {why}: is all of it there? Otherwise, {WANTED}"))
            }
            None => match address(text) {
                Some(report) => Ok(self.take_address(report)),
                None => Err(format!("{}; {WANTED}", strange(text, false))),
            },
        };
        self.last = Some(taken);
    }

    /// Keeps the applications of a text that was brought for something else; whatever else it is, is nobody's fault.
    pub(in crate::workbench) fn learn(&mut self, text: &str) {
        if let Some(Ok(pieces)) = lint::pieces(text)
            && !(pieces.applications.is_empty() && pieces.principals.is_empty())
        {
            // A text that was meant for another screen has nothing to say about this one.
            let _ = self.join(pieces, None);
        }
    }

    fn take_address(&mut self, report: UrlReport) -> Arrival {
        let client_id = report.parameters.iter().find(|one| one.name == "client_id");
        let client_id = client_id.map(|one| one.value.trim().to_owned()).filter(|id| !id.is_empty());
        let said = format!("{} added", report.endpoint.title().to_lowercase());
        let show = self.keep(What::Address(Box::new(Address { report, client_id })));
        self.revision += 1;
        Arrival { said, show }
    }

    fn join(&mut self, pieces: Pieces, beside: Option<KeptId>) -> Result<Arrival, String> {
        let now = pieces.now;
        let only_application = pieces.applications.len() == 1;
        let (mut added, mut renewed, mut told) = (Vec::new(), Vec::new(), Vec::new());
        let mut touched = Vec::new();
        // From the last to the first, so that the first one stands on top.
        for mut value in pieces.applications.into_iter().rev() {
            if only_application && let Some(federated) = &pieces.federated {
                lint::with_federated(&mut value, federated);
            }
            let Some(application) = Application::read(&value) else { continue };
            let there = self.of_client(application.app_id.as_deref());
            let id = there.unwrap_or_else(|| self.keep(What::Registration(Box::default())));
            let known = self.known_mut(id).expect("it was found or made just now");
            let is_new = known.application.is_none() && known.principal.is_none();
            let completes = known.application.is_none() && !is_new;
            take_application(known, application);
            known.now = now;
            let name = known.name().to_owned();
            if is_new {
                added.insert(0, name);
            } else if completes {
                told.push(("registration", name));
            } else {
                renewed.insert(0, name);
            }
            touched.insert(0, id);
        }
        for principal in pieces.principals.into_iter().rev() {
            let (id, is_new) = self.take_principal(principal);
            let name = self.known_mut(id).map_or_else(String::new, |known| known.name().to_owned());
            if is_new {
                added.push(name);
            } else if !touched.contains(&id) {
                told.push(("service principal", name));
            }
            if !touched.contains(&id) {
                touched.insert(0, id);
            }
        }
        let target = self.target(&touched, beside);
        let mut homeless = Vec::new();
        if let Some(federated) = pieces.federated.filter(|_| !only_application) {
            match target.and_then(|id| self.take_federated(id, &federated)) {
                Some((id, name)) => {
                    told.push(("federated credentials", name));
                    touched.push(id);
                }
                None => homeless.push("federated credentials"),
            }
        }
        if pieces.delegated.is_some() || pieces.assigned.is_some() {
            let of_text = touched.len();
            match self.take_grants(pieces.delegated, pieces.assigned, target) {
                Some((id, name)) => {
                    if !touched[..of_text].contains(&id) {
                        told.push(("grants", name));
                    }
                    touched.push(id);
                }
                None => homeless.push("grants"),
            }
        }
        let Some(show) = touched.first().copied() else {
            return Err(format!(
                "these are {}, and nothing says whose: paste the registration first (az ad app show), or choose it here",
                homeless.join(" and ")
            ));
        };
        self.revision += 1;
        Ok(Arrival { said: said(&added, &renewed, &told, &homeless), show })
    }

    fn of_client(&self, client_id: Option<&str>) -> Option<KeptId> {
        let wanted = client_id.filter(|id| !id.is_empty())?;
        let is_it = |known: &Known| known.app_id().is_some_and(|own| own.eq_ignore_ascii_case(wanted));
        let found = self.kept.iter().find(|kept| match &kept.what {
            What::Registration(known) => is_it(known),
            What::Address(_) => false,
        });
        found.map(|kept| kept.id)
    }

    fn known_mut(&mut self, id: KeptId) -> Option<&mut Known> {
        self.kept.iter_mut().find(|kept| kept.id == id).and_then(|kept| match &mut kept.what {
            What::Registration(known) => Some(&mut **known),
            What::Address(_) => None,
        })
    }

    /// Whose the pieces are that do not say it themselves.
    fn target(&self, touched: &[KeptId], beside: Option<KeptId>) -> Option<KeptId> {
        let is_registration =
            |id: &KeptId| matches!(self.get(*id).map(|kept| &kept.what), Some(What::Registration(_)));
        match touched {
            [only] => Some(*only),
            [] => beside.filter(is_registration).or_else(|| {
                let mut all = self.kept.iter().map(|kept| kept.id).filter(is_registration);
                all.next().filter(|_| all.next().is_none())
            }),
            _ => None,
        }
    }

    fn take_principal(&mut self, principal: ServicePrincipal) -> (KeptId, bool) {
        let there = self.of_client(principal.app_id.as_deref());
        let id = there.unwrap_or_else(|| self.keep(What::Registration(Box::default())));
        if let Some(known) = self.known_mut(id) {
            known.principal = Some(principal);
        }
        (id, there.is_none())
    }

    fn take_federated(&mut self, id: KeptId, federated: &[Value]) -> Option<(KeptId, String)> {
        let known = self.known_mut(id)?;
        let application = known.application.as_mut()?;
        let mut value = application.json.clone();
        value["federatedIdentityCredentials"] = Value::Null;
        lint::with_federated(&mut value, federated);
        *application = Application::read(&value)?;
        Some((id, known.name().to_owned()))
    }

    /// Grants go to whoever they name, or else to the target, if that may be the one they name.
    fn take_grants(
        &mut self,
        delegated: Option<Vec<Value>>,
        assigned: Option<Vec<Value>>,
        target: Option<KeptId>,
    ) -> Option<(KeptId, String)> {
        let owner = |row: &Value, member: &str| row[member].as_str().map(str::to_ascii_lowercase);
        let rows = delegated.iter().flatten().filter_map(|row| owner(row, "clientId"));
        let mut owners: Vec<String> =
            rows.chain(assigned.iter().flatten().filter_map(|row| owner(row, "principalId"))).collect();
        owners.sort();
        owners.dedup();
        let object_of =
            |known: &Known| known.principal.as_ref()?.object_id.as_deref().map(str::to_ascii_lowercase);
        let named = self.kept.iter().find(|kept| match &kept.what {
            What::Registration(known) => object_of(known).is_some_and(|id| owners.contains(&id)),
            What::Address(_) => false,
        });
        let id = named.map(|kept| kept.id).or(target)?;
        let known = self.known_mut(id)?;
        let own = object_of(known);
        if own.is_some() && !owners.is_empty() && named_other(&owners, own.as_deref()) {
            return None;
        }
        let is_own = |row: &Value, member: &str| match (&own, owner(row, member)) {
            (Some(own), Some(owner)) => *own == owner,
            _ => true,
        };
        let kept = |rows: Option<Vec<Value>>, member: &str| {
            rows.map(|rows| rows.into_iter().filter(|row| is_own(row, member)).collect::<Vec<_>>())
        };
        let (delegated, assigned) = (kept(delegated, "clientId"), kept(assigned, "principalId"));
        let more = Grants::read(&serde_json::json!({
            "oauth2PermissionGrants": delegated.clone().unwrap_or_default(),
            "appRoleAssignments": assigned.clone().unwrap_or_default() }))?;
        // The two kinds are printed by two commands: what this one does not tell stays as it was.
        let grants = known.grants.get_or_insert_default();
        if delegated.is_some() {
            grants.delegated = more.delegated;
            known.knows_delegated = true;
        }
        if assigned.is_some() {
            grants.application = more.application;
            known.knows_assigned = true;
        }
        Some((id, known.name().to_owned()))
    }
}

fn named_other(owners: &[String], own: Option<&str>) -> bool {
    own.is_some_and(|own| !owners.iter().any(|owner| owner == own))
}

/// What was printed apart before stays where the new object says nothing of it.
fn take_application(known: &mut Known, application: Application) {
    let federated = known.application.as_ref().and_then(|app| app.json.get("federatedIdentityCredentials"));
    let mut application = application;
    if let Some(all) = federated.and_then(Value::as_array)
        && application.federated.is_none()
    {
        let mut value = application.json.clone();
        lint::with_federated(&mut value, all);
        application = Application::read(&value).unwrap_or(application);
    }
    known.application = Some(application);
}

fn said(added: &[String], renewed: &[String], told: &[(&str, String)], homeless: &[&str]) -> String {
    let mut parts = Vec::new();
    for (names, verb) in [(added, "added"), (renewed, "brought up to date")] {
        match names {
            [] => {}
            [only] => parts.push(format!("{only} {verb}")),
            many if many.len() <= NAMED => parts.push(format!("{} {verb}", many.join(" and "))),
            many => {
                parts.push(format!("{} and {} more {verb}", many[..NAMED].join(", "), many.len() - NAMED));
            }
        }
    }
    for (what, name) in told.iter().take(NAMED) {
        parts.push(format!("{what} added to {name}"));
    }
    if told.len() > NAMED {
        parts.push(format!("{} more pieces added", told.len() - NAMED));
    }
    for what in homeless {
        parts.push(format!("the {what} name nobody here and were left out"));
    }
    parts.join("; ")
}

/// The address in a text, if it leads to a sign-in or something like it.
fn address(text: &str) -> Option<UrlReport> {
    let is_one = text.contains("://") || text.to_ascii_lowercase().contains("%3a%2f%2f");
    let report = lint::url::url(text).ok().filter(|_| is_one)?;
    let names_client = report.parameters.iter().any(|one| one.name == "client_id");
    (report.endpoint != Endpoint::Other || names_client).then_some(report)
}

/// What a text is that cannot be taken.
fn strange(text: &str, is_json: bool) -> String {
    let text = text.trim();
    let has = |part: &str| text.contains(part);
    let what = if text.is_empty() {
        "there is nothing in it"
    } else if find::is_jwt(text) {
        "that is a token, which screen 3 reads"
    } else if !aadsts::find(text).is_empty() {
        "that is an error, which screen 4 explains"
    } else if has("-----BEGIN") {
        "that is a certificate or a key, of which a registration holds only the thumbprint"
    } else if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() {
        return format!("that is an id alone: az ad app show --id {text} prints what belongs to it");
    } else if is_json {
        "that is JSON that tells of no application"
    } else if has("appId") || has("AppId") || has("displayName") || has("DisplayName") {
        "that is a table or YAML: ask az for JSON, with -o json"
    } else if has("://") {
        "that address leads to no sign-in"
    } else {
        "that is neither JSON nor an address"
    };
    what.to_owned()
}
