//! Where files of the person lie: the platform's config and state folders.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// Where themes and settings are read from; `None` if there is no home folder.
pub fn config() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("authwright"))
}

/// Where reports are written.
pub fn state() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("authwright"))
}
