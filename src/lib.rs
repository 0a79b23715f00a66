//! authwright: a terminal workbench that makes every Microsoft Entra ID sign-in visible.
//!
//! **The idea.** A closed event goes in, plain effects come out, and one place owns the state. The protocol knows no
//! socket, no clock, no randomness and no terminal; the workbench, the command line and the tests are drivers of the
//! same machines.
//!
//! Modules stand in reading order; each may use the rows above its own, and `tests/tidy.rs` holds that.
//!
//! **Three journeys.**
//! * A key: `tui::run` → `tui::update` → the topmost overlay, the open text field, or `tui::keymap` and the focused pane →
//!   `workbench::Workbench::apply` → effects → `runtime` → one draw.
//! * An exchange: a flow returns `flow::Effect::Send` → the workbench opens an exchange in its log → `runtime::http` sends
//!   it, following nothing → the workbench closes the exchange and hands the answer to the same flow. Panes read the log
//!   when they draw.
//! * A token: `oauth::token` takes it into custody as a `secret::Secret` → the shelf decodes and checks it → the Tokens
//!   screen shows verdicts. On its way out it passes `export::redact`.
//!
//! **Where a flow is.** `oauth` writes its requests and reads its answers. `flow` has its machine, what its steps say
//! (`flow::sheets`) and what is said before it is sent (`flow::preflight`). `provider::endpoints` answers it; `explain` knows
//! why it is refused, `lint` why it will be. `tui::panes::flows` introduces it, `cli::run` runs it without a screen.
//!
//! **Words.** *Profile*: whom we sign in as what. *Flow*: a kind of run. *Session*: one run. *Step*: what a person sees of
//! it. *Draft*: a request that can still be bent. *Exchange*: a request with its answer. *Refusal*: the authority said no.
//! *Failure*: there was no answer. *Finding*: what a check says. *Shelf*: tokens held. *Note*: the lab tenant's own word on
//! why it refused, never on the wire.
//!
//! **What always holds.** Client (`oauth`, `flow`) and lab tenant (`provider`) share no builder and no reader. Redirects are
//! never followed by the HTTP client. Server text passes `text::visible`. A secret is exposed only where a request is built,
//! a token decoded, or a person asks. A late, doubled or cancelled answer is dropped by its call id.
//!
//! **What is absent on purpose.** No trait for panes, no shared cells, no second queue, no cookie store in the HTTP client,
//! no clock or randomness outside `runtime`.

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
pub mod lint;
pub mod provider;

// the state
pub mod workbench;

// the world outside
pub mod runtime;

// drivers
pub mod cli;
pub mod tui;
