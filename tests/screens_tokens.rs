//! The Tokens screen: real tokens of the lab tenant and pasted ones, with the keys that a person has.

mod sitting;

use authwright::{
    flow::{Credential, FlowKind},
    tui::{
        glyphs::{Charset, Glyphs},
        model::ScreenId,
    },
    wire::{Body, Headers, Response},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sitting::{START, Sitting};

/// The usual terminal.
const USUAL: (u16, u16) = (80, 24);

/// A token that nobody signed, from an issuer elsewhere.
fn token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "key-one"});
    format!("{}.{}.{}", part(&header), part(claims), signature())
}

/// As long as those of RS256 are.
fn signature() -> String {
    URL_SAFE_NO_PAD.encode([7; 256])
}

/// An ordinary one that lasts an hour.
fn ordinary() -> String {
    token(&claims())
}

fn claims() -> Value {
    let now = START.seconds();
    json!({
        "iss": "https://idp.example/t", "aud": "api://orders", "sub": "abc", "iat": now - 60, "nbf": now - 60,
        "exp": now + 3600, "scp": "Orders.Read Orders.Write", "shoe_size": 43, "uti": "u"
    })
}

/// A sitting with a token on the shelf.
fn with(token: &str) -> Sitting {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    sitting.paste(token);
    sitting.press("Enter");
    sitting
}

/// A sitting after a sign-in at the lab tenant.
fn signed_in() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::AuthorizationCode, "desktop", |_| {});
    sitting.go(ScreenId::Tokens);
    sitting
}

#[track_caller]
fn shows(sitting: &mut Sitting, parts: &[&str]) {
    let text = sitting.text(USUAL);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

#[track_caller]
fn shows_not(sitting: &mut Sitting, part: &str) {
    let text = sitting.text(USUAL);
    assert!(!text.contains(part), "{part:?} is there:\n{text}");
}

fn shelf(sitting: &Sitting) -> usize {
    sitting.model.bench.shelf.all().len()
}

#[test]
fn an_empty_shelf_says_how_to_fill_it() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    assert_pictures!(sitting, "tokens_empty");
    // Nothing that needs a token does anything, or panics.
    sitting.press("Down Enter y s x u i t v n N Left Right a d f c e A S B O R Space z z Esc");
    assert_eq!(shelf(&sitting), 0);
    sitting.resize_to_everything();
}

#[test]
fn the_tokens_of_a_run_are_decoded_checked_and_explained() {
    let mut sitting = signed_in();
    assert_pictures!(sitting, "tokens_id");
    shows(
        &mut sitting,
        &[
            "LAB token",
            "this app",
            "✓ 12",
            "The client would sign this person in",
            "signature verifies",
            "Mina Okafor",
        ],
    );
    sitting.resize_to_everything();
}

#[test]
fn another_token_is_chosen_in_the_list() {
    let mut sitting = signed_in();
    sitting.press("Tab Down Enter");
    assert_pictures!(sitting, "tokens_access");
    shows(&mut sitting, &["access token, for a user", "Northwind… 1 h 25 min"]);
    sitting.press("Tab End Enter");
    shows(&mut sitting, &["opaque token", "nobody else can read anything in it"]);
    sitting.resize_to_everything();
}

#[test]
fn enter_tells_what_a_claim_means_and_the_next_claim_follows() {
    let mut sitting = with(&ordinary());
    sitting.press("Enter");
    assert_pictures!(sitting, "tokens_meaning");
    shows(&mut sitting, &["Meaning  sub", "Names the user or"]);
    sitting.press("Down Down");
    shows(&mut sitting, &["Meaning  iss"]);
    sitting.press("Esc");
    shows_not(&mut sitting, "Meaning  iss");
    sitting.press("/");
    sitting.write("shoe");
    sitting.press("Enter Enter");
    shows(&mut sitting, &["Meaning  shoe_size", "43", "This claim is not known here"]);
}

#[test]
fn lists_in_a_claim_are_told_one_by_one() {
    let mut sitting = with(&ordinary());
    sitting.press("/");
    sitting.write("scp");
    sitting.press("Enter Enter");
    let text = sitting.text(USUAL);
    let rows: Vec<&str> = text.lines().map(|line| line.trim_matches(['│', ' '])).collect();
    assert!(rows.contains(&"Orders.Read") && rows.contains(&"Orders.Write"), "{text}");
}

