//! `grant_type=authorization_code` (reference §4.7).

use std::sync::Arc;

use super::{
    Answered, Request, client,
    issue::{Established, issue},
    spa_code, suits_origin,
};
use crate::provider::{
    Provider,
    endpoints::authorize::is_verifier_shaped,
    grants::{CODE_LIFE, Challenge, Code},
    mint::precise,
    refusal::{Refusal, Verdict},
    reply::Reply,
    resource,
    scope::{Fault, Wanted},
    version::Version,
};
use crate::{secret::mask, time::span};

/// A redemption: the request, and the code that it shows.
struct Redemption<'a> {
    request: &'a Request<'a>,
    code: Option<Code>,
    wanted: Option<Result<Wanted, Fault>>,
}

type Rule = fn(&Redemption<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("code.present", |redemption| redemption.request.has("code")),
    ("code.readable", is_readable),
    ("code.client", belongs_to_client),
    ("origin.suits_platform", |redemption| {
        on_code(redemption, |code| suits_origin(redemption.request, Some(code.platform)))
    }),
    ("credential.none_if_public", |redemption| {
        client::is_silent_if_public(redemption.request, redemption.is_public())
    }),
    ("credential.present", |redemption| client::has_credential(redemption.request, redemption.is_public())),
    ("credential.right", |redemption| client::is_right_credential(redemption.request)),
    ("code.tenant", belongs_to_tenant),
    ("code.unused", is_unused),
    ("code.unexpired", is_unexpired),
    ("redirect_uri.present", has_redirect_uri),
    ("redirect_uri.same", is_same_redirect_uri),
    ("pkce.verifier_present", has_verifier),
    ("pkce.verifier_expected", is_verifier_expected),
    ("pkce.verifier_size", is_verifier_of_right_size),
    ("pkce.verifier_fits", does_verifier_fit),
    ("scope.not_empty", has_scope_if_sent),
    ("resource.named", names_resource),
    ("scope.known", |redemption| known_scope(redemption.request, redemption.wanted.as_ref())),
    ("scope.one_resource", |redemption| one_resource(redemption.wanted.as_ref())),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    let code =
        request.call.form.get("code").and_then(|code| provider.codes.get(code, request.call.now)).cloned();
    let tenant = code.as_ref().map(|code| Arc::clone(&code.tenant));
    let wanted = request.wanted(tenant.as_deref());
    let redemption = Redemption { request, code, wanted };
    let platform = redemption.code.as_ref().map(|code| code.platform);
    Answered { result: redeem(provider, redemption), platform }
}

fn redeem(provider: &mut Provider, redemption: Redemption<'_>) -> Result<Reply, Box<Refusal>> {
    let user = redemption.code.as_ref().map(|code| Arc::clone(&code.person.user));
    RULES.iter().try_for_each(|(name, rule)| {
        let named =
            |refusal: Box<Refusal>| refusal.by(name).concerning(redemption.request.client(), user.as_deref());
        rule(&redemption).map_err(named)
    })?;
    let Redemption { request, code, wanted } = redemption;
    let code = code.expect("the rule code.readable was kept");
    // Without a scope of its own the token is for the first resource of the authorization request.
    let mut wanted = match wanted {
        Some(wanted) => wanted.expect("the rule scope.known was kept"),
        None => code.wanted.for_first_resource(),
    };
    wanted.keep_oidc_of(&code.wanted);
    let established = Established {
        tenant: code.tenant,
        person: code.person,
        wanted,
        nonce: code.nonce.as_deref(),
        auth_time: code.auth_time,
        claims: code.claims,
        platform: Some(code.platform),
        row_began: request.call.now,
    };
    let spa_code = spa_code::beside(request, &established);
    let mut reply = issue(provider, request, &established)?;
    if let Some(record) = spa_code {
        reply = reply.with_field("spa_code", spa_code::keep(provider, request.call.now, record));
    }
    let name = request.call.form.get("code").unwrap_or_default();
    if let Some(record) = provider.codes.get_mut(name, request.call.now) {
        record.redeemed = true;
    }
    Ok(reply)
}

