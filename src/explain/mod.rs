//! From a refusal to what it means: whose move it is, what usually causes it, how to tell, and what mends it.
//!
//! [`explain`] takes whatever evidence there is, from a bare number to the request, the answer and the lab tenant's own
//! note about the rule that fired. The prose is data (`entry`); code only finds facts (`facts`), tells whose words they are
//! (`place`), compares them (`rules`), puts what the rules say in order (`judge`) or says what is missing (`missing`), fills
//! the prose (`slots`) and lays the result out (`print`).
//!
//! Where the authority is another provider's, `elsewhere` replaces what only Azure knows.
//!
//! Evidence comes from a run of our own, from a bundle (`bundle`), or out of a pasted text (`reading`). What leaves is
//! searched for credentials once more (`secrets`).

mod added;
mod bundle;
mod difference;
mod elsewhere;
mod entry;
mod evidence;
mod extend;
mod facts;
mod judge;
mod missing;
mod names;
mod phrases;
mod place;
mod print;
mod quotes;
mod reading;
mod rules;
mod secrets;
mod slots;
mod symptoms;

pub use added::{Holding, Parties, add, holdings, parties};
pub use bundle::read as read_bundle;
pub use difference::{Difference, closest, difference, with_port_of};
pub use entry::{Entry, Listed, Reason, Remedy, WhoseMove, catalogue, entry, entry_for_error};
pub use evidence::{Evidence, Looked};
pub use extend::extend;
pub use print::{Place, Printed};

use crate::{
    entra::aadsts::{self, Category, Code},
    finding::Compared,
    text,
    time::UnixTime,
};
use facts::Facts;

/// How sure we are of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The evidence leaves no other.
    Certain,
    /// It fits best, or is the usual one.
    Likely,
    /// It can be this one too.
    Possible,
}

impl Certainty {
    /// The word used in JSON and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// What a refusal means. All texts are safe to print, and hold no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The AADSTS number that matters.
    pub code: Option<u32>,
    /// The OAuth error.
    pub error: Option<String>,
    /// One line.
    pub title: String,
    /// A few sentences; the first says what is wrong.
    pub meaning: String,
    /// Who has to act.
    pub whose_move: WhoseMove,
    /// What is known to be right, because it is checked earlier.
    pub proves: Option<String>,
    /// What the rule that fired demands, where the lab tenant told.
    pub demand: Option<String>,
    /// What was sent beside what was expected, where the lab tenant told.
    pub sent: Vec<Compared>,
    /// What may have caused it, best first; never empty.
    pub causes: Vec<Cause>,
    /// Numbers that are easily confused with it.
    pub related: Vec<u32>,
}

/// A cause as it applies here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its stable name, such as `redirect_uri.scheme`.
    pub id: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// One line.
    pub title: String,
    /// How it comes about.
    pub explanation: String,
    /// How to tell that it is this one.
    pub confirm: String,
    /// What speaks for it.
    pub evidence: Vec<EvidenceLine>,
    /// What helps, the best first.
    pub fixes: Vec<Fix>,
}

/// One comparison that speaks for a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Where it was found, such as `request redirect_uri`.
    pub where_: String,
    /// What was there.
    pub sent: String,
    /// What should have been there.
    pub expected: String,
}

impl EvidenceLine {
    fn new(place: &str, sent: &str, expected: &str) -> Self {
        Self { where_: printable(place), sent: printable(sent), expected: printable(expected) }
    }

    fn of(compared: &Compared) -> Self {
        Self::new(&compared.what, &compared.sent, &compared.expected.join(" or "))
    }
}

/// Something that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do.
    pub title: String,
    /// The command that does it, filled and quoted for a POSIX shell.
    pub command: Option<String>,
}

/// Explains a refusal from what there is.
pub fn explain(evidence: &Evidence) -> Explanation {
    let evidence = &*reading::complete(evidence);
    let facts = Facts::read(evidence);
    // Whatever the answer looks like, the lab was told to give it.
    let is_fault = evidence.rule.as_ref().is_some_and(|(rule, _)| rule.starts_with("fault."));
    let entry = match facts.code {
        _ if is_fault => entry_for_error("lab_fault"),
        Some(code) => entry(code),
        None => {
            facts.place.entry(facts.word()).or_else(|| place::Place::of_answer(evidence.response.as_ref()))
        }
    };
    let explanation = match entry {
        Some(entry) => of_entry(entry, evidence, &facts),
        None => without_entry(evidence, &facts),
    };
    let mut explanation = Explanation {
        code: facts.code,
        error: facts
            .error
            .as_deref()
            .map(|error| text::visible(&facts::without_credentials(error)).into_owned()),
        demand: evidence.rule.as_ref().map(|(_, demand)| text::visible(demand).into_owned()),
        sent: evidence.compared.iter().map(safe).collect(),
        ..explanation
    };
    secrets::Secrets::of(evidence).hide_in(&mut explanation);
    explanation
}

/// Explains what a person pasted: `50011`, `AADSTS50011`, a symbol, JSON, an address, a page, a log.
pub fn from_text(pasted: &str, now: UnixTime) -> Explanation {
    let text = Some(pasted.to_owned());
    explain(&Evidence { text, now: Some(now), is_asked_later: true, ..Evidence::default() })
}

