//! The JSON body of a request to Graph, read member by member: what is missing, of the wrong type, or not known here is
//! refused by name.

use serde_json::{Map, Value};

use crate::provider::{
    bearer::{error, refuse},
    call::Call,
    refusal::{Refusal, Verdict},
    scenario::edit::EditError,
};
use crate::{secret::is_harmless_member, time::UnixTime};

type Read<T> = Result<T, Box<Refusal>>;

/// The members of the body.
pub fn read(call: &Call) -> Read<&Map<String, Value>> {
    call.json.as_ref().and_then(Value::as_object).ok_or_else(|| {
        refuse(error::INVALID_REQUEST, "The body could not be read as a JSON object.")
            .demands("the body is a JSON object, sent with `content-type: application/json`")
            .compares(
                "content-type",
                call.header("content-type").unwrap_or("(nothing)"),
                ["application/json"],
            )
            .by("body.readable")
    })
}

/// A refusal over one member.
pub fn wrong(member: &str, value: &Value, expected: &str, rule: &'static str) -> Box<Refusal> {
    let text = format!("The value of '{member}' is not valid: {expected}.");
    refuse(error::INVALID_REQUEST, text)
        .demands(format!("`{member}`: {expected}"))
        .compares(member, shown(member, value), [expected])
        .by(rule)
}

/// A value as it may be shown.
fn shown(member: &str, value: &Value) -> String {
    match value {
        Value::String(text) if is_harmless_member(member, text) => text.clone(),
        Value::String(_) => "(a text)".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => format!("(a list of {})", items.len()),
        Value::Object(_) => "(an object)".to_owned(),
    }
}

/// Rule: the entity has such a member, and the lab keeps it. A member that it does not keep may be sent all the same if that
/// changes nothing: with the value that it is shown with, or empty.
pub fn knows(sent: &Map<String, Value>, kept: &[&str], shown_as: &Map<String, Value>) -> Verdict {
    for (name, value) in sent {
        if kept.contains(&name.as_str()) || name.starts_with("@odata.") {
            continue;
        }
        let Some(present) = shown_as.get(name) else {
            let text = format!("There is no property '{name}' on this entity.");
            return Err(refuse(error::INVALID_REQUEST, text)
                .demands("the members of the body are properties of the entity, letter for letter")
                .compares("member", name, shown_as.keys().cloned())
                .by("body.member_known"));
        };
        if value != present && !is_empty(value) {
            let text = format!("The lab does not keep '{name}'; leave it out.");
            return Err(refuse(error::INVALID_REQUEST, text)
                .demands("the lab keeps what decides about sign-ins, and says so rather than forget what it was told")
                .compares("member", name, kept.iter().copied())
                .by("body.member_kept"));
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A text that must be there.
pub fn required<'a>(members: &'a Map<String, Value>, name: &str) -> Read<&'a str> {
    text(members, name)?.filter(|text| !text.is_empty()).ok_or_else(|| {
        refuse(error::INVALID_REQUEST, format!("A value is required for property '{name}'."))
            .demands(format!("`{name}` is sent, and is not empty"))
            .compares(name, "(nothing)", ["a text"])
            .by("body.member_present")
    })
}

/// A text, if it is there and not null.
pub fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Read<Option<&'a str>> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(name, other, "a text is expected", "body.member_type")),
    }
}

/// A switch, if it is there and not null.
pub fn flag(members: &Map<String, Value>, name: &str) -> Read<Option<bool>> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(wrong(name, other, "true or false is expected", "body.member_type")),
    }
}

/// An object; nothing and null count as an empty one.
pub fn object(members: &Map<String, Value>, name: &str) -> Read<Map<String, Value>> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(other) => Err(wrong(name, other, "an object is expected", "body.member_type")),
    }
}

/// A list; nothing and null count as an empty one.
pub fn list<'a>(members: &'a Map<String, Value>, name: &str) -> Read<&'a [Value]> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(wrong(name, other, "a list is expected", "body.member_type")),
    }
}

/// A list of objects.
pub fn objects<'a>(members: &'a Map<String, Value>, name: &str) -> Read<Vec<&'a Map<String, Value>>> {
    let object = |item: &'a Value| {
        item.as_object().ok_or_else(|| wrong(name, item, "each entry is an object", "body.member_type"))
    };
    list(members, name)?.iter().map(object).collect()
}

/// A list of texts.
pub fn texts<'a>(members: &'a Map<String, Value>, name: &str) -> Read<Vec<&'a str>> {
    let text = |item: &'a Value| {
        item.as_str().ok_or_else(|| wrong(name, item, "each entry is a text", "body.member_type"))
    };
    list(members, name)?.iter().map(text).collect()
}

/// A moment, if it is there and not null.
pub fn moment(members: &Map<String, Value>, name: &str) -> Read<Option<UnixTime>> {
    let Some(sent) = text(members, name)? else { return Ok(None) };
    let read = sent.parse::<jiff::Timestamp>();
    let read = read.map(|moment| Some(UnixTime::from_millis(moment.as_millisecond())));
    read.map_err(|_| {
        wrong(
            name,
            &Value::from(sent),
            "a moment such as 2027-01-31T00:00:00Z is expected",
            "body.member_type",
        )
    })
}

/// What the directory's own check says against a change.
pub fn not_taken(error: &EditError) -> Box<Refusal> {
    refuse(error::INVALID_REQUEST, format!("The change cannot be made: {error}."))
        .demands("what is written must pass the check that the lab's directory passes as a file")
        .compares(
            if error.key.is_empty() { "body" } else { &error.key },
            &error.problem,
            Vec::<String>::new(),
        )
        .by("directory.takes")
}
