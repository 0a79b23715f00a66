//! The query options of `OData` that the lab's Graph knows, and the collections that they shape: `$filter`, `$orderby`,
//! `$select`, `$count`, and `$top` with the pages it makes.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    answer,
    filter::{self, Filter},
};
use crate::provider::{
    bearer::{error, refuse},
    call::Call,
    refusal::{Refusal, Verdict},
    reply::Reply,
};

/// What a single entity may be asked with.
pub const SELECT: &[&str] = &["$select"];

/// What collections may be asked with.
const SUPPORTED: &[&str] = &["$select", "$top", "$skiptoken", "$filter", "$count", "$orderby"];

/// A kind of entity.
#[derive(Clone, Copy, Debug)]
pub struct Kind<'a> {
    /// Its type, such as `user`.
    pub name: &'a str,
    /// What stands behind `$metadata#`, such as `users`.
    pub context: &'a str,
    /// How many properties come without `$select`.
    pub default: usize,
    /// Whether it lives in the directory, where some questions need `ConsistencyLevel: eventual`.
    pub in_directory: bool,
}

/// The option begins with a dollar, so that an unknown one cannot be an innocent parameter.
pub fn is_supported(call: &Call, supported: &[&str]) -> Verdict {
    let Some(name) = call.query.names().find(|name| name.starts_with('$') && !supported.contains(name))
    else {
        return Ok(());
    };
    Err(refuse(error::INVALID_REQUEST, format!("The query option '{name}' is not supported here."))
        .demands("the lab's Graph knows a few query options only; the real one knows more")
        .compares("query option", name, supported.iter().copied())
        .by("query.supported"))
}

/// One entity, as far as `$select` asks for it.
pub fn entity(call: &Call, kind: Kind<'_>, entity: &Map<String, Value>) -> Result<Reply, Box<Refusal>> {
    is_supported(call, SELECT)?;
    let (members, selected) = select(call, kind, entity)?;
    Ok(answer::document(call, &format!("{}{selected}/$entity", kind.context), members))
}

/// A collection, as the query options want it.
pub fn collection(
    call: &Call,
    kind: Kind<'_>,
    mut entities: Vec<Map<String, Value>>,
) -> Result<Reply, Box<Refusal>> {
    is_supported(call, SUPPORTED)?;
    let is_eventual =
        call.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    if let Some(filter) = filter_of(call, kind, is_eventual, entities.first())? {
        entities.retain(|entity| filter.holds(entity));
    }
    if let Some((property, descending)) = sorting(call, entities.first())? {
        entities.sort_by(|one, other| {
            let value = |entity: &Map<String, Value>| entity.get(&property).cloned().unwrap_or_default();
            let order = filter::order(&value(one), &value(other)).unwrap_or(Ordering::Equal);
            if descending { order.reverse() } else { order }
        });
    }
    let page = page(call, entities.len())?;
    let mut members = Map::new();
    let counts = call.query.get("$count").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if counts && (is_eventual || !kind.in_directory) {
        members.insert("@odata.count".to_owned(), json!(entities.len()));
    }
    if let Some(next) = page.next {
        members.insert("@odata.nextLink".to_owned(), json!(next_link(call, next)));
    }
    let mut selected = String::new();
    let mut shown = Vec::new();
    for entity in &entities[page.begin..page.end] {
        let (members, context) = select(call, kind, entity)?;
        selected = context;
        shown.push(Value::Object(members));
    }
    members.insert("value".to_owned(), Value::Array(shown));
    Ok(answer::document(call, &format!("{}{selected}", kind.context), members))
}

/// The same question about the next page.
fn next_link(call: &Call, next: usize) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    for name in SUPPORTED.iter().filter(|name| **name != "$skiptoken") {
        if let Some(value) = call.query.get(name) {
            link.append_pair(name, value);
        }
    }
    let link = link.append_pair("$skiptoken", &next.to_string()).finish();
    format!("{}/{}?{link}", call.base, call.path)
}

