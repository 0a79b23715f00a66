//! The machine's playbooks, one for each grant and one for each way of proving the client.

mod client_credentials;
mod on_behalf_of;
mod password;
mod proof;
mod refresh_token;
