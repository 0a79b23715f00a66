//! The file in which a tenant outlives its program.
//!
//! It is written as a whole or not at all, shortly after something has changed and no more often than that takes little of the
//! time. One that cannot be used stops nobody: it is set aside under another name, and the tenant begins anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::keys::{self, lock};
use crate::{
    provider::{
        Provider,
        scenario::Scenario,
        state::{Mark, ResumeError},
    },
    runtime::files::{self, Readers},
    time::UnixTime,
};

/// The file.
const FILE: &str = "lab-tenant.json";

/// The least time between two writes.
const PAUSE: Duration = Duration::from_secs(1);

/// How much longer than a write the pause after it is.
const REST: u32 = 10;

/// What is said to whoever runs the tenant, in the order in which it came up.
pub(super) type Remarks = watch::Sender<Vec<String>>;

/// Says something.
pub(super) fn remark(remarks: &Remarks, what: String) {
    remarks.send_if_modified(|said| {
        let is_new = said.last() != Some(&what);
        if is_new {
            said.push(what);
        }
        is_new
    });
}

/// Where a tenant is kept.
#[derive(Debug)]
pub(super) struct Store {
    file: PathBuf,
    /// What was written last.
    written: Mutex<Option<Mark>>,
}

impl Store {
    /// The store in a folder, which is made for its owner alone if it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(folder)?;
        Ok(Self { file: folder.join(FILE), written: Mutex::new(None) })
    }

    /// The tenant that was kept; `None` where there is none, or none that can be used. An error means that what is there can
    /// neither be used nor set aside, and must not be written over.
    pub fn resume(
        &self,
        began: &Arc<Scenario>,
        seed: [u8; 32],
        now: UnixTime,
        remarks: &Remarks,
    ) -> io::Result<Option<Provider>> {
        let why = match fs::read(&self.file) {
            Ok(text) => match Provider::resume(Arc::clone(began), &text, seed) {
                Ok(provider) => return Ok(Some(provider)),
                Err(why) => why,
            },
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => ResumeError::Damaged(why.to_string()),
        };
        let aside = self.set_aside(&why, now)?;
        let (file, aside) = (self.file.display(), aside.display());
        remark(remarks, format!("{file}: {why}; it is now {aside}, and the tenant begins anew"));
        Ok(None)
    }

    fn set_aside(&self, why: &ResumeError, now: UnixTime) -> io::Result<PathBuf> {
        let kind = match why {
            ResumeError::Newer(_) => "newer",
            ResumeError::Damaged(_) => "damaged",
        };
        let moment: String = now.rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
        let aside = self.file.with_file_name(format!("lab-tenant.{kind}-{moment}.json"));
        fs::rename(&self.file, &aside).map(|()| aside)
    }

    /// Writes the tenant if something has changed since the last time. Belongs on a blocking thread.
    pub fn save(&self, provider: &Mutex<Provider>) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (mark, saved) = {
            let provider = lock(provider);
            let mark = provider.mark();
            if *written == Some(mark) {
                return Ok(());
            }
            (mark, provider.save())
        };
        files::replace(&self.file, &saved.to_json(), Readers::Owner)?;
        *written = Some(mark);
        Ok(())
    }

    /// Takes away what is kept in a folder; whether there was anything.
    pub fn clear(folder: &Path) -> io::Result<bool> {
        match fs::remove_file(folder.join(FILE)) {
            Ok(()) => Ok(true),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(why) => Err(why),
        }
    }
}

/// Writes the tenant whenever the bell says that something may have, until `stopped` changes or its sender is gone.
pub(super) async fn keep(
    store: Arc<Store>,
    state: watch::Receiver<keys::State>,
    mut bell: watch::Receiver<()>,
    remarks: Remarks,
    mut stopped: watch::Receiver<()>,
) {
    let Ok(provider) = keys::ready(state, true).await else { return };
    loop {
        let began = Instant::now();
        if let Err(why) = save(&store, &provider).await {
            remark(&remarks, why);
        }
        let pause = PAUSE.max(began.elapsed() * REST);
        let next = async {
            tokio::time::sleep(pause).await;
            bell.changed().await
        };
        tokio::select! {
            Ok(()) = next => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Writes it once, if something has changed. The error is a sentence.
pub(super) async fn save(store: &Arc<Store>, provider: &Arc<Mutex<Provider>>) -> Result<(), String> {
    let (store, provider) = (Arc::clone(store), Arc::clone(provider));
    let file = store.file.display().to_string();
    let saved = tokio::task::spawn_blocking(move || store.save(&provider)).await;
    let failed = |why: &dyn std::fmt::Display| format!("the tenant cannot be kept in {file}: {why}");
    saved.map_err(|why| failed(&why))?.map_err(|why| failed(&why))
}
