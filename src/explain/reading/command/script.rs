//! Calls in Python and JavaScript that send a request: `requests.post(…)`, `fetch(…)`, `axios.post(…)` and their like.
//!
//! `expression` reads the arguments; here they become the request that the function sends.

use super::{
    MOST,
    expression::Reader,
    value::{Draft, Value},
};
use crate::wire::{Headers, Method, Request};

/// Every call of a text that sends a request, and where it stands.
pub fn all(text: &str) -> Vec<(usize, Request)> {
    const NAMES: [&str; 8] = ["post(", "get(", "request(", "Request(", "fetch(", "ajax(", "axios(", "got("];
    let mut places: Vec<usize> = Vec::new();
    for name in NAMES {
        let is_call = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        places.extend(text.rmatch_indices(name).map(|(at, _)| at).filter(is_call).take(MOST));
    }
    places.sort_unstable();
    let steps = std::cell::Cell::new(20_000);
    places.into_iter().filter_map(|at| Some((at, call(text, at, &steps)?))).collect()
}

/// The request of the call whose last name begins here.
fn call(text: &str, at: usize, steps: &std::cell::Cell<u32>) -> Option<Request> {
    let begin = text[..at]
        .rfind(|c: char| !(c.is_alphanumeric() || "_.$".contains(c)))
        .map_or(0, |end| end + text[end..].chars().next().map_or(1, char::len_utf8));
    let open = at + text[at..].find('(')?;
    let owner = text[begin..at].trim_end_matches('.');
    let name = &text[at..open];
    let mut reader = Reader::at(text, open, begin, steps);
    let mut arguments = reader.arguments();
    let is_named = arguments.iter().any(|(name, _)| name.is_some());
    let last_owner = owner.rsplit('.').next().unwrap_or_default();
    let is_python = is_named || ["requests", "httpx", "session", "aiohttp", "urllib"].contains(&last_owner);
    let mut draft = Draft { is_complete: is_python, ..Draft::default() };
    draft.method = match name {
        "post" => Some(Method::Post),
        "get" => Some(Method::Get),
        _ => None,
    };
    let is_method = |value: &Value| matches!(value, Value::Text(text) if Method::parse(&text.to_ascii_uppercase()).is_some());
    if name == "request" && arguments.first().is_some_and(|(name, value)| name.is_none() && is_method(value))
    {
        draft.method = Method::parse(&arguments.remove(0).1.text().to_ascii_uppercase());
    }
    if let Some(at) = arguments.iter().position(|(name, _)| name.as_deref() == Some("url")) {
        let url = arguments.remove(at);
        arguments.insert(0, (None, url.1));
    }
    match &arguments.first()?.1 {
        Value::Text(address) => draft.address.clone_from(address),
        config @ Value::Map(_) => draft.address = address_of(config)?,
        Value::List(_) | Value::Form(_) | Value::Multipart(_) | Value::Json(_) | Value::Unknown => {
            return None;
        }
    }
    if !draft.address.contains("://") {
        return None;
    }
    if is_python {
        python(&mut draft, &arguments);
    } else {
        javascript(&mut draft, &arguments, name, last_owner);
    }
    draft.request()
}

fn address_of(config: &Value) -> Option<String> {
    let address = ["url", "uri"].into_iter().find_map(|name| config.member(name))?.text();
    match config.member("baseURL") {
        Some(base) if !address.contains("://") => {
            Some(format!("{}/{}", base.text().trim_end_matches('/'), address.trim_start_matches('/')))
        }
        _ => Some(address),
    }
}

fn python(draft: &mut Draft, arguments: &[(Option<String>, Value)]) {
    let mut positional = arguments.iter().skip(1).filter(|(name, _)| name.is_none()).map(|(_, value)| value);
    let named = |wanted: &str| {
        arguments.iter().find(|(name, _)| name.as_deref() == Some(wanted)).map(|(_, value)| value)
    };
    if let Some(headers) = named("headers") {
        draft.add_headers(headers);
    }
    if let Some(Value::List(pair)) = named("auth")
        && let [name, secret] = pair.as_slice()
    {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let pair = format!("{}:{}", name.text(), secret.text());
        draft.headers.push("authorization", format!("Basic {}", STANDARD.encode(pair)));
    }
    draft.query = named("params").and_then(Value::pairs).unwrap_or_default();
    let data = named("data").or_else(|| named("content")).or_else(|| positional.next());
    draft.body = match (data, named("json"), named("files")) {
        (Some(Value::Map(_) | Value::List(_)), ..) => data.and_then(Value::pairs).map(Value::Form),
        (Some(data), ..) => Some(data.clone()),
        (None, Some(json), _) => Some(Value::Json(json.json())),
        (None, None, Some(files)) => files.pairs().map(Value::Multipart),
        (None, None, None) => None,
    };
}