impl Redemption<'_> {
    fn is_public(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.platform.is_public())
    }

    fn form(&self, name: &str) -> Option<&str> {
        self.request.call.form.get(name)
    }
}

fn on_code(redemption: &Redemption<'_>, rule: impl Fn(&Code) -> Verdict) -> Verdict {
    redemption.code.as_ref().map_or(Ok(()), rule)
}

fn is_readable(redemption: &Redemption<'_>) -> Verdict {
    if redemption.code.is_some() {
        return Ok(());
    }
    Err(Refusal::new(9_002_313, "invalid_grant", "The request is malformed.")
        .suberror("bad_token")
        .demands(
            "the code must be one that this tenant issued, unchanged from the first character to the last",
        )
        .compares_secret("code", redemption.form("code").unwrap_or_default(), "a code of this tenant"))
}

fn belongs_to_client(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let client = redemption.request.client();
        if code.client.app_id == client.app_id {
            return Ok(());
        }
        Err(Refusal::new(
            70000,
            "invalid_grant",
            "The grant (refresh token, code or assertion) is not valid.",
        )
        .demands("a code is redeemed by the application that it was issued to")
        .compares(
            "client_id",
            &client.app_id,
            [format!("{} ({})", code.client.app_id, code.client.display_name)],
        ))
    })
}

fn belongs_to_tenant(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let segment = &redemption.request.segment;
        if segment.suits(&code.segment, &code.tenant) {
            return Ok(());
        }
        Err(Refusal::new(
            700_005,
            "invalid_grant",
            "The code belongs to another tenant; redeem it where it was issued.",
        )
        .demands("the tenant in the path must be that of the authorization request, or the person's own")
        .compares("tenant", segment.name(), [code.segment.name(), &code.tenant.id]))
    })
}

fn is_unused(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        if !code.redeemed {
            return Ok(());
        }
        let text = "This authorization code was used before; get a new one or use the refresh token.";
        Err(Refusal::new(54005, "invalid_grant", text).demands("a code is redeemed once").compares(
            "code",
            "(redeemed before)",
            ["one that was not redeemed yet"],
        ))
    })
}

fn is_unexpired(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let now = redemption.request.call.now;
        let age = now.since(code.issued);
        if age < CODE_LIFE {
            return Ok(());
        }
        let issued = precise(code.issued);
        let text = format!("The code or refresh token has expired. Issued {issued}, lifetime 00:10:00.");
        Err(Refusal::new(70008, "invalid_grant", text)
            .demands("a code is redeemed within 10 minutes")
            .compares("age", span(age), ["less than 10 minutes"]))
    })
}

fn has_redirect_uri(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let Some(asked) = code.redirect_uri.as_ref().filter(|_| redemption.form("redirect_uri").is_none())
        else {
            return Ok(());
        };
        let text = "redirect_uri is missing although the code was requested with one.";
        Err(Refusal::new(700_009, "invalid_request", text)
            .demands("`redirect_uri` is repeated when the code is redeemed (RFC 6749 §4.1.3)")
            .compares("redirect_uri", "(nothing)", [asked]))
    })
}

fn is_same_redirect_uri(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let Some(sent) = redemption.form("redirect_uri") else { return Ok(()) };
        if code.redirect_uri.as_deref().is_none_or(|asked| asked == sent) {
            return Ok(());
        }
        let text =
            format!("Redirect address '{sent}' differs from the one used when the code was requested.");
        Err(Refusal::new(500_112, "invalid_client", text)
            .demands("`redirect_uri` is the same text as in the authorization request")
            .compares("redirect_uri", sent, code.redirect_uri.clone()))
    })
}

fn has_verifier(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let Some(challenge) = code.challenge.as_ref().filter(|_| redemption.form("code_verifier").is_none())
        else {
            return Ok(());
        };
        let text = "The code_verifier is absent or does not fit the code_challenge sent earlier.";
        Err(Refusal::new(50148, "invalid_grant", text)
            .demands("the authorization request held a challenge, so the verifier must come with the code")
            .compares(
                "code_verifier",
                "(nothing)",
                [format!("the verifier of a {} challenge", challenge.method.name())],
            ))
    })
}

