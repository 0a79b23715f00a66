//! The shape of the code, held by a test: which layer may know which, what pure modules may not name, and that what the
//! documents say about files and keys is true.

#![allow(clippy::unwrap_used, reason = "a test that cannot read the sources should fail")]

mod raised;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use raised::code_of;

/// Layers from the bottom up. A module may use the rows above its own in this list; neighbours of a row do not know each
/// other unless [`MAY_ALSO`] says so.
const ROWS: &[&[&str]] = &[
    &["finding", "secret", "text", "time", "wire"],
    &["entra", "oauth", "token"],
    &["agent", "explain", "export", "flow", "inspect", "lint", "provider"],
    &["workbench"],
    &["runtime"],
    &["cli", "tui"],
];

/// Neighbours that may know each other, with the reason.
const MAY_ALSO: &[(&str, &str, &str)] = &[
    ("text", "secret", "masking is shown with the secret role"),
    ("finding", "text", "findings print as lines"),
    ("wire", "time", "timings"),
    ("export", "inspect", "both show bodies"),
];

/// What only the outer rows may name.
const OUTSIDE: &[&str] = &[
    "tokio::",
    "reqwest::",
    "hyper::",
    "ratatui::",
    "crossterm::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "getrandom",
    "arboard::",
];

const OUTER: &[&str] = &["runtime", "cli", "tui", "main", "lib"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<PathBuf> {
    raised::sources(&root().join("src"))
}

fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules named after `crate::`, also inside `use crate::{…}`.
fn used_modules(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => used.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            used.push(name);
        } else {
            used.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    let first = |name: String| name.trim().split("::").next().unwrap_or_default().trim().to_owned();
    used.into_iter().map(first).filter(|name| !name.is_empty()).collect()
}

#[test]
fn modules_know_only_the_rows_below_them() {
    let row = |name: &str| ROWS.iter().position(|row| row.contains(&name));
    let mut broken = Vec::new();
    for path in sources() {
        let module = module_of(&path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let own = row(&module).unwrap_or_else(|| panic!("{module} stands in no row; add it to ROWS"));
        for used in used_modules(&code_of(&path)) {
            let Some(other) = row(&used) else { continue };
            let allowed =
                used == module || other < own || MAY_ALSO.iter().any(|(a, b, _)| *a == module && *b == used);
            if !allowed {
                broken.push(format!("{} uses {used}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "these look upwards or sideways:\n{}", broken.join("\n"));
}

#[test]
fn the_lab_tenant_shares_no_reader_with_the_client() {
    for path in sources().iter().filter(|path| module_of(path) == "provider") {
        let code = code_of(path);
        for forbidden in ["oauth", "flow", "wire::Params", "Params::parse"] {
            let named = used_modules(&code).iter().any(|module| module == forbidden)
                || (forbidden.contains("Params") && code.contains(forbidden));
            assert!(!named, "{} names {forbidden}", path.display());
        }
    }
}

#[test]
fn pure_modules_name_nothing_of_the_world_outside() {
    let mut broken = Vec::new();
    for path in sources() {
        if OUTER.contains(&module_of(&path).as_str()) {
            continue;
        }
        let code = code_of(&path);
        for name in OUTSIDE {
            if code.contains(name) {
                broken.push(format!("{} names {name}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_module_opens_with_a_sentence_about_itself() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} has no opening sentence", path.display());
    }
}

#[test]
fn the_readme_shows_the_keys_that_there_are() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = authwright::tui::keymap::readme_table();
    assert!(readme.contains(table.trim()), "README.md must hold this table:\n\n{table}");
}

#[test]
fn no_file_holds_a_token_or_a_path_of_one_machine() {
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    let mut texts = sources();
    texts.extend(["README.md", ".ci/run", "Cargo.toml"].map(|file| root().join(file)));
    for folder in ["tests", "themes", "benches"] {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        texts.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    for path in texts {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        // A signed token has a signature of at least 43 characters behind its second dot.
        let long_part =
            |part: &str| part.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).count() >= 43;
        for (at, _) in text.match_indices("eyJ") {
            let parts: Vec<_> = text[at..].splitn(3, '.').collect();
            if parts.len() == 3 && parts[1].starts_with("eyJ") && long_part(parts[2]) {
                found.insert(name.clone(), "a token");
            }
        }
        for folder in [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")] {
            if text.contains(folder) {
                found.insert(name.clone(), "a path of one machine");
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_number_that_the_lab_tenant_raises_is_explained() {
    let raised = raised::raised();
    let missing: Vec<String> = raised
        .iter()
        .filter(|(number, _)| authwright::explain::entry(**number).is_none())
        .map(|(number, files)| format!("{number} in {files:?}"))
        .collect();
    assert!(missing.is_empty(), "these need an entry in src/explain/data:\n{}", missing.join("\n"));
    assert!(
        raised.len() >= 118,
        "only {} numbers were found: is the code read as it should be?",
        raised.len()
    );
}

#[test]
fn the_rules_that_explanations_know_are_the_lab_tenants() {
    let all = sources();
    let of = |module: &str| {
        let files = all.iter().filter(|path| module_of(path) == module);
        files.map(|path| code_of(path)).collect::<Vec<_>>().join("\n")
    };
    let (explain, provider) = (of("explain"), of("provider"));
    let lists = explain.match_indices("by_rule(&[").map(|(at, call)| &explain[at + call.len()..]);
    let rules: Vec<&str> = lists
        .flat_map(|list| list.split(']').next().unwrap_or_default().split('"').skip(1).step_by(2))
        .collect();
    assert!(rules.len() > 20, "{rules:?}");
    for rule in rules {
        assert!(provider.contains(&format!("\"{rule}\"")), "no rule is named {rule}");
    }
}

/// The rows of the tables of docs/parity.md: feature, state, and what shows it.
fn parity_rows(sheet: &str) -> Vec<[&str; 3]> {
    let rows = sheet.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        <[&str; 3]>::try_from(cells).unwrap_or_else(|_| panic!("a row has three cells: {line}"))
    })
    .filter(|[_, state, _]| *state != "State")
    .collect()
}

#[test]
fn the_parity_sheet_names_tests_that_there_are() {
    let sheet = fs::read_to_string(root().join("docs/parity.md")).unwrap();
    let rows = parity_rows(&sheet);
    assert!(rows.len() > 60, "only {} rows were found", rows.len());
    let mut problems = Vec::new();
    for [feature, state, shown] in rows {
        if !["enforced", "shaped only", "absent"].contains(&state) {
            problems.push(format!("{feature}: what is {state:?}?"));
        }
        let named: Vec<(&str, &str)> =
            shown.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::")).collect();
        if state == "enforced" && named.is_empty() {
            problems.push(format!("{feature}: which test shows it?"));
        }
        for (file, test) in named {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !["fn", "def"].iter().any(|word| text.contains(&format!("{word} {test}("))) {
                problems.push(format!("{feature}: there is no {file}::{test}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
