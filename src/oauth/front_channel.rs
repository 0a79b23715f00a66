//! The part of a flow that travels through a person's user agent: where it goes, and how it comes back.

use url::Url;

use crate::wire::Params;

/// An address for a user agent, and where it is expected to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where to go.
    pub url: Url,
    /// The redirect URI at which the visit ends.
    pub redirect_uri: Url,
}

/// The authority's answer as it reached the redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which way it came.
    pub by: ArrivedBy,
    /// The parameters of the answer, in their order.
    pub params: Params,
}

/// The ways an authorization response can reach us (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivedBy {
    /// In the query of the redirect.
    Query,
    /// In its fragment.
    Fragment,
    /// As a form post.
    FormPost,
    /// The person pasted the address.
    Pasted,
}
