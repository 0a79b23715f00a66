//! Whole visits, played against answers written by hand: pages like the lab tenant's and like those of
//! `oidc-provider`, and some that mean harm.

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn html(body: &str) -> Response {
    Response {
        status: 200,
        headers: Headers::new().with("content-type", "text/html; charset=utf-8"),
        body: body.to_owned().into(),
    }
}

fn redirect(status: u16, location: &str) -> Response {
    Response { status, headers: Headers::new().with("location", location), body: Body::Empty }
}

fn started() -> Agent {
    Agent::begin(url("https://login.example/t/authorize?client_id=1"), Some(url("http://localhost:7081/cb")))
        .0
}

/// What happened, in one line.
fn told(next: &Next) -> String {
    match next {
        Next::Send(request) => format!("{} {} {}", request.method, request.url, request.body.text()),
        Next::Arrived(arrival) => format!("arrived {:?} {}", arrival.by, arrival.params.encode()),
        Next::Page => "page".to_owned(),
        Next::DeadEnd(response) => format!("dead end {}", response.status),
        Next::Failed(failure) => format!("failed: {failure}"),
    }
    .trim_end()
    .to_owned()
}

/// The page in lines, as a screen might show it.
fn shown(agent: &Agent) -> Vec<String> {
    let page = agent.page().unwrap();
    let blocks = page.blocks.iter().map(|block| match block {
        Block::Heading(text) => format!("# {text}"),
        Block::Text(text) => text.clone(),
        Block::Item(text) => format!("* {text}"),
        Block::Link(text, to) => format!("[{text}]({to})"),
        Block::Control(form, control) => {
            let control = &page.forms[*form].controls[*control];
            let kind = match control.kind {
                ControlKind::Text => "text".to_owned(),
                ControlKind::Password => "password".to_owned(),
                ControlKind::Submit => "button".to_owned(),
                ControlKind::Hidden => "hidden".to_owned(),
                ControlKind::Checkbox { ticked } => format!("box {ticked}"),
                ControlKind::Radio { chosen } => format!("radio {chosen}"),
            };
            format!("<{kind} {}={}> {}", control.name, control.value.expose(), control.label)
        }
    });
    blocks.collect()
}

#[test]
fn a_page_is_read_as_a_person_sees_it() {
    let check = |body: &str, expected: &[&str]| {
        let mut agent = started();
        agent.answer(html(body));
        assert_eq!(shown(&agent), expected, "{body}");
    };
    check(
        "<!DOCTYPE html><html><head><title>Sign in</title><style>p{}</style><script>var a='<p>no</p>'</script></head>\
         <body><h1>Sign\n in</h1><p>to <b>Store</b>front &amp; more&nbsp;&#8211; now</p><ul><li>Read it<li>Write it</ul>\
         <template><p>never</p></template><svg><title>x</title><text>drawn</text></svg><p>a<br>b</p></body></html>",
        &["# Sign in", "to Storefront & more – now", "* Read it", "* Write it", "a", "b"],
    );
    check(
        "<form method=post><label for=u>User name</label><input id=u name=login type=email value=a@x>\
         <label>Password <input type=password name=passwd></label>\
         <input name=otc placeholder='Six digits' type=tel><input name=bare type=number>\
         <label><input type=checkbox name=keep checked> Keep me signed in</label>\
         <input aria-label='Given name' name=g><input type=hidden name=ctx value=1>\
         <button name=a value=1>Go  <i>on</i></button><input type=submit value=Cancel name=b><input type=submit>\
         <button type=button>Script</button><input type=reset></form>",
        &[
            "<text login=a@x> User name",
            "<password passwd=> Password",
            "<text otc=> Six digits",
            "<text bare=> bare",
            "<box true keep=on> Keep me signed in",
            "<text g=> Given name",
            "<button a=1> Go on",
            "<button b=Cancel> Cancel",
            "<button => Submit",
        ],
    );
    check(
        "<noscript><p>Scripts are off.</p></noscript><p>Need <a href='/help?a=1'>some help</a>?</p><a href=#top>up</a> \
         <a href='javascript:x()'>no</a><a href='/i'><img alt='A picture'></a>",
        &[
            "Scripts are off.",
            "Need",
            "[some help](https://login.example/help?a=1)",
            "?",
            "up no",
            "[A picture](https://login.example/i)",
        ],
    );
    check(
        "<form><label for=c>Country</label><select id=c name=c><option value=de>Germany<option value=fr selected>France\
         </select><input readonly name=user value='a@x' aria-label=Account><label>Loose</label></form>",
        &["Country", "<radio false c=de> Germany", "<radio true c=fr> France", "Account: a@x", "Loose"],
    );
    check(
        "<p>evil\u{202e}\u{1b}[31m &#x9b;0m</p><a href=/>&#x202e;x</a>",
        &["evil<U+202E>␛[31m \u{203a}0m", "[<U+202E>x](https://login.example/)"],
    );
    check("<base href='https://other.example/dir/'><a href=x>x</a>", &["[x](https://other.example/dir/x)"]);
    check(
        "<table><tr><th>Request Id</th><td>42</td></tr></table><a href=/>back</a>",
        &["Request Id 42", "[back](https://login.example/)"],
    );
}

