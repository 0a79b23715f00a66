//! What holds for every text that is decoded, whoever made it up. The seeded test and the fuzz target ask the same.

use authwright::{
    text::is_unsafe,
    time::UnixTime,
    token::{self, Decoded, Kind, Within, kind_of, values},
};

/// When the texts of the corpus were made.
pub const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);

/// Reads a text in every way there is, and panics where something does not hold.
pub fn hold(text: &str) {
    let first = token::decode(text).at(NOW);
    let all: Vec<Decoded> = token::decode_all(text).into_iter().map(|token| token.at(NOW)).collect();
    assert!(!all.is_empty(), "nothing at all");
    assert_eq!(first.raw.expose(), all[0].raw.expose(), "the first one is the first of all");
    for decoded in &all {
        is_safe_to_print(decoded);
        points_into_the_text(decoded, text);
        says_the_same_when_read_again(decoded);
    }
    stays_what_it_is_among_others(&all[0]);
}

/// Nothing that is shown of a token acts on a terminal.
fn is_safe_to_print(decoded: &Decoded) {
    let safe = |text: &str| assert!(!text.chars().any(is_unsafe), "{text:?}");
    for finding in &decoded.findings {
        assert!(!finding.title.is_empty() && finding.title.len() < 2000, "{}", finding.id);
        safe(&finding.title);
    }
    decoded.places.iter().flatten().for_each(|place| safe(&place.words()));
    safe(kind_of(decoded).because);
    for (name, value) in decoded.header.iter().chain(&decoded.claims) {
        if let Some(text) = values::explain_value(name, value, NOW) {
            safe(&text);
        }
        for item in values::items(decoded, name) {
            item.says.iter().for_each(|text| safe(text));
        }
    }
    let json = serde_json::to_string_pretty(&decoded.to_json()).expect("it is JSON");
    let printed = authwright::text::visible_json(&json);
    assert!(printed.chars().all(|c| c == '\n' || !is_unsafe(c)));
    if let Some(life) = decoded.life() {
        assert!((0.0..=1.0).contains(&life.used(NOW)));
    }
}

/// A place can be marked: its bytes are there, and whole characters.
fn points_into_the_text(decoded: &Decoded, text: &str) {
    assert!(decoded.places.len() <= decoded.findings.len());
    for place in decoded.places.iter().flatten() {
        let whole = if place.within == Within::Input { text } else { decoded.raw.expose() };
        if let Some(bytes) = place.bytes.clone() {
            assert!(whole.get(bytes).is_some(), "{place:?}");
        }
    }
}

/// The token that was cut out of its surroundings is the whole token, unless it begins as none does or has
/// strange characters in it.
fn says_the_same_when_read_again(decoded: &Decoded) {
    let raw = decoded.raw.expose();
    let plain = raw.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=.".contains(&b));
    if matches!(decoded.kind, Kind::Jws | Kind::Jwe) && raw.starts_with("eyJ") && raw.contains('.') && plain {
        let again = token::decode(raw);
        assert_eq!(again.kind, decoded.kind, "{:?} and {:?}", again.raw.expose(), decoded.raw.expose());
        assert_eq!(again.header, decoded.header);
        assert_eq!(again.claims, decoded.claims);
    }
}

/// A clean token is found in whatever stands around it.
fn stays_what_it_is_among_others(decoded: &Decoded) {
    let raw = decoded.raw.expose();
    let clean = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let whole = matches!(decoded.kind, Kind::Jws | Kind::Jwe)
        && raw.starts_with("eyJ")
        && matches!(raw.split('.').count(), 3 | 5)
        && raw.split('.').all(clean);
    if !whole {
        return;
    }
    let surroundings = [
        ("Bearer ", ""),
        ("\"", "\""),
        ("access_token=", "&token_type=Bearer"),
        ("Authorization: Bearer ", "\r\nAccept: */*"),
        ("https://app.example/#id_token=", "&state=1"),
        ("{\"access_token\":\"", "\",\"expires_in\":3599}"),
        ("\u{1b}[32m", "\u{1b}[0m"),
        ("it was <", ">, I think"),
    ];
    // One of them each time, or most of the time would go here.
    let (before, after) = surroundings[raw.len() % surroundings.len()];
    let found = token::decode(&format!("{before}{raw}{after}"));
    assert_eq!((found.kind, found.raw.expose()), (decoded.kind, raw), "in {before:?} and {after:?}");
    assert_eq!(found.claims, decoded.claims);
}