fn of_entry(entry: &'static Entry, evidence: &Evidence, facts: &Facts) -> Explanation {
    let verdicts = judge::judge(entry, evidence, facts);
    let mut causes: Vec<Cause> =
        verdicts.into_iter().map(|verdict| cause_of(verdict, evidence.lab, facts)).collect();
    if let Some(provider) = elsewhere::provider(evidence, entry, facts.place) {
        provider.reword(&mut causes, facts.get("redirect_uri").map(printable).as_deref());
    }
    Explanation {
        title: entry.title.clone(),
        meaning: entry.meaning.clone(),
        whose_move: entry.whose_move,
        proves: entry.proves.clone(),
        causes,
        related: entry.related.clone(),
        ..Explanation::empty()
    }
}

/// What can be said about a number without prose, or about nothing at all.
fn without_entry(evidence: &Evidence, facts: &Facts) -> Explanation {
    let (title, meaning, whose_move) = match (facts.code, facts.code.and_then(aadsts::lookup)) {
        (Some(_), Some(code)) => (code.title.to_string(), outline(code), move_for(code.category)),
        (Some(number), None) => (
            format!("AADSTS{number} is not in the table"),
            "This number is not known here. Longer numbers refine shorter ones, so the words behind it, and the OAuth \
             error beside it, tell most."
                .to_owned(),
            WhoseMove::Unknown,
        ),
        (None, _) if facts.error.is_some() => (
            "An OAuth error without a number".to_owned(),
            "This error is not one of the standard ones, and no AADSTS number came with it. Its description is all there \
             is to go by."
                .to_owned(),
            WhoseMove::Unknown,
        ),
        (None, _) => (
            "No error found in this text".to_owned(),
            "There is no AADSTS number and no other error that is known here in it. The message itself, the address that came \
             back, the JSON answer, or the number alone is enough to begin with."
                .to_owned(),
            WhoseMove::Unknown,
        ),
    };
    let cause = cause_of(missing::without_entry(evidence, facts), evidence.lab, facts);
    Explanation { title, meaning, whose_move, causes: vec![cause], ..Explanation::empty() }
}

/// What the table tells about a number.
fn outline(code: &Code) -> String {
    let errors: Vec<_> = code.errors().collect();
    let slots: Vec<_> = code.slots().collect();
    let (about, surface) = (code.category.label(), code.surface.label());
    let mut sentences = vec![format!("{}. It is about {about} and shows up {surface}.", code.title)];
    if !errors.is_empty() {
        sentences.push(format!("Its OAuth error is {}.", errors.join(" or ")));
    }
    if !slots.is_empty() {
        sentences.push(format!("Its message names {}: compare these with what you sent.", slots.join(", ")));
    }
    sentences.join(" ")
}

const fn move_for(category: Category) -> WhoseMove {
    match category {
        Category::RedirectUri | Category::Registration | Category::Federation => WhoseMove::Registration,
        Category::Consent | Category::Policy => WhoseMove::TenantPolicy,
        Category::Account | Category::Password | Category::Device | Category::Session => WhoseMove::User,
        Category::Pkce
        | Category::Credential
        | Category::Scope
        | Category::Tenant
        | Category::Grant
        | Category::OnBehalfOf
        | Category::Request => WhoseMove::OurRequest,
        Category::Service => WhoseMove::Service,
        Category::Other => WhoseMove::Unknown,
    }
}

fn cause_of(verdict: judge::Verdict, lab: bool, facts: &Facts) -> Cause {
    let reason = verdict.reason;
    let facts = &facts.with(verdict.values);
    let fixes = match &reason.lab {
        Some(remedy) if lab => vec![Fix { title: slots::fill_text(remedy, facts), command: None }],
        _ => {
            let commands =
                |fix: &Remedy| fix.command.as_deref().map(|command| slots::fill_command(command, facts));
            let fix = |fix: &Remedy| Fix {
                title: slots::fill_text(&fix.title, facts),
                command: if lab { None } else { commands(fix) },
            };
            let suits = |fix: &&Remedy| fix.suits(facts.get("variant"));
            verdict.ask.into_iter().chain(reason.fixes.iter().filter(suits).map(fix)).collect()
        }
    };
    Cause {
        id: reason.id.clone(),
        certainty: verdict.certainty,
        title: slots::fill_text(&reason.title, facts),
        explanation: slots::fill_text(&reason.why, facts),
        confirm: slots::fill_text(&reason.confirm, facts),
        evidence: verdict.evidence,
        fixes,
    }
}

fn safe(compared: &Compared) -> Compared {
    Compared {
        what: printable(&compared.what),
        sent: printable(&compared.sent),
        expected: compared.expected.iter().map(|value| printable(value)).collect(),
    }
}

/// A value from outside as it may be shown: without credentials and control characters, and not endlessly long.
fn printable(value: &str) -> String {
    const LONGEST: usize = 300;
    let value = facts::without_credentials(value);
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", text::visible(&value[..end]), value.chars().count()),
        None => text::visible(&value).into_owned(),
    }
}

impl Explanation {
    /// What a cause tells beyond this explanation's own title: an open answer says the title first, so that it can stand
    /// alone in JSON, and below a headline that is said twice.
    pub fn below_title<'a>(&self, cause: &'a Cause) -> &'a str {
        let rest = cause.explanation.strip_prefix(self.title.trim_end_matches('.'));
        rest.and_then(|rest| rest.strip_prefix(". ")).unwrap_or(&cause.explanation)
    }

    const fn empty() -> Self {
        Self {
            code: None,
            error: None,
            title: String::new(),
            meaning: String::new(),
            whose_move: WhoseMove::Unknown,
            proves: None,
            demand: None,
            sent: Vec::new(),
            causes: Vec::new(),
            related: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
