//! Tests of the whole way: a pasted text, the reading of it, and the judgement.

mod attacks;
mod forms;
mod judging;
mod reading;
mod seats;
mod table;
mod vectors;

use super::{Decoded, signed};
use crate::finding::{Finding, Severity};

fn ids(token: &Decoded) -> Vec<&'static str> {
    token.findings.iter().map(|finding| finding.id).collect()
}

fn find<'f>(findings: &'f [Finding], id: &str) -> &'f Finding {
    findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id} in {findings:#?}"))
}

fn severity(findings: &[Finding], id: &str) -> Severity {
    find(findings, id).severity
}