fn javascript(draft: &mut Draft, arguments: &[(Option<String>, Value)], name: &str, owner: &str) {
    const SETTINGS: [&str; 8] =
        ["form", "json", "body", "headers", "searchParams", "method", "formData", "params"];
    let first = &arguments[0].1;
    let is_settings = |value: &&Value| SETTINGS.iter().any(|name| value.member(name).is_some());
    let rest: Vec<&Value> = arguments.iter().skip(1).map(|(_, value)| value).collect();
    let is_posted = name == "post" && !["got", "ky", "request"].contains(&owner);
    let config = match first {
        Value::Map(_) => Some(first),
        _ if is_posted => {
            draft.body = rest.first().map(|value| (*value).clone());
            rest.get(1).copied()
        }
        _ => rest.first().copied().filter(|value| is_settings(value) || name != "get"),
    };
    let is_jquery = owner == "$" || owner == "jQuery";
    if let Some(config) = config {
        configured(draft, config, name);
    }
    let is_form = draft.headers.get("content-type").is_some_and(|kind| kind.contains("form-urlencoded"));
    let is_axios = owner.contains("axios") || name == "axios";
    if let Some(Value::Map(_)) = &draft.body
        && (is_jquery || (is_axios && is_form))
    {
        draft.body = draft.body.as_ref().and_then(Value::pairs).map(Value::Form);
    } else if let Some(Value::Map(_)) = &draft.body
        && name == "fetch"
    {
        draft.body = Some(Value::Text("[object Object]".to_owned()));
    }
    // What a browser adds is not written, so a form goes without headers that would look like all of them.
    if draft
        .headers
        .iter()
        .all(|(name, _)| ["content-type", "accept"].contains(&name.to_ascii_lowercase().as_str()))
        && is_form
    {
        let is_json = matches!(draft.body, Some(Value::Json(_) | Value::Map(_)));
        draft.headers = Headers::new();
        if is_json {
            draft.headers.push("content-type", "application/x-www-form-urlencoded");
        }
    }
}

