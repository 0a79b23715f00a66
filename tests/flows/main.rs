//! Each flow against the lab tenant, without a socket or a clock: a flow's effects are performed here, by the tenant, by
//! the built-in user agent, and by a virtual time that is wherever the next alarm is.
//!
//! For each flow there is the good run and a table of refusals: what is changed (a parameter, the settings, the state of
//! the lab, what the person does), and where the refusal is met, on which surface, with which words and number. The tables
//! follow the reference, §3 to §6 and §10.
//!
//! * `desk`: the tenant, a person and the time. `case`: one run, what is changed about it, and the refusal it must meet.
//! * `sign_in`, `silent`, `redeem`: authorization code. `devices`: device code. `legacy`: implicit, hybrid, password.
//! * `machines`, `proofs`, `identities`: client credentials, how applications prove themselves, managed identities.
//! * `in_hand`, `on_behalf_of`: what is done with a token in hand. `apis`: calls with it. `errands`: before the first
//!   sign-in and after the last.

mod apis;
mod case;
mod desk;
mod devices;
mod errands;
mod identities;
mod in_hand;
mod legacy;
mod machines;
mod on_behalf_of;
mod proofs;
mod redeem;
mod sign_in;
mod silent;
