//! authwright: a terminal workbench that makes every Microsoft Entra ID sign-in visible.
//!
//! **The idea.** A closed event goes in, plain effects come out, and one place owns the state. The protocol knows no
//! socket, no clock, no randomness and no terminal; the workbench, the command line and the tests are drivers of the
//! same machines.
//!
//! Modules stand in reading order; each may use those above it, and rows are held by `tests/tidy.rs`.

// base row: values
pub mod finding;
pub mod secret;
pub mod text;
pub mod time;
pub mod wire;

// the protocol, pure
pub mod entra;
pub mod oauth;
pub mod token;

// what is made of it, pure; neighbours do not know each other
pub mod agent;
pub mod explain;
pub mod export;
pub mod flow;
pub mod inspect;
pub mod provider;

// the state
pub mod workbench;

// the world outside
pub mod runtime;

// drivers
pub mod cli;
pub mod tui;