#[test]
fn redirects_are_taken_one_at_a_time() {
    let check = |response: Response, expected: &str| {
        let mut agent = started();
        agent.answer(html("<form method=post action=login><input name=u value=1><button>Go</button></form>"));
        let sent = agent.act(Act::Submit(0, Some(1))).unwrap();
        assert_eq!(told(&sent), "POST https://login.example/t/login u=1");
        let label = format!("{response:?}");
        assert_eq!(told(&agent.answer(response)), expected, "{label}");
    };
    for status in [301, 302, 303] {
        check(redirect(status, "../next?x=1"), "GET https://login.example/next?x=1");
    }
    check(redirect(307, "/again"), "POST https://login.example/again u=1");
    check(redirect(308, "//other.example/"), "POST https://other.example/ u=1");
    check(redirect(302, "http://login.example/plain"), "GET http://login.example/plain");
    check(redirect(302, "http://localhost:7081/cb?code=c&state=s#"), "arrived Query code=c&state=s");
    check(redirect(302, "http://localhost:7081/cb#code=c"), "arrived Fragment code=c");
    check(redirect(307, "http://localhost:7081/cb"), "arrived FormPost u=1");
    check(redirect(302, "http://localhost:7082/cb?code=c"), "GET http://localhost:7082/cb?code=c");
    check(redirect(304, "/never"), "dead end 304");
    check(
        redirect(302, "https://[broken?code=1"),
        "failed: the answer is not a redirect that can be followed: its \
        Location is no address: https://[broken",
    );
    check(
        redirect(302, "mailto:a@x"),
        "failed: this request cannot be sent: it leads to an address of the kind \
        mailto:, which is not the redirect URI and can only be opened by another program",
    );
}

#[test]
fn an_application_s_own_scheme_is_arrived_at_and_never_asked() {
    let begin = || Agent::begin(url("https://login.example/"), Some(url("msal123://auth"))).0;
    assert_eq!(told(&begin().answer(redirect(302, "msal123://auth/?code=c"))), "arrived Query code=c");
    assert!(told(&begin().answer(redirect(302, "msal999://auth/?code=c"))).starts_with("failed: "));

    let mut agent = begin();
    assert_eq!(agent.answer(html("<a href='msal123://auth?error=access_denied'>Back</a>")), Next::Page);
    assert_eq!(told(&agent.act(Act::Follow(0)).unwrap()), "arrived Query error=access_denied");
}

#[test]
fn a_fragment_is_carried_along_and_never_sent() {
    let mut agent = started();
    let next = agent.answer(redirect(302, "/hop#id_token=t"));
    assert_eq!(told(&next), "GET https://login.example/hop");
    assert_eq!(told(&agent.answer(redirect(302, "http://localhost:7081/cb"))), "arrived Fragment id_token=t");
}

#[test]
fn endless_redirects_end() {
    let mut agent = started();
    for _ in 0..MOST_HOPS {
        assert!(matches!(agent.answer(redirect(302, "/round")), Next::Send(_)));
    }
    let last = told(&agent.answer(redirect(302, "/round")));
    assert!(last.starts_with("failed: ") && last.contains("circle"), "{last}");
}