#[test]
fn a_search_unfolds_what_it_finds_and_n_goes_on() {
    let mut sitting = with(&ordinary());
    shows_not(&mut sitting, "uti  ");
    sitting.press("/");
    sitting.write("uti");
    sitting.press("Enter y");
    assert_eq!(sitting.copied.pop(), Some(("value of uti".to_owned(), "u".to_owned())));
    sitting.press("/");
    sitting.write("xxxxx");
    sitting.press("Enter");
    assert!(sitting.toast().contains("no claim holds"), "{}", sitting.toast());
}

#[test]
fn sections_fold_and_unfold() {
    let mut sitting = with(&ordinary());
    sitting.press("Left");
    shows_not(&mut sitting, " sub ");
    sitting.press("Right");
    shows(&mut sitting, &[" sub "]);
    sitting.press("Enter");
    shows_not(&mut sitting, " sub ");
}

#[test]
fn the_raw_text_has_its_signature_masked_until_it_is_revealed() {
    let mut sitting = with(&ordinary());
    let signature = &signature()[..70];
    sitting.press("t");
    assert_pictures!(sitting, "tokens_raw");
    shows_not(&mut sitting, signature);
    sitting.press("v");
    shows(&mut sitting, &[signature, "v hides it"]);
    sitting.wait(11);
    shows_not(&mut sitting, signature);
    sitting.press("y");
    assert_eq!(sitting.copied, [("pasted token".to_owned(), ordinary())]);
    sitting.press("t");
    shows(&mut sitting, &["Claims"]);
}

