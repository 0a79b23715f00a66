//! Reading a refusal, on whichever surface it comes (RFC 6749 §4.1.2.1, §5.2; Entra's envelope, reference §2.2, §3.7).

/// The authority said no. A value, and usually the point of the exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stood.
    pub surface: Surface,
    /// The OAuth error code, the one thing a program may act on; empty where a page gives none.
    pub error: String,
    /// The text for people.
    pub description: Option<String>,
    /// Entra's numbers, as sent in `error_codes`, or found in the text.
    pub error_codes: Vec<u32>,
    /// A page about the error.
    pub error_uri: Option<String>,
    /// Entra's finer class.
    pub suberror: Option<String>,
    /// A claims challenge to replay, a JSON document as text.
    pub claims: Option<String>,
    /// When the authority refused, in its own words.
    pub timestamp: Option<String>,
    /// The authority's id of this request.
    pub trace_id: Option<String>,
    /// The id that ties requests together, ours if we sent one.
    pub correlation_id: Option<String>,
}

/// Where a refusal stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// In a JSON body with this status.
    Json(u16),
    /// In the parameters of a redirect.
    #[default]
    Redirect,
    /// On a page of the authority: never sent back to the application.
    Page(u16),
}

/// The refusal in an answer, if it is one.
pub fn from_response(response: &crate::wire::Response) -> Option<Refusal> {
    let _ = response;
    None
}
