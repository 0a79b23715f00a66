//! Which of the causes of an entry it is: the rules are asked one after the other, and what they say is put in order.
//!
//! Where a rule speaks, its cause stands first. Where none does and several causes stay open, `undetermined` stands first:
//! it says what is open and what would settle it (`missing`), and the causes follow as possible ones. An entry can say
//! that its number alone tells (`settled`), or nearly so (`usual`).

use super::{
    Certainty, Evidence, EvidenceLine,
    difference::{closest, difference, with_port_of},
    elsewhere,
    entry::{Entry, Reason},
    facts::Facts,
    missing,
    rules::{self, Case},
};

/// A cause with what speaks for it.
pub(super) struct Verdict {
    pub reason: &'static Reason,
    pub certainty: Certainty,
    pub evidence: Vec<EvidenceLine>,
    /// Values for slots of its prose.
    pub values: Vec<(&'static str, String)>,
    /// What to get, where the evidence does not settle it; in front of the fixes of the prose.
    pub ask: Vec<super::Fix>,
}

/// Puts the causes of an entry in the order that the evidence suggests.
pub(super) fn judge(entry: &'static Entry, evidence: &Evidence, facts: &Facts) -> Vec<Verdict> {
    let (mut open, mut excluded) = ask(entry, &Case::new(entry, evidence, facts));
    if open.is_empty()
        && let Some(case) = Case::without_complaint(entry, evidence, facts)
    {
        (open, excluded) = ask(entry, &case);
    }

    open.sort_by_key(|verdict| verdict.certainty); // stable: the usual order stays
    let mut named = std::collections::BTreeSet::new();
    open.retain(|verdict| named.insert(verdict.reason.id.as_str()));

    let only_one = open.len() == 1;
    let Some(first) = open.first_mut() else {
        return vec![missing::undetermined(entry, &[], evidence, facts)];
    };
    if excluded == 0 && (entry.settled || (only_one && evidence.rule.is_some())) {
        first.certainty = Certainty::Certain;
    } else if first.certainty == Certainty::Possible && (entry.usual || only_one) {
        first.certainty = Certainty::Likely;
    }
    if first.certainty == Certainty::Possible {
        let mut unclear = missing::undetermined(entry, &open, evidence, facts);
        // What was compared, even if it decides nothing.
        let compared = open.iter().flat_map(|verdict| &verdict.evidence).take(4).cloned();
        unclear.evidence.extend(compared);
        open.insert(0, unclear);
        return open;
    }
    if first.evidence.is_empty() {
        first.evidence = evidence.compared.iter().map(EvidenceLine::of).collect();
    }
    if first.evidence.is_empty() && entry.code.is_none() {
        first.evidence = missing::at_hand(evidence, facts);
    }
    // Where the message is all there is, its values say whom and what it is about.
    if evidence.request.is_none() && evidence.compared.is_empty() && entry.code.is_some() {
        let is_said = |line: &EvidenceLine| {
            let says =
                |known: &EvidenceLine| known.sent.contains(&line.sent) || known.expected.contains(&line.sent);
            line.where_ == "message error" || first.evidence.iter().any(says)
        };
        let told: Vec<_> =
            missing::at_hand(evidence, facts).into_iter().filter(|line| !is_said(line)).collect();
        first.evidence.extend(told);
    }
    if first.certainty == Certainty::Certain {
        let is_alone = open.get(1).is_none_or(|next| next.certainty != Certainty::Certain);
        if is_alone {
            open.truncate(1);
        } else {
            // Two that leave no other open: then each of them is left open by the other.
            let both = open.iter_mut().filter(|verdict| verdict.certainty == Certainty::Certain);
            both.for_each(|verdict| verdict.certainty = Certainty::Likely);
        }
    }
    open
}

/// Asks the check of each cause: those that stay open, and how many are ruled out.
fn ask(entry: &'static Entry, case: &Case<'_>) -> (Vec<Verdict>, usize) {
    let mut open: Vec<Verdict> = Vec::new();
    let mut excluded = 0;
    for reason in entry.causes() {
        if case.is_elsewhere && elsewhere::is_entras_own(&reason.id) {
            continue;
        }
        let (certainty, evidence, values) = match rules::check(reason.key, case) {
            Some(found) => {
                let Some(certainty) = found.certainty else {
                    excluded += 1;
                    continue;
                };
                (certainty, found.evidence, found.values)
            }
            None => (Certainty::Possible, Vec::new(), Vec::new()),
        };
        open.push(Verdict { reason, certainty, evidence, values, ask: Vec::new() });
    }
    (open, excluded)
}

/// Values that differ in one place only, for the screen: the pair and the words for it.
pub(super) fn difference_in_words(sent: &str, expected: &[String]) -> Option<String> {
    difference(sent, &with_port_of(sent, closest(sent, expected)?)).map(|found| found.in_words())
}