#[test]
fn no_secret_is_on_the_screen_unless_it_is_revealed() {
    let mut sitting = signed_in();
    let refresh = sitting.model.bench.shelf.all()[2].decoded.raw.expose().to_owned();
    let secrets: Vec<String> = sitting
        .model
        .bench
        .shelf
        .all()
        .iter()
        .map(|held| held.decoded.raw.expose().rsplit('.').next().unwrap_or_default()[..20].to_owned())
        .collect();
    for keys in ["", "t", "t Tab Down", "t", "t Tab Down", "t", "p"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            let text = sitting.text(size);
            for secret in &secrets {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
    sitting.paste(&refresh);
    let text = sitting.text((200, 60));
    assert!(!text.contains(&refresh[..20]) && text.contains("opaque token"), "{text}");
}

#[test]
fn whatever_is_pasted_is_recognised_before_it_is_added() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    sitting.press("p");
    shows(&mut sitting, &["type or paste any token"]);
    sitting.paste(&format!("Authorization: Bearer {}", ordinary()));
    assert_pictures!(sitting, "tokens_pasting");
    shows(&mut sitting, &["access token"]);
    assert_eq!(shelf(&sitting), 0);
    sitting.press("Enter");
    assert_eq!(shelf(&sitting), 1);
    shows(&mut sitting, &["pasted  orders"]);
    // Without a field open, a paste opens it; Esc leaves it.
    sitting.paste(&ordinary());
    sitting.press("Esc");
    assert_eq!(shelf(&sitting), 1);
    sitting.paste("just some words");
    sitting.press("Enter");
    assert!(sitting.toast().contains("no token"), "{}", sitting.toast());
    assert_eq!(shelf(&sitting), 1);
}

#[test]
fn a_very_long_paste_is_kept_aside_and_whole() {
    let mut long = claims();
    long["padding"] = json!("x".repeat(200_000));
    let long = token(&long);
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    sitting.paste(&long);
    shows(&mut sitting, &["chars)"]);
    sitting.press("Enter");
    assert_eq!(sitting.model.bench.shelf.all()[0].decoded.raw.expose(), long);
    sitting.resize_to_everything();
}

#[test]
fn missing_keys_are_said_and_fetched_from_the_host_that_is_named() {
    let mut sitting = with(&ordinary());
    assert_pictures!(sitting, "tokens_keys_missing");
    says(
        &mut sitting,
        &["Signature not checked", "the keys of idp.example are not known", "contacts idp.example"],
    );
    sitting.press("s");
    // Nobody answers there.
    says(&mut sitting, &["When it was asked (#1)", "asks idp.example again"]);
    assert_eq!(sitting.model.bench.hosts(), ["idp.example"]);
    let json = |document: Value| Response {
        status: 200,
        headers: Headers::new().with("content-type", "application/json"),
        body: Body::from(document.to_string()),
    };
    sitting.elsewhere.push_back(json(json!({
        "issuer": "https://idp.example/t", "jwks_uri": "https://idp.example/keys"
    })));
    sitting
        .elsewhere
        .push_back(json(json!({"keys": [{"kty": "RSA", "kid": "other", "n": "AQAB", "e": "AQAB"}]})));
    sitting.press("s");
    let text = sitting.text((200, 60));
    assert!(!text.contains("asks idp.example") && text.contains("key-one") && text.contains('✗'), "{text}");
    sitting.press("s");
    assert!(sitting.toast().contains("keys are known"), "{}", sitting.toast());
}

#[test]
fn while_keys_are_asked_for_it_says_so_and_does_not_ask_twice() {
    let mut sitting = with(&ordinary());
    sitting.silent = true;
    sitting.press("s");
    says(&mut sitting, &["Asking idp.example for keys (#1)"]);
    sitting.press("s");
    assert_eq!(sitting.model.bench.traffic.all().len(), 1);
}

#[test]
fn a_token_is_discarded_and_put_back() {
    let mut sitting = signed_in();
    let before = sitting.model.bench.shelf.all().to_vec();
    sitting.press("Tab Down x");
    assert_eq!(shelf(&sitting), 2);
    assert!(sitting.toast().contains("access token taken off"), "{}", sitting.toast());
    sitting.press("u");
    assert_eq!(sitting.model.bench.shelf.all(), before);
    sitting.press("Delete Delete Delete");
    shows(&mut sitting, &["No tokens yet", "u puts back"]);
}

#[test]
fn life_runs_out_on_the_screen_and_is_drawn_once_a_second_only_while_it_does() {
    let mut sitting = with(&ordinary());
    let redraw = |sitting: &Sitting| sitting.model.tokens.next_redraw(&sitting.model.bench, sitting.now);
    shows(&mut sitting, &["1 h 0 min left"]);
    says(&mut sitting, &["exp is 2026-03-04 10:15:27Z"]);
    assert_eq!(redraw(&sitting).map(|wait| wait.as_millis()), Some(1000));
    sitting.wait(3540);
    shows(&mut sitting, &["1:00 min left"]);
    sitting.wait(120);
    assert_pictures!(sitting, "tokens_expired");
    shows(&mut sitting, &["expired", "ended 1:00 min ago"]);
    says(&mut sitting, &["! exp is", "within the 300 s of leeway"]);
    sitting.wait(300);
    says(&mut sitting, &["✗ exp is", "also with 300 s of leeway"]);
    sitting.wait(3 * 86_400);
    assert_eq!(redraw(&sitting), None);
    // A token without times never asks for it.
    assert_eq!(redraw(&with(&token(&json!({"iss": "x", "sub": "y"})))), None);
    assert_eq!(redraw(&Sitting::new()), None);
}

#[test]
fn the_exchange_behind_a_token_is_shown() {
    let mut sitting = signed_in();
    sitting.press("i");
    assert_eq!(sitting.model.screen, ScreenId::Traffic);
    let mut sitting = with(&ordinary());
    sitting.press("i");
    assert!(sitting.toast().contains("no exchange brought it"), "{}", sitting.toast());
}

#[test]
fn hostile_text_in_claims_loses_its_power() {
    let hostile = "a\u{1b}[31mred\u{202e}b\r\n\u{7}";
    let mut sitting =
        with(&token(&json!({"iss": hostile, "aud": hostile, "name": hostile, hostile: hostile})));
    for keys in ["", "Down Enter", "Down", "Down", "End"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            let text = sitting.text(size);
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\r']), "{text:?}");
        }
    }
    shows(&mut sitting, &["a␛[31mred<U+202E>b"]);
    sitting.resize_to_everything();
}

