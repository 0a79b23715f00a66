//! The one clock.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::UnixTime;

/// The present.
pub fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
