//! The table of AADSTS numbers: what each is called, where it shows up, and how to find one in any text.
//!
//! The facts stand in `aadsts.tsv`, one row for each number in ascending order; the last column is our own title and may
//! be empty, in which case the title is made from the symbol. The table is read once, when it is first asked for.
//!
//! Numbers are compared as numbers: 50011 and 500113 are two codes, although one begins like the other.

use std::{borrow::Cow, fmt, sync::OnceLock};

pub use super::find::{find, is_wrapper};

/// One number and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The number behind `AADSTS`.
    pub number: u32,
    /// Its published name, such as `InvalidReplyTo`; empty where there is none.
    pub symbol: &'static str,
    /// The OAuth `error` values it comes with, comma-separated; empty where none is known.
    error: &'static str,
    /// Where it shows up.
    pub surface: Shows,
    /// What it is about.
    pub category: Category,
    /// What the message names, in the order of the message, comma-separated.
    slots: &'static str,
    /// How often developers meet it.
    pub seen: Seen,
    /// One line that a person understands.
    pub title: Cow<'static, str>,
    /// Whether the title was written for this number, and not made from its symbol.
    pub has_own_title: bool,
}

impl Code {
    /// The OAuth `error` values it comes with.
    pub fn errors(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.error.split(',').filter(|error| !error.is_empty())
    }

    /// What the quoted values of the message are, in their order, such as `redirect_uri`, `client_id`.
    pub fn slots(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.slots.split(',').filter(|slot| !slot.is_empty())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AADSTS{}", self.number)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $fallback:ident { $($(#[$item:meta])* $variant:ident = $text:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$item])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word used in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            fn parse(text: &str) -> Self {
                Self::ALL.iter().copied().find(|value| value.name() == text).unwrap_or(Self::$fallback)
            }
        }
    };
}

words! {
    /// Where a number shows up.
    Shows, Unknown {
        /// On a page of the authority, never sent to the application.
        Page = "authorize_page", "on a page of the authority";
        /// In the redirect back to the application.
        Redirect = "authorize_redirect", "in the redirect to the application";
        /// In the JSON answer of the token endpoint.
        Json = "token_json", "in the token endpoint's answer";
        /// After the admin-consent page.
        AdminConsent = "adminconsent", "after the admin-consent page";
        /// On several of these.
        Any = "any", "on pages, in redirects and in token answers";
        /// Not known.
        Unknown = "unknown", "not known";
    }
}

words! {
    /// What a number is about.
    Category, Other {
        /// Redirect URIs.
        RedirectUri = "redirect_uri", "redirect URIs";
        /// PKCE, single-page applications, response types.
        Pkce = "pkce_spa", "PKCE and single-page applications";
        /// How a client proves itself.
        Credential = "client_credential", "client credentials";
        /// Application and service principal.
        Registration = "client_registration", "the application's registration";
        /// Scopes and APIs.
        Scope = "scope_resource", "scopes and APIs";
        /// Consent.
        Consent = "consent", "consent";
        /// Tenants, audiences, clouds.
        Tenant = "tenant", "tenants and clouds";
        /// Accounts and assignments.
        Account = "user_account", "user accounts";
        /// Passwords.
        Password = "password", "passwords";
        /// Second factors, devices, Conditional Access.
        Policy = "mfa_conditional_access", "second factors and access policies";
        /// Codes and refresh tokens.
        Grant = "code_or_refresh_token", "codes and refresh tokens";
        /// On-behalf-of.
        OnBehalfOf = "on_behalf_of", "on-behalf-of requests";
        /// Device codes.
        Device = "device_code", "the device code flow";
        /// Sessions and single sign-on.
        Session = "session_sso", "sessions and single sign-on";
        /// The shape of a request.
        Request = "request_format", "the form of the request";
        /// Outages and limits.
        Service = "throttling_service", "the service itself";
        /// SAML and federation.
        Federation = "federation_saml", "SAML and federation";
        /// Anything else.
        Other = "other", "other matters";
    }
}

words! {
    /// How often developers meet a number.
    Seen, Low {
        /// Often.
        High = "high", "often";
        /// Now and then.
        Medium = "medium", "now and then";
        /// Rarely.
        Low = "low", "rarely";
    }
}

const TABLE: &str = include_str!("aadsts.tsv");

/// Every known number, ascending.
pub fn all() -> &'static [Code] {
    static CODES: OnceLock<Vec<Code>> = OnceLock::new();
    CODES.get_or_init(|| TABLE.lines().skip(1).filter_map(row).collect())
}

/// A row of the table that is read when somebody asks for it.
struct Row {
    number: u32,
    rest: &'static str,
    code: OnceLock<Option<Code>>,
}

