//! What holds for every text that is explained, whoever made it up. The seeded test and the fuzz target ask the same.

use authwright::{
    explain::{self, Certainty, Explanation},
    text::is_unsafe,
    time::UnixTime,
};

/// When the texts of the corpus were made.
pub const NOW: UnixTime = UnixTime::from_seconds(1_791_964_800);

/// A client secret, a refresh token and a signature of nobody, in the forms that people paste.
const PLANTED: [(&str, &str, &str); 5] = [
    ("\nclient_secret=", "Pl4nt8Q~kept-0123456789-abcdefghijklmnop", "&grant_type=client_credentials\n"),
    ("\n{\"refresh_token\": \"", "1.Pl4ntedAAAAbbbbCCCC1111dddd2222EEEE3333", "\"}\n"),
    ("\n--data-urlencode 'client_secret=", "Pl4nt8Q~kept-0123456789-abcdefghijklmnop", "'\n"),
    (
        "\nAuthorization: Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJhdWQiOiJhIn0.",
        "Pl4ntedSignatureAAAAbbbbCCCC1111dddd2222EEEE3333",
        "\n",
    ),
    ("\nhttps://app.example/cb?state=1&code=", "1.Pl4ntedCodeAAAAbbbbCCCC1111dddd2222EEEE3333", "&x=y\n"),
];

/// Explains a text, and panics where something does not hold.
pub fn hold(text: &str) {
    let explanation = explain::from_text(text, NOW);
    is_whole(&explanation);
    let out = printed(&explanation);
    is_safe_to_print(&out);
    assert!(out.len() < 400_000, "{} bytes about {} bytes", out.len(), text.len());
    assert_eq!(explain::from_text(text, NOW), explanation, "it says the same when it is asked again");
    let (before, planted, after) = PLANTED[text.len() % PLANTED.len()];
    let out = printed(&explain::from_text(&format!("{text}{before}{planted}{after}"), NOW));
    assert!(!out.contains(planted), "a credential comes out: {out}");
}

/// There is something to read, and what claims to be certain stands alone in that.
fn is_whole(explanation: &Explanation) {
    assert!(!explanation.title.is_empty() && !explanation.meaning.is_empty());
    assert!(!explanation.causes.is_empty());
    let certain = explanation.causes.iter().filter(|cause| cause.certainty == Certainty::Certain).count();
    assert!(certain <= 1, "{certain} causes are certain");
    assert!(certain == 0 || explanation.causes[0].certainty == Certainty::Certain);
    for cause in &explanation.causes {
        assert!(!cause.title.is_empty() && !cause.id.is_empty());
        assert!(!cause.title.contains("{open_"), "{}", cause.title);
    }
    assert!(explanation.causes[0].fixes.iter().all(|fix| !fix.title.is_empty()));
}

fn printed(explanation: &Explanation) -> String {
    let mut out = explanation.to_json().to_string();
    for line in explanation.lines() {
        out.push('\n');
        out.push_str(&line.plain());
    }
    out
}

fn is_safe_to_print(out: &str) {
    if let Some(c) = out.chars().find(|c| *c != '\n' && is_unsafe(*c)) {
        panic!("{c:?} comes out");
    }
}
