//! Writing files so that whoever reads them finds the old content or the new one, never a half.
//!
//! The content goes to a new file beside the wanted one first, reaches the disk, and then takes the name.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::entropy;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone, from the first byte on.
    Owner,
    /// Whoever the folder lets in.
    Everybody,
}

/// Puts `content` in the place of whatever has that name. The folder is made if it is not there.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let beside = write_beside(path, content, readers)?;
    fs::rename(&beside, path).inspect_err(|_| discard(&beside))
}

/// Gives `content` that name if nothing has it yet; whether it did.
pub fn create(path: &Path, content: &[u8], readers: Readers) -> io::Result<bool> {
    let beside = write_beside(path, content, readers)?;
    let created = match fs::hard_link(&beside, path) {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Not every file system knows a second name for a file.
        Err(_) if !path.exists() => return fs::rename(&beside, path).map(|()| true),
        Err(why) => Err(why),
    };
    discard(&beside);
    created
}

fn write_beside(path: &Path, content: &[u8], readers: Readers) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{:016x}.new", u64::from_ne_bytes(entropy::bytes())));
    let beside = path.with_file_name(name);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if readers == Readers::Owner { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.map(|()| beside.clone()).inspect_err(|_| discard(&beside))
}

/// What is left behind takes room and nothing else.
fn discard(beside: &Path) {
    let _ = fs::remove_file(beside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_once_and_replaced_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("authwright-files-{}", std::process::id()));
        let path = folder.join("below").join("a");
        assert!(create(&path, b"one", Readers::Owner).unwrap());
        assert!(!create(&path, b"two", Readers::Owner).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three", Readers::Everybody).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it");
        assert!(replace(&path.join("x"), b"", Readers::Owner).is_err(), "a file is no folder");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_for_its_owner_is_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("authwright-files-mode-{}", std::process::id()));
        let path = folder.join("secret");
        replace(&path, b"x", Readers::Everybody).unwrap();
        replace(&path, b"x", Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }
}