/// What is known about a number. Reads its row only: a command that explains one number should not pay for all.
pub fn lookup(number: u32) -> Option<&'static Code> {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| {
        let breaks = memchr::memchr_iter(b'\n', TABLE.as_bytes());
        let rows = breaks.map_while(|at| TABLE[at + 1..].split_once('\t'));
        let row = |(number, rest): (&str, _)| {
            Some(Row { number: number.parse().ok()?, rest, code: OnceLock::new() })
        };
        rows.filter_map(row).collect()
    });
    let row = &rows[rows.binary_search_by_key(&number, |row| row.number).ok()?];
    row.code.get_or_init(|| read(row.number, row.rest.lines().next()?)).as_ref()
}

/// The numbers with that symbol, whatever its letter case; a few symbols have two.
pub fn by_symbol(symbol: &str) -> Vec<&'static Code> {
    let symbol = symbol.trim();
    all().iter().filter(|code| !code.symbol.is_empty() && code.symbol.eq_ignore_ascii_case(symbol)).collect()
}

/// Numbers for a search box, best first: by number or its beginning, by symbol, by words of title, symbol, OAuth error
/// and category. An empty query lists all, the frequent ones first.
pub fn search(query: &str) -> Vec<&'static Code> {
    let query = query.trim().to_lowercase();
    let query = query.strip_prefix("aadsts").unwrap_or(&query).trim_start_matches([':', ' ']);
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<_> =
        all().iter().filter_map(|code| Some((rank(code, query, &words)?, code))).collect();
    found.sort_by_key(|(rank, code)| (*rank, code.seen, !code.has_own_title, code.number));
    found.into_iter().map(|(_, code)| code).collect()
}

/// How well a code fits; smaller is better, `None` not at all.
fn rank(code: &Code, query: &str, words: &[&str]) -> Option<u32> {
    if query.is_empty() {
        return Some(0);
    }
    let number = code.number.to_string();
    if number == query {
        return Some(0);
    }
    if query.bytes().all(|b| b.is_ascii_digit()) {
        // 5001 means the short numbers before the long ones: 50011 before 500113.
        return number.starts_with(query).then(|| 1 + u32::try_from(number.len()).unwrap_or(u32::MAX - 1));
    }
    let symbol = code.symbol.to_lowercase();
    if symbol == query {
        return Some(0);
    }
    if !symbol.is_empty() && symbol.starts_with(query) {
        return Some(20);
    }
    let title = code.title.to_lowercase();
    let text =
        format!("{title} {} {symbol} {} {}", split_words(code.symbol), code.error, code.category.label())
            .to_lowercase();
    let begins = |text: &str, word: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part.starts_with(word))
    };
    if words.iter().all(|word| begins(&title, word) || number.starts_with(word)) {
        Some(30)
    } else if words.iter().all(|word| begins(&text, word) || number.starts_with(word)) {
        Some(40)
    } else if words.iter().all(|word| text.contains(word)) {
        Some(50)
    } else {
        None
    }
}

fn row(line: &'static str) -> Option<Code> {
    let (number, rest) = line.split_once('\t')?;
    read(number.parse().ok()?, rest)
}

/// A row behind its number.
fn read(number: u32, rest: &'static str) -> Option<Code> {
    let mut columns = rest.split('\t');
    let symbol = columns.next()?;
    let error = columns.next()?;
    let surface = Shows::parse(columns.next()?);
    let category = Category::parse(columns.next()?);
    let slots = columns.next()?;
    let seen = Seen::parse(columns.next()?);
    let title = columns.next()?;
    let has_own_title = !title.is_empty();
    let title = if has_own_title {
        Cow::Borrowed(title)
    } else if symbol.is_empty() && category == Category::Other {
        Cow::Borrowed("Code without a public name")
    } else if symbol.is_empty() {
        Cow::Owned(format!("Unnamed code about {}", category.label()))
    } else {
        let words = split_words(symbol);
        let mut characters = words.chars();
        Cow::Owned(characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect())
    };
    Some(Code { number, symbol, error, surface, category, slots, seen, title, has_own_title })
}

/// Words that are not cut, and how they are written in a title.
const WHOLE_WORDS: [(&str, &str); 26] = [
    ("OAuth2", "OAuth 2"),
    ("IdP", "identity provider"),
    ("OIDCIDP", "OIDC provider"),
    ("Saml2", "SAML"),
    ("WsFed", "WS-Fed"),
    ("WsTrust", "WS-Trust"),
    ("XCB2B", "cross-cloud B2B"),
    ("PKey", "PKey"),
    ("V1", "v1"),
    ("V2", "v2"),
    ("Saml", "SAML"),
    ("Oidc", "OIDC"),
    ("Uri", "URI"),
    ("Jwt", "JWT"),
    ("Sso", "SSO"),
    ("Mfa", "MFA"),
    ("Msa", "personal account"),
    ("Upn", "user name"),
    ("Sid", "security id"),
    ("Rsa", "RSA"),
    ("Tls", "TLS"),
    ("Crl", "CRL"),
    ("Jku", "jku"),
    ("AuthN", "sign-in"),
    ("Xml", "XML"),
    ("Ngc", "Windows Hello"),
];