#[test]
fn with_ascii_only_nothing_else_is_drawn() {
    let mut sitting = signed_in();
    sitting.model.look.glyphs = Glyphs::of(Charset::Ascii);
    for keys in ["", "Enter", "Down Enter", "t", "p"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            let text = sitting.text(size);
            assert!(text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn everything_of_a_token_can_be_copied_by_name() {
    let sitting = signed_in();
    let copies = sitting.model.tokens.copies(&sitting.model.bench);
    let names: Vec<&str> = copies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["id token", "value of sub", "id token without its signature", "claims as JSON", "header as JSON"]
    );
    let claims: Value = serde_json::from_str(copies[3].1.expose()).expect("it is JSON");
    assert_eq!(claims["name"], "Mina Okafor");
    assert_eq!(copies[2].1.expose().split('.').count(), 2);
}

#[test]
fn tab_goes_through_every_region_and_one_at_a_time_fits_a_small_terminal() {
    let mut sitting = with(&ordinary());
    let mut seen = Vec::new();
    for _ in 0..5 {
        let text = sitting.text((60, 16));
        seen.push(text.lines().next().unwrap_or_default().chars().skip(3).take(6).collect::<String>());
        sitting.press("Tab");
        // Keys count for the size that was drawn last.
        let _ = sitting.body(60, 14);
    }
    assert_eq!(seen[0], "Claims");
    sitting.press("z");
    shows(&mut sitting, &["┏━"]);
}

/// Whether the lights say these things, at a size that shows them all.
#[track_caller]
fn says(sitting: &mut Sitting, parts: &[&str]) {
    let text = sitting.text((200, 60));
    // Long lines are broken: words are compared.
    let words = |text: &str| text.replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let column: String = text.lines().map(|line| line.chars().take(52).collect::<String>() + "\n").collect();
    let (all, left) = (words(&text), words(&column));
    for part in parts {
        assert!(all.contains(part) || left.contains(part), "{part:?} is missing:\n{text}");
    }
}

/// A sitting in which the desktop application has called the catalog: an access token for it is selected.
fn called() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::AuthorizationCode, "desktop", |_| {});
    sitting.go(ScreenId::Tokens);
    sitting.press("Tab Down Enter");
    sitting
}

#[test]
fn the_same_token_is_judged_from_both_seats() {
    let mut sitting = signed_in();
    says(&mut sitting, &["as the client", "The client would sign this person in."]);
    sitting.press("a");
    says(&mut sitting, &["as the API", "401", "www-authenticate:"]);
    assert_pictures!(sitting, "tokens_id_at_api");
    sitting.press("a");
    says(&mut sitting, &["The client would sign this person in."]);
    let mut sitting = called();
    says(&mut sitting, &["The API would answer the call.", "the registration of catalog-api in the lab"]);
}

#[test]
fn what_a_seat_expects_can_be_changed_and_put_back() {
    let mut sitting = called();
    while !sitting.text(USUAL).contains("┏━ Verdict") {
        sitting.press("Tab");
    }
    sitting.press("e Down Down Down Enter");
    sitting.press("Home");
    for _ in 0..200 {
        sitting.press("Delete");
    }
    sitting.write("Orders.Delete");
    sitting.press("Enter");
    says(&mut sitting, &["403", "insufficient_scope", "Orders.Delete"]);
    let edited = |sitting: &Sitting| {
        let terms = sitting.model.bench.terms(1).into_iter();
        terms.filter(|demand| demand.edited).map(|demand| demand.values).collect::<Vec<_>>()
    };
    assert_eq!(edited(&sitting), [["Orders.Delete"]]);
    // Behind the edited one stands the way back.
    sitting.press("e Down Down Down Down Enter");
    assert!(edited(&sitting).is_empty());
    says(&mut sitting, &["The API would answer the call."]);
}

#[test]
fn a_leeway_that_is_no_number_is_refused_and_kept_for_mending() {
    let mut sitting = called();
    while !sitting.text(USUAL).contains("┏━ Verdict") {
        sitting.press("Tab");
    }
    sitting.press("e End Enter");
    sitting.write("x");
    sitting.press("Enter");
    assert!(sitting.toast().contains("leeway is a number of seconds"), "{}", sitting.toast());
    sitting.press("Backspace Enter");
    let terms = sitting.model.bench.terms(1);
    assert!(terms.iter().any(|wanted| wanted.edited && wanted.values == ["300"]), "{terms:?}");
}

#[test]
fn two_tokens_are_compared_with_reasons() {
    let mut sitting = signed_in();
    sitting.press("d");
    assert!(sitting.toast().contains("id token marked"), "{}", sitting.toast());
    sitting.press("Tab Down d");
    assert_pictures!(sitting, "tokens_compared");
    shows(&mut sitting, &["Compared", "An ID token and an access token"]);
    sitting.resize_to_everything();
    sitting.press("Esc");
    shows_not(&mut sitting, "An ID token and an access token");
    // Space in the list marks, too, and takes the mark back.
    sitting.press("Tab Tab");
    while !sitting.text(USUAL).contains("┏━ Tokens") {
        sitting.press("Tab");
    }
    sitting.press("Space");
    assert!(sitting.toast().contains("access token marked"), "{}", sitting.toast());
    sitting.press("Space");
    assert!(sitting.toast().contains("no token is marked"), "{}", sitting.toast());
    assert!(with(&ordinary()).model.tokens.copies(&sitting.model.bench).len() > 1);
}

