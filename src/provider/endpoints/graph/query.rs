//! The query options of `OData` that the lab's Graph knows: `$select`, and `$top` with the pages it makes.

use serde_json::{Map, Value};

use crate::provider::{
    bearer::{error, refuse},
    call::Call,
    refusal::Refusal,
};

/// What each operation may be asked with.
pub const SUPPORTED: &[&str] = &["$select", "$top", "$skiptoken"];

/// The option begins with a dollar, so that an unknown one cannot be an innocent parameter.
pub fn is_supported(call: &Call, supported: &[&str]) -> Result<(), Box<Refusal>> {
    let Some(name) = call.query.names().find(|name| name.starts_with('$') && !supported.contains(name))
    else {
        return Ok(());
    };
    Err(refuse(error::INVALID_REQUEST, format!("The query option '{name}' is not supported here."))
        .demands("the lab's Graph knows a few query options only; the real one knows more")
        .compares("query option", name, supported.iter().copied())
        .by("query.supported"))
}

/// The properties that are asked for: those of `$select`, else the first `default`. The second is the `$select` for the
/// context, such as `(displayName,id)`.
pub fn select(
    call: &Call,
    entity: &Map<String, Value>,
    default: usize,
) -> Result<(Map<String, Value>, String), Box<Refusal>> {
    let Some(text) = call.query.get("$select") else {
        let members = entity.iter().take(default).map(|(name, value)| (name.clone(), value.clone()));
        return Ok((members.collect(), String::new()));
    };
    let mut chosen = Map::new();
    for name in text.split(',').map(str::trim) {
        let Some((name, value)) = entity.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            let text =
                format!("$select names '{name}', which is no property of the type 'microsoft.graph.user'.");
            return Err(refuse(error::INVALID_REQUEST, text)
                .demands("`$select` lists properties of the entity, separated by commas")
                .compares("$select", name, entity.keys().cloned())
                .by("query.select"));
        };
        chosen.insert(name.clone(), value.clone());
    }
    let names: Vec<&str> = chosen.keys().map(String::as_str).collect();
    let context = format!("({})", names.join(","));
    Ok((chosen, context))
}

/// Where a page begins, how long it is, and where the next one begins if there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub begin: usize,
    pub end: usize,
    pub next: Option<usize>,
}

/// The page of `count` entries that is asked for.
pub fn page(call: &Call, count: usize) -> Result<Page, Box<Refusal>> {
    let number =
        |name: &str| call.query.get(name).map(|text| text.parse::<usize>().map_err(|_| text.to_owned()));
    let wrong = |name: &str, sent: String, expected: &str| {
        refuse(error::INVALID_REQUEST, format!("The value '{sent}' of {name} is not valid."))
            .demands("the query options of pages are numbers that make sense")
            .compares(name, sent, [expected])
            .by("query.supported")
    };
    let begin = match number("$skiptoken") {
        None => 0,
        Some(Ok(begin)) if begin < count => begin,
        Some(Ok(begin)) => return Err(wrong("$skiptoken", begin.to_string(), "from the answer's nextLink")),
        Some(Err(sent)) => return Err(wrong("$skiptoken", sent, "from the answer's nextLink")),
    };
    let top = match number("$top") {
        None => 100,
        Some(Ok(top)) if (1..=999).contains(&top) => top,
        Some(Ok(top)) => return Err(wrong("$top", top.to_string(), "1 to 999")),
        Some(Err(sent)) => return Err(wrong("$top", sent, "1 to 999")),
    };
    let end = count.min(begin + top);
    Ok(Page { begin, end, next: (end < count).then_some(end) })
}
