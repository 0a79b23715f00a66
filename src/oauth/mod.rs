//! The client's side of the protocol: one file for each endpoint, which builds the request and reads the answer, and
//! nothing else. What orders them is `flow`; what sends them is `runtime`.
//!
//! Builders give [`crate::wire::Params`] in the order they are sent. Readers take the bytes that came and give a typed
//! value, or a [`Trouble`] that names the member at fault. They are lenient where servers are known to differ (numbers
//! as text, old names), and never repeat a value in their messages, for it may be a secret.

pub mod admin_consent;
pub mod answer;
pub mod assertion;
pub mod authorize;
pub mod bearer;
pub mod challenge;
pub mod choices;
pub mod device;
pub mod discovery;
pub mod error;
pub mod federation;
pub mod front_channel;
pub mod jwks;
pub mod logout;
pub mod managed_identity;
mod page;
pub mod parameters;
pub mod pkce;
pub mod token;
pub mod user_info;

pub use answer::Trouble;
pub use error::{Refusal, Surface};
pub use front_channel::{Arrival, ArrivedBy, Listening, Visit};
pub use token::TokenSet;