#[test]
fn a_claim_is_bent_signed_in_every_way_and_tried_at_the_lab() {
    let mut sitting = called();
    sitting.press("/");
    sitting.write("scp");
    sitting.press("Enter e");
    sitting.press("End");
    sitting.write(" Refunds.Issue");
    sitting.press("Enter");
    shows(&mut sitting, &["Bending: scp", "● scp"]);
    assert_pictures!(sitting, "tokens_bending");
    // With the lab's own key everything is right.
    sitting.press("s Enter");
    assert_eq!(shelf(&sitting), 4);
    shows(&mut sitting, &["Bent copy: scp", "the lab's key"]);
    says(&mut sitting, &["The API would answer the call."]);
    sitting.press("c");
    says(&mut sitting, &["answered 200"]);
    assert_pictures!(sitting, "tokens_bent");
    // Signed by nobody, nobody takes it.
    for (downs, what) in [(1, "another key"), (2, "HS256"), (3, "no signature"), (4, "the old signature")] {
        sitting.press("S");
        for _ in 0..downs {
            sitting.press("Down");
        }
        sitting.press("Enter");
        if what == "the old signature" {
            // Nothing was changed in this copy: its signature still holds.
            continue;
        }
        says(&mut sitting, &[what, "The API would answer 401"]);
        sitting.press("c");
        says(&mut sitting, &["answered 401"]);
    }
    sitting.resize_to_everything();
}

#[test]
fn the_shelf_tells_bent_copies_apart() {
    let mut sitting = called();
    sitting.press("/");
    sitting.write("scp");
    sitting.press("Enter");
    for keys in ["e", "n e"] {
        sitting.press(keys);
        sitting.write("x");
        sitting.press("Enter s Enter");
    }
    sitting.press("S Down Down Down Enter");
    shows(&mut sitting, &["bent    scp changed", "bent 2  scp changed", "bent    alg none"]);
}

#[test]
fn a_bent_issuer_is_still_compared_with_the_one_that_made_the_original() {
    let mut sitting = called();
    sitting.press("/");
    sitting.write("iss");
    sitting.press("Enter e");
    sitting.write("x");
    sitting.press("Enter s Enter");
    says(&mut sitting, &["The API would answer 401", "comes from another issuer"]);
}

#[test]
fn members_are_added_taken_out_and_put_back() {
    let mut sitting = called();
    sitting.press("A");
    shows(&mut sitting, &["New in claims"]);
    sitting.write("no value");
    sitting.press("Enter");
    assert!(sitting.toast().contains("name=value"), "{}", sitting.toast());
    sitting.press("Esc A");
    sitting.write("roles=[\"Orders.Read.All\"]");
    sitting.press("Enter");
    shows(&mut sitting, &["roles added"]);
    sitting.press("u");
    shows(&mut sitting, &["nothing is changed"]);
    sitting.press("Esc");
    shows_not(&mut sitting, "Bending");
    assert_eq!(shelf(&sitting), 3);
}

#[test]
fn only_tokens_of_the_lab_are_bent_or_tried() {
    let mut sitting = with(&ordinary());
    for key in ["e", "A", "S", "c"] {
        sitting.press(key);
        assert!(sitting.toast().contains("only tokens of the lab"), "{key}: {}", sitting.toast());
    }
    assert!(sitting.model.bench.traffic.all().is_empty());
}

#[test]
fn a_token_begins_a_run_with_one_key() {
    let mut sitting = called();
    sitting.press("B");
    assert_eq!(sitting.model.screen, ScreenId::Run);
    let run = sitting.model.bench.latest().expect("it was started");
    assert_eq!(run.kind, FlowKind::CallApi);
    let api = run.profile.api.as_ref().expect("it calls something");
    assert!(
        api.url.path().ends_with("/api/catalog/products"),
        "the API that the token is for, not {}",
        api.url
    );
    let mut sitting = called();
    sitting.press("R");
    assert!(
        sitting.toast().contains("refresh token") || sitting.toast().contains("no run here"),
        "{}",
        sitting.toast()
    );
    sitting.press("Tab End R");
    assert_eq!(sitting.model.screen, ScreenId::Run);
}

