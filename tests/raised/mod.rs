//! The AADSTS numbers that the lab tenant raises, read from its sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Numbers in code: digits and underscores that begin and end with a digit, and are no part of a name.
fn numbers(code: &str) -> Vec<u32> {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|word| word.replace('_', "").parse().ok())
        .collect()
}

/// The code of a file without its tests and comments.
pub fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source can be read");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files of Rust below a folder.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Each number with the files that hold it.
pub fn raised() -> BTreeMap<u32, Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut raised: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
    for path in sources(&root.join("src/provider")) {
        let code = code_of(&path);
        // What stands first in a refusal is an AADSTS number. Where a constant or a variable does, its value stands
        // elsewhere in the code, and is known by being in the table.
        let direct = code.match_indices("Refusal::new(").filter_map(|(at, made)| {
            let argument = code[at + made.len()..].split(',').next().unwrap_or_default().trim();
            numbers(argument).into_iter().next()
        });
        let elsewhere =
            numbers(&code).into_iter().filter(|number| authwright::entra::aadsts::lookup(*number).is_some());
        let all: BTreeSet<u32> = direct.chain(elsewhere).collect();
        let name = path.strip_prefix(root).expect("below the root").to_owned();
        for number in all {
            raised.entry(number).or_default().push(name.clone());
        }
    }
    raised
}
