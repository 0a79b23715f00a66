//! Permissions by name and id: those of Microsoft Graph, and those of other APIs that are the same in every tenant.
//!
//! A registration, a grant and an app role assignment name a permission by its GUID, code and tokens name it by its value;
//! a delegated one and an application one of the same name have different GUIDs. The table of Graph stands in
//! `permissions.tsv`; it is read line by line when somebody asks, and nothing of it is kept.

use super::{
    registration::Kind,
    scopes::{self, GRAPH, WellKnown},
};

const GRAPH_ROWS: &str = include_str!("permissions.tsv");

/// Permissions of other APIs: the API, then as in the table of Graph.
const OTHERS: &[(&str, &str, Kind, &str, bool)] = &[
    (
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "user_impersonation",
        Kind::Scope,
        "41094075-9dad-400e-a0bd-54e686782033",
        false,
    ),
    (
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        "user_impersonation",
        Kind::Scope,
        "f53da476-18e3-4152-8e01-aec403e6edc0",
        false,
    ),
    (
        "e406a681-f3d4-42a8-90b6-c2b029497af1",
        "user_impersonation",
        Kind::Scope,
        "03e0da56-190b-40ad-a80c-ea378c433f7f",
        false,
    ),
    (
        "00000002-0000-0000-c000-000000000000",
        "User.Read",
        Kind::Scope,
        "311a71cc-e848-46a1-bdf8-97ff7156d8e6",
        false,
    ),
];

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
    let graph = GRAPH_ROWS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('\t');
        let (name, kind, id, who) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        let kind = if kind == "Role" { Kind::Role } else { Kind::Scope };
        Some(Permission { api: GRAPH.id, name, kind, id, needs_admin: who == "admin" })
    });
    let others = OTHERS.iter().map(|(api, name, kind, id, needs_admin)| Permission {
        api,
        name,
        kind: *kind,
        id,
        needs_admin: *needs_admin,
    });
    graph.chain(others)
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
            assert!(seen.insert((permission.id, permission.kind)), "{permission:?} stands twice");
            assert!(permission.kind == Kind::Scope || permission.needs_admin, "{permission:?}");
        }
        assert!(seen.len() > 1500);
        assert_eq!(
            GRAPH_ROWS.lines().filter(|line| !line.starts_with('#')).count() + OTHERS.len(),
            seen.len()
        );
    }
}