#[test]
fn every_token_of_a_pasted_text_is_put_on_the_shelf() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    let other = token(&json!({"iss": "https://idp.example/t", "aud": "other", "sub": "def"}));
    sitting.paste(&format!("first {} and\nAuthorization: Bearer {other}", ordinary()));
    sitting.press("Enter");
    assert_eq!(shelf(&sitting), 2);
    assert!(sitting.toast().contains("2 tokens"), "{}", sitting.toast());
}

#[test]
fn a_token_of_a_pipeline_is_set_beside_the_federated_credentials() {
    let mut sitting = with(&token(&json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "api://AzureADTokenExchange",
        "sub": "repo:northwind/shop:ref:refs/heads/main", "exp": START.seconds() + 600
    })));
    sitting.press("f");
    assert_pictures!(sitting, "tokens_federated");
    shows(&mut sitting, &["Proof"]);
    says(&mut sitting, &["registered", "["]);
    sitting.resize_to_everything();
    sitting.press("f");
    shows(&mut sitting, &["Claims"]);
}

#[test]
fn pasted_federated_credentials_take_the_place_of_the_labs() {
    let mut sitting = with(&token(&json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "api://AzureADTokenExchange",
        "sub": "repo:northwind/shop:ref:refs/heads/main", "exp": START.seconds() + 600
    })));
    let entry = json!({
        "name": "from-az", "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:northwind/shop:ref:refs/heads/release", "audiences": ["api://AzureADTokenExchange"]
    });
    sitting.paste(&json!([entry]).to_string());
    says(&mut sitting, &["a federated credential"]);
    sitting.press("Enter");
    assert_eq!(shelf(&sitting), 1, "entries are no token");
    says(&mut sitting, &["Proof", "the entry that was pasted", "from-az", "refs/heads/[main]", "[release]"]);
    let mut fitting = entry;
    fitting["subject"] = "repo:northwind/shop:ref:refs/heads/main".into();
    sitting.paste(&json!({"value": [fitting]}).to_string());
    sitting.press("Enter");
    says(&mut sitting, &["✓ sub"]);
}

#[test]
fn what_a_run_proves_its_client_with_stands_on_the_shelf() {
    let made = authwright::runtime::key_pair::make("Nobody", 30).expect("a key pair");
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::ClientCredentials, "inventory-sync", |start| {
        start.profile.credential = Credential::PrivateKey(made.client_key());
    });
    // The certificate is not registered, so this is all that the run leaves behind.
    assert_eq!(shelf(&sitting), 1);
    sitting.go(ScreenId::Tokens);
    let text = sitting.text(USUAL);
    let parts = [
        "proof   of this app",
        "sent with #2: i",
        "As a client assertion it is well made",
        "client assertion",
    ];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    assert!(text.contains("who it is about"), "its members mean what they mean here: {text}");
    sitting.press("f");
    says(
        &mut sitting,
        &["aud is the token endpoint", "iss and sub are the client", "No certificate is known"],
    );
    sitting.paste(&made.certificate_pem);
    sitting.press("Enter");
    says(&mut sitting, &["The signature was made with the private key of this certificate"]);
    // The same key looks at the signature among the lights.
    sitting.press("Esc s");
    assert!(sitting.toast().contains("its key is the client's own"), "{}", sitting.toast());
    sitting.press("i");
    shows(&mut sitting, &["POST"]);
}

#[test]
fn pasted_keys_judge_the_selected_token() {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&json!({"alg": "ES256", "kid": "mine"})), part(&claims()));
    let key = rcgen::KeyPair::generate().expect("a key");
    let rng = aws_lc_rs::rand::SystemRandom::new();
    let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair =
        aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(algorithm, &key.serialize_der()).expect("a pair");
    let signed = pair.sign(&rng, input.as_bytes()).expect("it signs");
    let mut sitting = with(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(signed)));
    says(&mut sitting, &["Signature not checked: the keys of idp.example are not known"]);
    let point = key.public_key_raw();
    let jwk = |x: &[u8], y: &[u8]| {
        let text = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "mine", "x": text(x), "y": text(y)}]})
            .to_string()
    };
    sitting.paste(&jwk(&point[1..33], &point[33..]));
    says(&mut sitting, &["Token", "a key"]);
    sitting.press("Enter");
    says(&mut sitting, &["The ES256 signature verifies"]);
    // Another key is another verdict.
    let other = rcgen::KeyPair::generate().expect("a key");
    let point = other.public_key_raw();
    sitting.paste(&jwk(&point[1..33], &point[33..]));
    sitting.press("Enter");
    says(&mut sitting, &["✗ 1"]);
    assert_eq!(shelf(&sitting), 1, "keys are no token");
}

