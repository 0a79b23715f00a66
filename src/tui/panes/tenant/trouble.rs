//! The tenant's clock, and what goes wrong on purpose: as rows, and as what can be chosen.

use super::{
    asking::{Ask, order},
    columns::{cell, last, mark, rest},
};
use crate::{
    provider::{
        clock::Clock,
        faults::{ActiveFault, Endpoint, Fault, FaultKind},
        order::Order,
    },
    text::{Line, Role},
    tui::{
        look::Look,
        pane::{Choice, Intent},
    },
};

/// How the clock can be moved: what that is called, by how many seconds, and what it is good for.
const MOVES: [(&str, i64, &str); 5] = [
    ("move the clock on by 5 minutes", 300, "challenges and assertions end"),
    ("move the clock on by an hour", 3600, "codes and access tokens end"),
    ("move the clock on by a day", 86_400, "sessions and most refresh tokens of pages end"),
    ("move the clock on by 91 days", 91 * 86_400, "refresh tokens end"),
    ("move the clock back by an hour", -3600, "what is issued now is from the past"),
];

/// What can be switched on.
const KINDS: [FaultKind; 9] = [
    FaultKind::TooManyRequests { retry_after: 10 },
    FaultKind::Unavailable { retry_after: Some(10) },
    FaultKind::ServerError,
    FaultKind::Latency { milliseconds: 3000 },
    FaultKind::DroppedConnection,
    FaultKind::SlowBody { milliseconds: 3000 },
    FaultKind::MalformedJson,
    FaultKind::WrongContentType,
    FaultKind::EmptyBody,
];

/// For how many requests.
const TIMES: [(&str, Option<u32>); 3] =
    [("once", Some(1)), ("three times", Some(3)), ("until it is switched off", None)];

/// The clock as a row.
pub fn clock(clock: Clock, width: usize, look: &Look) -> Line {
    let good = (clock.ahead() == 0).then_some(true);
    let role = if good.is_some() { Role::Text } else { Role::Warn };
    last(mark(good, look), role, &clock.said(), rest(width, &[], look), look)
}

/// A fault as a row.
pub fn fault(fault: &ActiveFault, width: usize, look: &Look) -> Line {
    let left = match fault.left {
        Some(left) => format!("{left} left"),
        None => "stays".to_owned(),
    };
    let (place, count) = (15, 12);
    let what = rest(width, &[place, count], look);
    let line = cell(mark(Some(false), look), Role::Text, &fault.fault.kind.said(), what, look);
    let line = cell(line, Role::Muted, fault.fault.endpoint.name(), place, look);
    last(line, Role::Muted, &left, count, look)
}

/// What can be added: a move of the clock, a fault.
pub fn what() -> Intent {
    let moves = MOVES.iter().map(|(name, seconds, note)| Choice {
        name: (*name).to_owned(),
        note: (*note).to_owned(),
        intent: order(Order::MoveClock { seconds: *seconds }),
    });
    let faults = KINDS.iter().map(|kind| Choice {
        name: kind.said(),
        note: "a fault".to_owned(),
        intent: Intent::Ask(Ask::Fault(kind.clone())),
    });
    Intent::Choose {
        title: "Move the clock, or let something go wrong".to_owned(),
        choices: moves.chain(faults).collect(),
    }
}

/// Where it is to go wrong.
pub fn at_which(kind: &FaultKind) -> Intent {
    let choices = Endpoint::ALL.into_iter().map(|endpoint| Choice {
        name: endpoint.name().to_owned(),
        note: if endpoint == Endpoint::Any { "everywhere".to_owned() } else { String::new() },
        intent: Intent::Ask(Ask::FaultAt(kind.clone(), endpoint)),
    });
    Intent::Choose { title: format!("{}: where", kind.said()), choices: choices.collect() }
}

/// How often.
pub fn how_often(kind: &FaultKind, endpoint: Endpoint) -> Intent {
    let choices = TIMES.into_iter().map(|(name, requests)| Choice {
        name: name.to_owned(),
        note: String::new(),
        intent: order(Order::Fault { fault: Fault { endpoint, kind: kind.clone(), requests } }),
    });
    Intent::Choose { title: format!("{}: how often", kind.said()), choices: choices.collect() }
}
