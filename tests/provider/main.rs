//! The lab tenant over real loopback HTTP, asked by a plain client: every refusal on its surface, every way that works,
//! and tokens read by a library that knows nothing of ours. What needs time to pass asks the provider itself, with a
//! clock in the test's hand.

mod admin_consent;
mod authorize;
mod bend;
mod bounded;
mod clock;
mod conditions;
mod consent_policy;
mod control;
mod credential;
mod desk;
mod device;
mod directory_claims;
mod faults;
mod forge;
mod https;
mod logout;
mod managed_identity;
mod membership;
mod metadata;
mod mutated;
mod on_behalf_of;
mod orders;
mod parallel;
mod password;
mod pipeline;
mod policies;
mod raw_bytes;
mod refresh;
mod registration;
mod resources;
mod response_type;
mod second_factor;
mod shape;
mod sign_in;
mod sign_in_policy;
mod single_sign_on;
mod state;
mod tenant;
mod tenant_segment;
mod time;
mod token;
mod user_agent;
mod verify;
mod version_1;