#[test]
fn a_remark_tells_where_it_has_its_reason() {
    let mut all = claims();
    all["tid"] = json!({"no": "text"});
    all[""] = json!("nameless");
    let mut sitting = with(&format!("Bearer {}", token(&all)));
    // What is wrong comes before what is merely told.
    sitting.press("Enter");
    shows(&mut sitting, &["tid is an object", "In the payload, at tid", "\"no\": \"text\""]);
    sitting.press("Esc G");
    shows(&mut sitting, &["\"\"  ", "nameless"]);

    let token = format!("{}!.{}", ordinary().rsplit_once('.').expect("it has parts").0, signature());
    let mut sitting = with(&token);
    sitting.press("Enter");
    shows(&mut sitting, &["marked under Raw"]);
}

/// A token as large as Entra makes them.
fn large() -> String {
    let id = |at: usize| format!("{at:08x}-0000-4000-8000-{at:012x}");
    let mut all = claims();
    all["groups"] = (0..210).map(id).collect();
    all["roles"] = (0..30).map(|at| format!("Orders.Approve.Region{at}")).collect();
    token(&all)
}

#[test]
fn a_large_token_stays_readable() {
    let mut sitting = with(&large());
    sitting.press("/");
    sitting.write("groups");
    sitting.press("Enter Enter");
    assert_pictures!(sitting, "tokens_large");
    sitting.resize_to_everything();
}

#[test]
fn a_client_assertion_is_set_beside_a_pasted_certificate() {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"typ": "JWT", "alg": "PS256", "x5t#S256": "bm90IHRoaXMgb25l"});
    let now = START.seconds();
    let claims = json!({
        "iss": "a-client", "sub": "a-client", "aud": "https://idp.example/token", "jti": "1", "nbf": now, "exp": now + 300
    });
    let mut sitting = with(&format!("{}.{}.{}", part(&header), part(&claims), signature()));
    sitting.press("f");
    shows(&mut sitting, &["Proof", "As a client assertion"]);
    says(&mut sitting, &["No certificate is known for it"]);
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["client.example".to_owned()]).expect("a name");
    let certificate = STANDARD.encode(params.self_signed(&key).expect("a certificate").der());
    let dashes = "-----";
    sitting.paste(&format!(
        "{dashes}BEGIN CERTIFICATE{dashes}\n{certificate}\n{dashes}END CERTIFICATE{dashes}\n"
    ));
    sitting.press("Enter");
    assert_eq!(shelf(&sitting), 1, "a certificate is no token");
    says(&mut sitting, &["Certificate CN=", "pasted", "in use bm90IHRoaXMgb25l", "expected", "SHA-256"]);
    sitting.resize_to_everything();
}

#[test]
fn each_token_stands_beside_the_exchange_that_brought_it() {
    let mut sitting = Sitting::new();
    for (kind, application) in [
        (FlowKind::AuthorizationCode, "desktop"),
        (FlowKind::Hybrid, "legacy-portal"),
        (FlowKind::Implicit, "legacy-portal"),
        (FlowKind::DeviceCode, "kiosk"),
        (FlowKind::ClientCredentials, "inventory-sync"),
        (FlowKind::OnBehalfOf, "catalog-api"),
    ] {
        let since = sitting.model.bench.shelf.all().len();
        sitting.run(kind, application, |_| {});
        let bench = &sitting.model.bench;
        let new = &bench.shelf.all()[since..];
        assert!(!new.is_empty(), "{kind:?} brought nothing");
        for held in new {
            let exchange = held.exchange.and_then(|id| bench.traffic.get(id));
            let exchange = exchange.unwrap_or_else(|| panic!("{kind:?} {:?}", held.used_as));
            assert!(exchange.brought(&held.decoded.raw), "{kind:?} {:?} {exchange:?}", held.used_as);
            assert_eq!(exchange.session(), held.session);
        }
    }
}