fn filter_of(
    call: &Call,
    kind: Kind<'_>,
    is_eventual: bool,
    sample: Option<&Map<String, Value>>,
) -> Result<Option<Filter>, Box<Refusal>> {
    let Some(text) = call.query.get("$filter") else { return Ok(None) };
    let filter = Filter::parse(text).map_err(|why| {
        refuse(error::INVALID_REQUEST, format!("The filter cannot be read: {why}."))
            .demands("`$filter` is a condition such as `displayName eq 'x'`, with texts in single quotes")
            .compares("$filter", text, ["property operator value"])
            .by("query.filter")
    })?;
    if let Some(sample) = sample {
        let unknown = filter.properties().into_iter().find(|name| !has(sample, name)).map(str::to_owned);
        if let Some(name) = unknown {
            let text = format!("The filter names '{name}', which is no property of '{}'.", kind.name);
            return Err(refuse(error::INVALID_REQUEST, text)
                .demands("a filter is about properties of the entity")
                .compares("$filter", name, sample.keys().cloned())
                .by("query.filter"));
        }
    }
    let asks_for_count = call.query.get("$count").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if kind.in_directory && filter.is_advanced() && !(is_eventual && asks_for_count) {
        let text = "This filter needs the header ConsistencyLevel: eventual and the option $count=true.";
        return Err(refuse(error::INVALID_REQUEST, text)
            .demands(
                "`ne`, `not`, `endswith` and `contains` are answered by the directory's slower index only",
            )
            .compares(
                "ConsistencyLevel",
                call.header("consistencylevel").unwrap_or("(nothing)"),
                ["eventual"],
            )
            .compares("$count", call.query.get("$count").unwrap_or("(nothing)"), ["true"])
            .by("query.advanced"));
    }
    Ok(Some(filter))
}

/// The property to sort by, and whether the greatest comes first.
fn sorting(call: &Call, sample: Option<&Map<String, Value>>) -> Result<Option<(String, bool)>, Box<Refusal>> {
    let Some(text) = call.query.get("$orderby") else { return Ok(None) };
    let mut words = text.split_ascii_whitespace();
    let (name, way) = (words.next().unwrap_or_default(), words.next().unwrap_or("asc"));
    let known = sample.and_then(|sample| sample.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned());
    let is_known = sample.is_none() || known.is_some();
    if !is_known || !["asc", "desc"].contains(&way) || words.next().is_some() {
        let text = format!("'{text}' is nothing to sort by.");
        return Err(refuse(error::INVALID_REQUEST, text)
            .demands("`$orderby` names one property, and asc or desc behind it")
            .compares("$orderby", name, sample.into_iter().flat_map(Map::keys).cloned())
            .by("query.orderby"));
    }
    Ok(known.map(|name| (name, way == "desc")))
}

fn has(entity: &Map<String, Value>, name: &str) -> bool {
    entity.keys().any(|known| known.eq_ignore_ascii_case(name))
}

/// The properties that are asked for: those of `$select`, else the first ones. The second is the `$select` for the context,
/// such as `(displayName,id)`.
fn select(
    call: &Call,
    kind: Kind<'_>,
    entity: &Map<String, Value>,
) -> Result<(Map<String, Value>, String), Box<Refusal>> {
    let Some(text) = call.query.get("$select") else {
        let members = entity.iter().take(kind.default).map(|(name, value)| (name.clone(), value.clone()));
        return Ok((members.collect(), String::new()));
    };
    let mut chosen = Map::new();
    for name in text.split(',').map(str::trim) {
        let Some((name, value)) = entity.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            let text = format!(
                "$select names '{name}', which is no property of the type 'microsoft.graph.{}'.",
                kind.name
            );
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
struct Page {
    begin: usize,
    end: usize,
    next: Option<usize>,
}

/// The page of `count` entries that is asked for.
fn page(call: &Call, count: usize) -> Result<Page, Box<Refusal>> {
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
