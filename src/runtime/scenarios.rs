//! The person's scenario files: `scenarios/NAME.toml` in the config folder. They hold passwords of the lab, and are for
//! their owner alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::files::{self, Readers};

/// What became of a file that was to be written.
#[derive(Debug)]
pub enum Written {
    /// It is there.
    Done(PathBuf),
    /// A file of that name is there already, and was left alone.
    Taken,
}

/// The names of those that there are, in the order of the alphabet.
pub fn names(config: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder(config)) {
        Ok(entries) => entries,
        // Nothing was saved yet.
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_scenario = path.extension().is_some_and(|ending| ending == "toml");
            is_scenario.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
        })
        .collect();
    names.sort();
    Ok(names)
}

/// The text of one.
pub fn read(config: &Path, name: &str) -> io::Result<String> {
    fs::read_to_string(path(config, name))
}

/// Writes one; `replace` says whether one of that name may go.
pub fn write(config: &Path, name: &str, text: &str, replace: bool) -> io::Result<Written> {
    let path = path(config, name);
    if replace {
        files::replace(&path, text.as_bytes(), Readers::Owner)?;
    } else if !files::create(&path, text.as_bytes(), Readers::Owner)? {
        return Ok(Written::Taken);
    }
    Ok(Written::Done(path))
}

fn folder(config: &Path) -> PathBuf {
    config.join("scenarios")
}

fn path(config: &Path, name: &str) -> PathBuf {
    folder(config).join(format!("{name}.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_written_once_listed_read_and_replaced_only_if_so_said() {
        let config = std::env::temp_dir().join(format!("authwright-scenarios-{}", std::process::id()));
        assert!(names(&config).unwrap().is_empty(), "no folder is no fault");
        assert!(matches!(write(&config, "shop", "one", false).unwrap(), Written::Done(_)));
        assert!(matches!(write(&config, "shop", "two", false).unwrap(), Written::Taken));
        assert_eq!(read(&config, "shop").unwrap(), "one");
        assert!(matches!(write(&config, "shop", "three", true).unwrap(), Written::Done(_)));
        assert_eq!(read(&config, "shop").unwrap(), "three");
        write(&config, "bank", "", false).unwrap();
        fs::write(config.join("scenarios").join("notes.txt"), "").unwrap();
        assert_eq!(names(&config).unwrap(), ["bank", "shop"]);
        assert!(read(&config, "nothing").is_err());
        fs::remove_dir_all(&config).unwrap();
    }
}
