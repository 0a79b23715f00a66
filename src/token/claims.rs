//! The meaning of each claim and header member, as data.

/// What a claim says, for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The claim's name.
    pub name: &'static str,
    /// The heading it stands under.
    pub group: Group,
    /// A few words, for the line beside the value.
    pub short: &'static str,
    /// Two or three sentences: what it means, what to use it for, what not.
    pub long: &'static str,
}

/// The headings that claims are grouped under, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Whom it is about.
    Who,
    /// For whom, and by whom.
    ForWhom,
    /// What it allows.
    May,
    /// From when until when.
    When,
    /// How the person or the application proved itself.
    How,
    /// Internal to the issuer: not for you.
    Internal,
    /// Not known to us; shown all the same.
    Unknown,
}

/// What is known of the claim called `name`.
pub fn meaning(name: &str) -> Option<&'static Meaning> {
    let _ = name;
    None
}