/// Makes `Invalid realm URI` out of `InvalidRealmUri`.
fn split_words(symbol: &str) -> String {
    let mut out = String::with_capacity(symbol.len() + 12);
    let mut rest = symbol;
    while !rest.is_empty() {
        let whole = WHOLE_WORDS.iter().find(|(word, _)| {
            rest.strip_prefix(word).is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_lowercase()))
        });
        let length = whole.map_or_else(|| word_length(rest), |(word, _)| word.len());
        let (word, after) = rest.split_at(length);
        rest = after.trim_start_matches('_');
        let is_first = out.is_empty();
        if !is_first {
            out.push(' ');
        }
        let is_acronym = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match whole {
            Some((_, written)) => out.push_str(written),
            None if is_first || is_acronym => out.push_str(word),
            None => out.push_str(&word.to_lowercase()),
        }
    }
    out
}

/// Where the first word of a CamelCase text ends: a run of capitals ends before the capital that begins a word.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let capitals = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    if capitals > 1 {
        let begins_word = bytes.get(capitals).is_some_and(u8::is_ascii_lowercase);
        return if begins_word { capitals - 1 } else { capitals };
    }
    let small = bytes[capitals..].iter().take_while(|b| !b.is_ascii_uppercase() && **b != b'_').count();
    (capitals + small).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_found_by_number_and_symbol() {
        let rows = include_str!("aadsts.tsv").lines().skip(1).count();
        assert_eq!(all().len(), rows, "a row could not be read");
        assert!(rows > 450);
        assert!(all().is_sorted_by(|a, b| a.number < b.number), "binary search needs ascending numbers");
        for code in all() {
            assert_eq!(lookup(code.number), Some(code));
            if !code.symbol.is_empty() {
                assert!(by_symbol(&code.symbol.to_lowercase()).contains(&code), "{code}");
            }
            assert_eq!(search(&code.number.to_string())[0], code);
            assert_eq!(find(&format!("AADSTS{}: text", code.number)), [code.number]);
        }
        assert_eq!(lookup(50_012_345), None);
    }

    #[test]
    fn the_words_of_the_table_are_the_words_of_the_enumerations() {
        for line in include_str!("aadsts.tsv").lines().skip(1) {
            let columns: Vec<_> = line.split('\t').collect();
            assert_eq!(columns.len(), 8, "{line}");
            assert!(Shows::ALL.iter().any(|value| value.name() == columns[3]), "{line}");
            assert!(Category::ALL.iter().any(|value| value.name() == columns[4]), "{line}");
            assert!(Seen::ALL.iter().any(|value| value.name() == columns[6]), "{line}");
        }
    }

    #[test]
    fn every_code_has_a_readable_title_of_one_line() {
        for code in all() {
            let length = code.title.chars().count();
            assert!((8..=78).contains(&length), "{code}: {} has {length} characters", code.title);
            assert!(!code.title.ends_with('.') && !code.title.contains("  "), "{code}: {}", code.title);
            assert!(code.title.starts_with(|c: char| c.is_uppercase()), "{code}: {}", code.title);
        }
    }

    #[test]
    fn symbols_are_split_into_words() {
        let check = |symbol, words| assert_eq!(split_words(symbol), words);
        check("InvalidRealmUri", "Invalid realm URI");
        check(
            "OAuth2IdPAuthCodeRedemptionUserError",
            "OAuth 2 identity provider auth code redemption user error",
        );
        check("USGClientNotSupportedOnPublicEndpoint", "USG client not supported on public endpoint");
        check("UnauthorizedClient_DoesNotMatchRequest", "Unauthorized client does not match request");
        check("SsoArtifactRevoked", "SSO artifact revoked");
        check("Urinary", "Urinary");
        check("__", "_");
    }

    #[test]
    fn search_puts_the_best_first() {
        let first = |query: &str| search(query).first().map(|code| code.number);
        assert_eq!(first("50011"), Some(50011));
        assert_eq!(first("AADSTS50011"), Some(50011));
        assert_eq!(first("invalidreplyto"), Some(50011));
        assert_eq!(first("redirect uri not registered"), Some(50011));
        assert_eq!(first("secret expired"), Some(7_000_222));
        assert_eq!(first("consent"), Some(65001));
        assert_eq!(first("authorization_pending"), Some(70016));
        let prefix: Vec<_> = search("5001").iter().map(|code| code.number).collect();
        assert!(prefix.iter().all(|number| number.to_string().starts_with("5001")));
        assert!(prefix.iter().position(|n| *n == 50011) < prefix.iter().position(|n| *n == 500_113));
        assert_eq!(search("").len(), all().len());
        assert_eq!(search("no such words here"), [] as [&Code; 0]);
    }
}
