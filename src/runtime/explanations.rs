//! The person's own explanations: `explanations/*.toml` in the config folder.

use std::{fs, io, path::Path};

/// Larger files are no explanations.
const LARGEST: u64 = 1024 * 1024;

/// The files by name and text, in the order of the alphabet, and what could not be read.
pub fn read(config: &Path) -> (Vec<(String, String)>, Vec<String>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(config.join("explanations")) {
        Ok(entries) => entries,
        // Most people have none.
        Err(why) if why.kind() == io::ErrorKind::NotFound => return (files, problems),
        Err(why) => return (files, vec![format!("explanations: {why}")]),
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    for path in paths {
        let name = path.display().to_string();
        let read = fs::metadata(&path).and_then(|found| {
            if found.len() > LARGEST {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than 1 MB"));
            }
            fs::read_to_string(&path)
        });
        match read {
            Ok(text) => files.push((name, text)),
            Err(why) => problems.push(format!("{name}: {why}")),
        }
    }
    (files, problems)
}
