//! Being written.

/// Evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// t
    pub text: Option<String>,
    /// t
    pub refusal: Option<crate::oauth::Refusal>,
    /// t
    pub request: Option<crate::wire::Request>,
    /// t
    pub response: Option<crate::wire::Response>,
    /// t
    pub compared: Vec<crate::finding::Compared>,
    /// t
    pub rule: Option<(String, String)>,
    /// t
    pub lab: bool,
    /// t
    pub now: Option<crate::time::UnixTime>,
}
