//! Findings: what a check says, whether it looked at a step, a token or a request.

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name, such as `state.mismatch`.
    pub id: &'static str,
    /// How it turned out.
    pub severity: Severity,
    /// One sentence: what was compared with what, and the result. Safe to print.
    pub title: String,
    /// Where the rule stands, such as `RFC 6749 §10.12`; may be empty.
    pub source: &'static str,
}

/// How a check turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Passed,
    /// Worth knowing.
    Info,
    /// Unwise, or could not be checked.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The mark that carries the meaning without colour.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Info => "·",
            Self::Warning => "!",
            Self::Error => "✗",
        }
    }
}

/// One comparison of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it is, such as `redirect_uri`.
    pub what: String,
    /// What the request held; secrets masked.
    pub sent: String,
    /// What the directory (or policy, or clock) holds; several lines where several would do.
    pub expected: Vec<String>,
}
