//! Registrations as the Azure command line and Microsoft Graph print them: an application, its service principal, and what
//! was granted to it.
//!
//! These are read to explain and to check, never to decide anything, so the readers are lenient: a member that is `null`,
//! absent or of another type is simply not known. The JSON may come from `az ad app show`, `az ad sp show`,
//! `az ad app permission list-grants`, Graph, or a file that somebody edited.

mod application;
mod grants;
mod principal;

pub use application::{
    AppRole, Application, Certificate, ExposedScope, Federated, Kind, Password, Platform, Required,
};
pub use grants::{Assigned, Delegated, Grants};
pub use principal::ServicePrincipal;

use serde_json::Value;

use crate::time::UnixTime;

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name).and_then(Value::as_bool)
}

fn time(value: &Value, name: &str) -> Option<UnixTime> {
    UnixTime::parse(value.get(name)?.as_str()?)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
