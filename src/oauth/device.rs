//! The device authorization endpoint (RFC 8628 §3.1, §3.2): a code for the device, and one for the person.

use super::answer::{self, Members, Trouble};
use crate::{
    secret::Secret,
    wire::{Params, Response},
};

/// What the document is called in errors.
const DOCUMENT: &str = "a device authorization response";

/// Seconds between polls where the server names none (RFC 8628 §3.2).
pub const DEFAULT_INTERVAL: u64 = 5;

/// The form of a device authorization request.
pub fn request(client_id: &str, scope: &str) -> Params {
    Params(vec![("client_id".to_owned(), client_id.to_owned()), ("scope".to_owned(), scope.to_owned())])
}

/// What the device authorization endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What the device polls with.
    pub device_code: Secret,
    /// What the person types.
    pub user_code: String,
    /// Where the person types it.
    pub verification_uri: String,
    /// The address with the code in it; Entra gives none.
    pub verification_uri_complete: Option<String>,
    /// Seconds until both codes end.
    pub expires_in: u64,
    /// Seconds between polls.
    pub interval: u64,
    /// The server's own sentence for the person (an Entra extension).
    pub message: Option<String>,
}

impl DeviceAuthorization {
    /// Reads the answer of the device authorization endpoint, in today's spelling or Entra's older one.
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        let document = answer::object(response, DOCUMENT)?;
        let members = Members::new(DOCUMENT, &document);
        let verification_uri = match members.optional_text("verification_uri")? {
            Some(uri) => uri,
            None => members
                .optional_text("verification_url")?
                .ok_or_else(|| members.fault("verification_uri", "is missing"))?,
        };
        Ok(Self {
            device_code: Secret::new(members.text("device_code")?),
            user_code: members.text("user_code")?,
            verification_uri,
            verification_uri_complete: members.optional_text("verification_uri_complete")?,
            expires_in: members
                .optional_seconds("expires_in")?
                .ok_or_else(|| members.fault("expires_in", "is missing"))?,
            interval: members.optional_seconds("interval")?.unwrap_or(DEFAULT_INTERVAL),
            message: members.optional_text("message")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::oauth::answer::tests::answer;

    fn document() -> Value {
        json!({
            "device_code": "d", "user_code": "K4PTWQ7NR", "verification_uri": "https://login.example/device",
            "expires_in": 900, "interval": 7, "message": "Go there."
        })
    }

    #[test]
    fn a_good_answer_is_read() {
        let expected = DeviceAuthorization {
            device_code: Secret::new("d"),
            user_code: "K4PTWQ7NR".into(),
            verification_uri: "https://login.example/device".into(),
            verification_uri_complete: None,
            expires_in: 900,
            interval: 7,
            message: Some("Go there.".into()),
        };
        assert_eq!(DeviceAuthorization::read(&answer(200, &document())), Ok(expected));
    }

    #[test]
    fn the_older_spelling_and_the_default_interval_are_understood() {
        let old = json!({"device_code": "d", "user_code": "u", "verification_url": "https://x.example", "expires_in": "900"});
        let read = DeviceAuthorization::read(&answer(200, &old)).expect("good");
        assert_eq!((&*read.verification_uri, read.expires_in, read.interval), ("https://x.example", 900, 5));
    }

    #[test]
    fn each_malformed_member_is_named() {
        for (name, wrong) in [
            ("device_code", json!(null)),
            ("device_code", json!(1)),
            ("user_code", json!("")),
            ("verification_uri", json!(null)),
            ("verification_uri", json!({})),
            ("verification_uri_complete", json!(3)),
            ("expires_in", json!(null)),
            ("expires_in", json!("later")),
            ("interval", json!(-5)),
            ("message", json!([])),
        ] {
            let mut document = document();
            document[name] = wrong;
            let Err(Trouble::Unreadable(failure)) = DeviceAuthorization::read(&answer(200, &document)) else {
                panic!("{name} was accepted")
            };
            assert!(failure.to_string().contains(&format!("`{name}`")), "{failure}");
        }
    }
}
