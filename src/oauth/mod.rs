//! The client's side of the protocol: one file for each endpoint, which builds the request and reads the answer, and
//! nothing else. What orders them is `flow`; what sends them is `runtime`.

pub mod error;
pub mod front_channel;
pub mod token;

pub use error::{Refusal, Surface};
pub use front_channel::{Arrival, ArrivedBy, Visit};
pub use token::TokenSet;
