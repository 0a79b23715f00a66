//! How values stand in a scenario that have a type of their own in the code: secrets in clear, for they open nothing but the
//! lab, and moments as RFC 3339.

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

use crate::{secret::Secret, time::UnixTime};

pub mod secret {
    use super::{Deserializer, Secret, Serializer};
    use serde::Deserialize as _;

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }
}

pub mod optional_secret {
    use super::{Deserializer, Secret, Serializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        super::secret::deserialize(deserializer).map(Some)
    }

    #[expect(clippy::ref_option, reason = "serde hands the field over as it is")]
    pub fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => super::secret::serialize(secret, serializer),
            None => serializer.serialize_none(),
        }
    }
}

pub mod time {
    use super::{Deserializer, Serializer, UnixTime};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixTime, D::Error> {
        super::moment(deserializer)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over as it is")]
    pub fn serialize<S: Serializer>(time: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.rfc3339())
    }
}

pub mod optional_time {
    use super::{Deserializer, Serializer, UnixTime};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UnixTime>, D::Error> {
        super::moment(deserializer).map(Some)
    }

    #[expect(clippy::ref_option, reason = "serde hands the field over as it is")]
    pub fn serialize<S: Serializer>(time: &Option<UnixTime>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&time.rfc3339()),
            None => serializer.serialize_none(),
        }
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
    Ok(UnixTime::from_millis(time.as_millisecond()))
}

pub const fn yes() -> bool {
    true
}
