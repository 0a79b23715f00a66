//! Permissions by name and id: those of Microsoft Graph, and those of other APIs that are the same in every tenant.
//!
//! A registration, a grant and an app role assignment name a permission by its GUID, code and tokens name it by its value;
//! a delegated one and an application one of the same name have different GUIDs. The table of Graph stands in
//! `permissions.tsv`, those of others in `other_permissions.tsv`; they are read line by line when somebody asks, and nothing
//! of them is kept.

use super::{
    registration::Kind,
    scopes::{self, GRAPH, WellKnown},
};

const GRAPH_ROWS: &str = include_str!("permissions.tsv");

/// Permissions of other APIs: the API, then as in the table of Graph.
const OTHER_ROWS: &str = include_str!("other_permissions.tsv");

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The client id of the API that it belongs to.
    pub api: &'static str,
    /// Its name, as it stands in `scp` or `roles`.
    pub name: &'static str,
    /// Delegated or application.
    pub kind: Kind,
    /// Its GUID.
    pub id: &'static str,
    /// Whether only an administrator may consent to it, whatever the tenant allows people.
    pub needs_admin: bool,
}

impl Permission {
    /// The API that it belongs to.
    pub fn api(&self) -> Option<&'static WellKnown> {
        scopes::well_known(self.api)
    }

    /// The argument of `az ad app permission add --api-permissions`.
    pub fn argument(&self) -> String {
        format!("{}={}", self.id, self.kind.name())
    }
}

/// Every permission that is known.
pub fn all() -> impl Iterator<Item = Permission> {
    let graph = rows(GRAPH_ROWS).filter_map(|row| read(GRAPH.id, row));
    graph.chain(rows(OTHER_ROWS).filter_map(|row| row.split_once('\t').and_then(|(api, row)| read(api, row))))
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn read(api: &'static str, row: &'static str) -> Option<Permission> {
    let mut cells = row.split('\t');
    let (name, kind, id, who) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let kind = if kind == "Role" { Kind::Role } else { Kind::Scope };
    Some(Permission { api, name, kind, id, needs_admin: who == "admin" })
}

/// The permission of an API with that GUID and kind: a few ids stand for permissions of two APIs.
pub fn of_api(api: &str, id: &str, kind: Kind) -> Option<Permission> {
    all().find(|permission| {
        permission.kind == kind
            && permission.id.eq_ignore_ascii_case(id)
            && permission.api.eq_ignore_ascii_case(api)
    })
}

/// The permission with that GUID, of that kind where it is known: a few ids stand for a delegated and an application one.
pub fn by_id(id: &str, kind: Option<Kind>) -> Option<Permission> {
    all().find(|permission| {
        permission.id.eq_ignore_ascii_case(id) && kind.is_none_or(|kind| kind == permission.kind)
    })
}

/// The permissions of an API with that name, letter case aside: one for each kind.
pub fn by_name<'a>(api: &'a str, name: &'a str) -> impl Iterator<Item = Permission> + use<'a> {
    all().filter(move |permission| {
        permission.api.eq_ignore_ascii_case(api) && permission.name.eq_ignore_ascii_case(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_id_for_each_kind() {
        let found: Vec<_> = by_name(GRAPH.id, "mail.read").collect();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name, found[0].kind, found[0].needs_admin), ("Mail.Read", Kind::Scope, false));
        assert_eq!((found[1].kind, found[1].needs_admin), (Kind::Role, true));
        assert_eq!(by_id(&found[1].id.to_uppercase(), None), Some(found[1]));
        assert_eq!(found[0].argument(), "570282fd-fa5c-430d-a7fd-fc8dc98a9dca=Scope");
        assert_eq!(by_name(GRAPH.id, "Mail").count(), 0);
    }

    #[test]
    fn every_row_is_whole() {
        let mut seen = std::collections::BTreeSet::new();
        for permission in all() {
            assert!(permission.id.len() == 36 && permission.api().is_some(), "{permission:?}");
            assert!(
                seen.insert((permission.api, permission.id, permission.kind)),
                "{permission:?} stands twice"
            );
            assert!(permission.kind == Kind::Scope || permission.needs_admin, "{permission:?}");
        }
        assert!(seen.len() > 1500);
        assert_eq!(rows(GRAPH_ROWS).count() + rows(OTHER_ROWS).count(), seen.len());
    }
}