/// What an object of settings says.
fn configured(draft: &mut Draft, config: &Value, name: &str) {
    let member = |names: &[&str]| names.iter().find_map(|name| config.member(name));
    if let Some(method) = member(&["method", "type"]) {
        draft.method = Method::parse(&method.text().to_ascii_uppercase()).or(draft.method);
    }
    if let Some(headers) = config.member("headers") {
        draft.add_headers(headers);
    }
    if let Some(kind) = config.member("contentType") {
        draft.headers.push("content-type", kind.text());
    }
    draft.query = member(&["params", "searchParams", "qs"]).and_then(Value::pairs).unwrap_or_default();
    if let Some(form) = config.member("form") {
        draft.body = form.pairs().map(Value::Form);
    } else if let Some(json) = config.member("json").filter(|value| matches!(value, Value::Map(_))) {
        draft.body = Some(Value::Json(json.json()));
    } else if let Some(body) = member(&["data", "body"]) {
        draft.body = Some(body.clone());
    }
    // As the network view of a browser writes a request for copying.
    let from_page =
        member(&["referrer", "referer"]).map(Value::text).and_then(|page| url::Url::parse(&page).ok());
    if let Some(page) = from_page
        .filter(|_| name == "fetch" && config.member("mode").is_some_and(|mode| mode.text() == "cors"))
    {
        draft.headers.push("origin", page.origin().ascii_serialization());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Params;

    fn one(text: &str) -> Request {
        all(text).pop().unwrap_or_else(|| panic!("{text}")).1
    }

    #[test]
    fn the_usual_ways_to_send_a_form() {
        for text in [
            "requests.post('https://login.example/t1/token', data={'client_id': 'c1', 'scope': 'a b'})",
            "tenant = \"t1\"\npayload = {\n  \"client_id\": \"c1\",  # the app\n  \"scope\": \"a \" \"b\",\n}\nr = session.post(f\"https://login.example/{tenant}/token\", data=payload, timeout=5)",
            "url = 'https://login.example/{}/token'.format('t1')\nresp = requests.request('POST', url, data=urlencode(dict(client_id='c1', scope='a b')))",
            "fetch('https://login.example/t1/token', { method: 'POST', body: new URLSearchParams({ client_id: 'c1', scope: 'a b' }) })",
            "const tenant = 't1';\nconst body = new URLSearchParams();\nbody.append('client_id', 'c1');\nbody.append(\"scope\", ['a', 'b'].join(' '));\nawait fetch(`https://login.example/${tenant}/token`, {method: 'post', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body});",
            "axios.post('https://login.example/t1/token', qs.stringify({client_id: 'c1', scope: 'a b'}), { headers: h })",
            "axios({ method: 'post', url: 'https://login.example/' + 't1' + '/token', data: { client_id: 'c1', scope: 'a b' }, headers: { 'content-type': 'application/x-www-form-urlencoded' } })",
            "$.ajax({ type: 'POST', url: 'https://login.example/t1/token', data: { client_id: 'c1', scope: 'a b' } });",
            "got.post('https://login.example/t1/token', { form: { client_id: 'c1', scope: 'a b' } })",
            "fetch(\"https://login.example/t1/token\", {\n  \"headers\": {\"content-type\": \"application/x-www-form-urlencoded;charset=utf-8\"},\n  \"body\": \"client_id=c1&scope=a%20b\",\n  \"method\": \"POST\"\n});",
        ] {
            let request = one(text);
            assert_eq!(request.url.as_str(), "https://login.example/t1/token", "{text}");
            assert_eq!(request.method, Method::Post, "{text}");
            let body = request.body.text().into_owned();
            let form = Params::parse(&body);
            assert_eq!(
                (form.get("client_id"), form.get("scope")),
                (Some("c1"), Some("a b")),
                "{text}: {body}"
            );
        }
    }

    #[test]
    fn what_is_json_stays_json() {
        for text in [
            "requests.post('https://login.example/token', json={'client_id': 'c1'})",
            "axios.post('https://login.example/token', { client_id: 'c1' })",
            "fetch('https://login.example/token', {method:'POST', headers:{'Content-Type':'application/json'}, body: JSON.stringify({client_id:'c1'})})",
        ] {
            let request = one(text);
            assert_eq!(request.headers.get("content-type"), Some("application/json"), "{text}");
            assert_eq!(request.body.text(), r#"{"client_id":"c1"}"#, "{text}");
        }
    }

    #[test]
    fn what_is_not_told_is_unknown_and_not_missing() {
        let request = one(
            "requests.post(f'https://login.example/{t}/token', data={'client_secret': os.environ['S'], 'client_id': config.client_id, 'scope': get_scope('x', y=1)}, headers={'Authorization': 'Bearer ' + token})",
        );
        let form = request.form();
        assert_eq!(
            (form.get("client_secret"), form.get("client_id"), form.get("scope")),
            (Some("…"), Some("…"), Some("…"))
        );
        assert_eq!(request.headers.get("authorization"), None);
    }

    #[test]
    fn a_copied_fetch_comes_from_its_page() {
        let request = one(
            "fetch(\"https://login.example/t/token\", { \"headers\": {\"accept\": \"*/*\"}, \"referrer\": \"https://app.example/x\", \"body\": \"a=b\", \"method\": \"POST\", \"mode\": \"cors\" });",
        );
        assert_eq!(request.headers.get("origin"), Some("https://app.example"));
    }

    #[test]
    fn other_calls_send_nothing() {
        for text in [
            "os.environ.get('X')",
            "post(",
            "get(('",
            "request(x)",
            "a.get('https', 1)",
            "fetch(`${x}`)",
            "got(it)",
        ] {
            assert!(all(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_anything_comes_to_an_end() {
        for pattern in ["post(", "post('", "post({a:", "get([", "x = x + x\npost(x", "fetch(`${", "post(a.b("]
        {
            let text = pattern.repeat(1_000_000 / pattern.len());
            assert!(all(&text).len() <= MOST, "{pattern}");
        }
    }
}