#[test]
fn forms_that_send_themselves_are_sent() {
    let check = |body: &str, expected: &str| {
        assert_eq!(told(&started().answer(html(body))), expected, "{body}");
    };
    let home = "action='http://localhost:7081/cb'";
    let fields = "<input type=hidden name=code value='a b'><input type=hidden name=state value=s>";
    let button = "<noscript><button name=x value=1>Continue</button></noscript>";
    check(
        &format!(
            "<body onload='document.forms[0].submit()'><form method=POST {home}>{fields}{button}</form>"
        ),
        "arrived FormPost code=a+b&state=s",
    );
    check(&format!("<form method=POST {home}>{fields}{button}</form>"), "arrived FormPost code=a+b&state=s");
    check(
        &format!("<form {home}>{fields}</form><script>document.forms[0].submit()</script>"),
        "arrived Query code=a+b&state=s",
    );
    check(
        &format!(
            "<form method=post action=/relay>{fields}{button}</form><script>document.forms[0].submit()</script>"
        ),
        "POST https://login.example/relay code=a+b&state=s",
    );
    check(&format!("<form method=post action=/relay>{fields}{button}</form>"), "page");
    // Something to fill in, or to choose between, is never decided by a script.
    check("<form><input name=q></form><script>f.submit()</script>", "page");
    check("<form><button>Yes</button><button>No</button></form><script>f.submit()</script>", "page");
}

#[test]
fn a_page_may_go_elsewhere_by_itself() {
    let check = |body: &str, expected: &str| {
        assert_eq!(told(&started().answer(html(body))), expected, "{body}");
    };
    check("<meta http-equiv=Refresh content='0; URL=/next'>", "GET https://login.example/next");
    check(
        "<noscript><meta http-equiv=refresh content=\"2;url='next?a=1'\"></noscript>",
        "GET https://login.example/t/next?a=1",
    );
    check(
        "<meta http-equiv=refresh content='0;url=http://localhost:7081/cb?code=1'>",
        "arrived Query code=1",
    );
    check("<meta http-equiv=refresh content='30;url=/later'>", "page");
    check("<meta http-equiv=refresh content='0;url=https://login.example/t/authorize?client_id=1'>", "page");
    check("<meta http-equiv=refresh content='5'><p>Waiting", "dead end 200");

    let by_header = Response { headers: Headers::new().with("refresh", "0;url=/h"), ..html("") };
    assert_eq!(told(&started().answer(by_header)), "dead end 200");
    let by_header = Response { headers: html("").headers.with("refresh", "0;url=/h"), ..html("<p>wait") };
    assert_eq!(told(&started().answer(by_header)), "GET https://login.example/h");
}

#[test]
fn a_page_is_a_dead_end_when_nothing_leads_on() {
    let check = |redirect_uri: Option<&str>, status: u16, body: &str, expected: &str| {
        let mut agent = Agent::begin(url("https://login.example/"), redirect_uri.map(url)).0;
        let next = agent.answer(Response { status, ..html(body) });
        assert_eq!(told(&next), expected, "{status} {body}");
        assert!(agent.page().is_some(), "a dead end can still be read");
    };
    let app = Some("http://localhost/");
    check(app, 200, "<h1>Trouble</h1><p>AADSTS50011: no such redirect URI", "dead end 200");
    check(app, 200, "<p>AADSTS50011: no<p><a href=/help>Help</a>", "dead end 200");
    check(app, 200, "<p>AADSTS900941<p><a href='http://localhost/?error=access_denied'>Back</a>", "page");
    check(app, 200, "<p>AADSTS50126: wrong<form><input name=p type=password></form>", "page");
    check(app, 200, "<p>About AADSTS codes<p><a href=/on>Go on</a>", "page");
    check(app, 404, "<p>Not found<a href=/>Home</a>", "dead end 404");
    check(app, 400, "<form><button>Try again</button></form>", "page");
    check(app, 200, "<p>Nothing here", "dead end 200");
    check(app, 200, "<form action=/x><input type=hidden name=a></form>", "dead end 200");
    check(None, 200, "<p>You may close this window. <a href=/device>Another code</a>", "dead end 200");
    check(None, 200, "<p>Choose: <a href=/1>Ann ann@x.example</a>", "page");
    check(None, 200, "<form><input name=user_code></form>", "page");
}

#[test]
fn answers_that_are_no_pages_lead_nowhere() {
    let answer = |media_type: &str, body: &str| {
        let mut agent = started();
        let headers = Headers::new().with("content-type", media_type);
        let next = agent.answer(Response { status: 400, headers, body: body.to_owned().into() });
        (told(&next), agent.page().cloned())
    };
    assert_eq!(answer("application/json", "{}"), ("dead end 400".to_owned(), None));
    let (next, page) = answer("text/plain", "No.\n\nReally\u{7}.");
    assert_eq!(next, "dead end 400");
    assert_eq!(page.unwrap().blocks, [Block::Text("No.".to_owned()), Block::Text("Really␇.".to_owned())]);
}