fn is_verifier_expected(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let Some(sent) = redemption.form("code_verifier").filter(|_| code.challenge.is_none()) else {
            return Ok(());
        };
        let text = "A code_verifier came, but the code was requested without a code_challenge.";
        Err(Refusal::new(501_491, "invalid_grant", text)
            .demands("a verifier goes with a challenge in the authorization request")
            .compares_secret("code_verifier", sent, "(nothing: no challenge was sent)"))
    })
}

fn is_verifier_of_right_size(redemption: &Redemption<'_>) -> Verdict {
    let Some(sent) = redemption.form("code_verifier").filter(|sent| !is_verifier_shaped(sent)) else {
        return Ok(());
    };
    Err(Refusal::new(501_491, "invalid_grant", "The code_verifier has an invalid length.")
        .demands("a verifier has 43 to 128 characters out of A–Z a–z 0–9 - . _ ~")
        .compares_secret("code_verifier", sent, "43 to 128 characters"))
}

fn does_verifier_fit(redemption: &Redemption<'_>) -> Verdict {
    on_code(redemption, |code| {
        let (Some(challenge), Some(sent)) = (&code.challenge, redemption.form("code_verifier")) else {
            return Ok(());
        };
        if challenge.fits(sent) {
            return Ok(());
        }
        let computed = Challenge::of(sent, challenge.method);
        let (computed, expected) = match challenge.method {
            crate::provider::grants::ChallengeMethod::S256 => (computed, challenge.value.clone()),
            // A plain challenge is the verifier itself.
            crate::provider::grants::ChallengeMethod::Plain => (mask(&computed), mask(&challenge.value)),
        };
        Err(Refusal::new(
            501_481,
            "invalid_grant",
            "The code_verifier does not fit the code_challenge sent earlier.",
        )
        .demands(format!(
            "the {} challenge of the verifier must equal the one sent earlier",
            challenge.method.name()
        ))
        .compares("code_challenge of this verifier", computed, [expected]))
    })
}

/// In version 1 people can sign in without a word about what for; a token is for something.
fn names_resource(redemption: &Redemption<'_>) -> Verdict {
    let request = redemption.request;
    let is_named = |code: &Code| !code.wanted.targets.is_empty();
    if request.version == Version::Two || redemption.wanted.is_some() {
        return Ok(());
    }
    on_code(redemption, |code| if is_named(code) { Ok(()) } else { Err(resource::none_named()) })
}

fn has_scope_if_sent(redemption: &Redemption<'_>) -> Verdict {
    if redemption.request.version == Version::Two && redemption.request.call.form.raw("scope") == Some("") {
        return Err(empty_scope());
    }
    Ok(())
}

fn empty_scope() -> Box<Refusal> {
    let text = "Scope must not be empty when the code is redeemed for an access token.";
    Refusal::new(28003, "invalid_scope", text).demands("`scope` is left out, or names something").compares(
        "scope",
        "(empty)",
        ["left out", "a scope"],
    )
}

/// Rule: the scope of a token request can be read, and everything in it exists.
pub fn known_scope(request: &Request<'_>, wanted: Option<&Result<Wanted, Fault>>) -> Verdict {
    match wanted {
        Some(Err(fault)) => {
            Err(fault.at_token(request.segment.shown(), request.call.form.get("scope").unwrap_or_default()))
        }
        _ => Ok(()),
    }
}

/// Rule: a token is for one resource.
pub fn one_resource(wanted: Option<&Result<Wanted, Fault>>) -> Verdict {
    let Some(Ok(wanted)) = wanted else { return Ok(()) };
    if wanted.targets.len() < 2 {
        return Ok(());
    }
    let text = format!("Scope value '{}' names more than one resource; ask for one per token.", wanted.text);
    let resources =
        wanted.targets.iter().map(|target| target.audience.as_str()).collect::<Vec<_>>().join(", ");
    Err(Refusal::new(28000, "invalid_request", text)
        .demands("a token is for one resource; the scopes of OpenID Connect may stand beside those of any")
        .compares("resources in scope", resources, ["one"]))
}