#[test]
fn requests_carry_what_a_browser_s_would() {
    let (mut agent, first) = Agent::begin(url("http://localhost:7080/a#top"), None);
    assert_eq!(first.url.as_str(), "http://localhost:7080/a");
    assert_eq!(first.headers.get("user-agent"), Some("authwright (built-in user agent)"));
    assert_eq!((first.headers.get("origin"), first.headers.get("cookie")), (None, None));

    let page = html("<form method=post action=/b><input name=a value=1></form>");
    let headers = page.headers.clone().with("set-cookie", "s=1; Path=/; Secure; HttpOnly");
    agent.answer(Response { headers, ..page });
    let Some(Next::Send(second)) = agent.act(Act::Submit(0, None)) else { panic!("nothing was sent") };
    assert_eq!(second.headers.get("origin"), Some("http://localhost:7080"));
    assert_eq!(second.headers.get("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(second.headers.get("cookie"), Some("s=1"));
    assert_eq!(second.form().get("a"), Some("1"));

    let Next::Send(third) = agent.answer(redirect(302, "/c")) else { panic!("nothing was sent") };
    assert_eq!((third.headers.get("origin"), third.headers.get("content-type")), (None, None));

    let later = agent.again(url("http://localhost:7080/"), None);
    assert_eq!(later.headers.get("cookie"), Some("s=1"));
    assert!(agent.page().is_none());
}

#[test]
fn acts_on_what_is_not_there_do_nothing() {
    let mut agent = started();
    assert_eq!(agent.act(Act::Submit(0, None)), None);
    agent.answer(html("<p>a<form><input name=q><input type=hidden name=h value=1></form><a href=/x>x</a>"));
    let before = agent.clone();
    for act in
        [Act::Submit(1, None), Act::Submit(0, Some(0)), Act::Follow(0), Act::Follow(99), Act::Toggle(0, 0)]
    {
        assert_eq!(agent.act(act), None);
    }
    assert_eq!(agent.act(Act::Fill(0, 1, Secret::new("hidden stays"))), None);
    assert!(agent == before);
    agent.act(Act::Fill(0, 0, Secret::new("typed")));
    assert_eq!(
        told(&agent.act(Act::Submit(0, None)).unwrap()),
        "GET https://login.example/t/authorize?q=typed&h=1"
    );
}

#[test]
fn what_was_typed_stays_out_of_debug_output() {
    let mut agent = started();
    agent.answer(html("<form method=post><input type=password name=p></form>"));
    agent.act(Act::Fill(0, 0, Secret::new("correct-horse")));
    agent.act(Act::Submit(0, None));
    assert!(!format!("{agent:?}").contains("correct-horse"));
}

/// Nothing panics, and nothing costs more than its length: a reader that looks back over what it has seen would need
/// hours for these.
#[test]
fn hostile_pages_are_read_to_the_end() {
    let n = 50_000;
    let pages = [
        "<div>".repeat(n),
        "<fieldset disabled>".repeat(n) + &"<input name=a>".repeat(n),
        "<form>".repeat(n),
        format!("<form>{}", "<label for=x><input id=x name=a>".repeat(n)),
        format!("<form><select multiple>{}", "<option selected>".repeat(n)),
        format!("<form><select>{}", "<option selected>".repeat(n)),
        "<a href=/x>".repeat(n),
        "<template>".repeat(n) + "text",
        "<svg>".repeat(n),
        format!("<p {}='{}'>", "x".repeat(n), "y".repeat(n * 10)),
        format!("<p {}>", (0..n).map(|i| format!("a{i}=1")).collect::<Vec<_>>().join(" ")),
        "</p>".repeat(n) + &"<li><h1>".repeat(n),
        "<".repeat(n),
        "<!--".repeat(n),
        "&amp".repeat(n),
        "<form><textarea>".to_owned() + &"</".repeat(n),
        "<script>".to_owned() + &"<!--<script>".repeat(n),
        "<title>".repeat(n),
        "\u{0}\u{fffd}\u{202e}".repeat(n),
        format!("<form><button>{}", "<button>".repeat(n)),
        format!("<form id=f>{}</form>", "<input form=f><input form=g>".repeat(n)),
    ];
    for page in pages {
        let mut agent = started();
        let start: String = page.chars().take(40).collect();
        let next = agent.answer(html(&page));
        assert!(matches!(next, Next::Page | Next::DeadEnd(_)), "{start}");
        let _ = agent.autopilot(&Credentials { username: "a@x".to_owned(), ..Credentials::default() });
    }
    let broken = Response { body: Body::Whole([0xff, 0xfe, b'<', 0x80].repeat(n)), ..html("") };
    assert!(matches!(started().answer(broken), Next::DeadEnd(_)));
}
