//! A recipe made ready for this lab: settings, changes, orders and runs.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use super::recipe::{During, Recipe, Run, Types, Vouched};
use crate::{
    agent::Credentials,
    flow::{
        Authority, Change, Credential, Federated, FlowKind, NamedBend, Outcome, Pkce, Place, Profile, Seeds,
        Source, StepId,
    },
    provider::order::Order,
    secret::Secret,
    time::UnixTime,
    token,
    workbench::{FrontChannel, Start, Workbench},
};

/// How long a text is that no address should hold.
const LONG: usize = 16 * 1024;

/// Everything that a recipe needs, in the order in which it is done.
#[derive(Debug)]
pub struct Plan {
    /// Done to the tenant first.
    pub orders: Vec<Order>,
    /// Runs before it, in one browser.
    pub before: Vec<Start>,
    /// The run that shows the number.
    pub main: Start,
    /// Done while its steps wait.
    pub holds: Vec<Hold>,
    /// Buttons that are pressed as soon as they are there.
    pub press: Vec<String>,
    /// The run that works once all is mended.
    pub mended: Start,
}

/// What is done while a step or a page waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub step: StepId,
    /// The button of the page that waits; the step itself if `None`.
    pub page: Option<String>,
    pub orders: Vec<Order>,
    /// Changes to the step's request, with places to be filled by what came before.
    pub bends: Vec<String>,
    /// How often the step's request is sent beforehand.
    pub sent_before: u32,
    /// How often somebody comes to the device beforehand.
    pub visits_before: u32,
}

impl Hold {
    fn of(during: &During, application: &str) -> Option<Self> {
        Some(Self {
            step: StepId::parse(&during.step)?,
            page: during.page.clone(),
            orders: during.lab.orders(application),
            bends: during.bend.clone(),
            sent_before: during.sent_before,
            visits_before: during.visits_before,
        })
    }
}

impl Workbench {
    /// Makes a recipe ready. `None` if the directory has nothing of what it needs, because it was changed.
    pub(super) fn plan(&self, recipe: &Recipe, seeds: &Seeds, now: UnixTime) -> Option<Plan> {
        let Recipe { run, but, .. } = recipe;
        let mut main = self.start_of(&run.but(but), &but.types, seeds)?;
        if let Some(source) = &but.source {
            let of = self.start_of(source, &Types::default(), seeds)?;
            main.profile.source = Some(Box::new(Source { kind: of.kind, profile: of.profile }));
        }
        if let Some(vouched) = &but.vouched {
            let token = self.vouched(vouched, now);
            main.profile.credential = Credential::Federated(Federated::Given(Secret::new(token)));
        }
        if but.without_pkce {
            main.profile.pkce = Pkce::None;
        }
        if but.nobody {
            main.front = None;
        }
        let mut before_seeds = seeds.derived();
        let before: Option<Vec<Start>> = recipe
            .before
            .iter()
            .map(|before| {
                let start = self.start_of(before, &Types::default(), &before_seeds);
                before_seeds = before_seeds.derived();
                start
            })
            .collect();
        let holds: Option<Vec<Hold>> =
            recipe.during.iter().map(|during| Hold::of(during, &run.application)).collect();
        Some(Plan {
            orders: recipe.lab.orders(&run.application),
            before: before?,
            main,
            holds: holds?,
            press: but.press.clone(),
            mended: self.start_of(run, &Types::default(), seeds)?,
        })
    }

    fn start_of(&self, run: &Run, types: &Types, seeds: &Seeds) -> Option<Start> {
        let kind = FlowKind::parse(&run.flow)?;
        let mut profile = self.profile_for(kind, Some(&run.application))?;
        let mut person = self.lab.person(run.person.as_deref())?;
        if kind == FlowKind::Password {
            profile.username = Some(person.username.clone());
            profile.password = Some(person.password.clone());
        }
        type_in(&mut person, types);
        self.settle(&mut profile, run);
        if let Some(source) = &mut profile.source {
            self.settle(&mut source.profile, run);
        }
        let bends: Option<Vec<NamedBend>> = run.bend.iter().map(|bend| self.bend(bend)).collect();
        Some(Start {
            kind,
            profile,
            bends: bends?,
            front: Some(FrontChannel::Builtin(Some(person))),
            auto: true,
            seeds: seeds.clone(),
        })
    }

    fn settle(&self, profile: &mut Profile, run: &Run) {
        if let Some(scope) = &run.scope {
            profile.scope = self.filled(scope);
        }
        if let (Some(segment), Authority::Lab { tenant, .. }) = (&run.tenant, &mut profile.authority) {
            segment.clone_into(tenant);
        }
        if let Some(response_type) = &run.response_type {
            profile.response_type = Some(response_type.clone());
        }
    }

    /// `token client_id={id:kiosk}` as a change of the token step.
    fn bend(&self, text: &str) -> Option<NamedBend> {
        let (step, change) = text.split_once(' ')?;
        self.change(StepId::parse(step)?, change)
    }

    /// `client_id={id:kiosk}` as a change of this step.
    pub(super) fn change(&self, step: StepId, change: &str) -> Option<NamedBend> {
        let step = Some(step);
        if let Some(name) = change.strip_prefix('-') {
            return Some(NamedBend { step, name: name.to_owned(), change: Change::Drop });
        }
        let (place, change) = match change.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
            Some(("query", rest)) => (Some(Place::Query), rest),
            Some(("form", rest)) => (Some(Place::Form), rest),
            Some(("header", rest)) => (Some(Place::Header), rest),
            Some(("jose", rest)) => (Some(Place::JoseHeader), rest),
            Some(_) => return None,
            None => (None, change),
        };
        let (name, value) = change.split_once('=')?;
        let value = self.filled(value);
        let change = match place {
            Some(place) => Change::Add(place, value),
            None => Change::Set(value),
        };
        Some(NamedBend { step, name: name.to_owned(), change })
    }

    /// A text with its places filled; what is not known stays as it is.
    pub(super) fn filled(&self, text: &str) -> String {
        fill(text, |name| self.value(name))
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        let application = |key: &str| self.lab.scenario.application(key);
        let secret = |key: &str| application(key)?.secret().map(|secret| secret.expose().to_owned());
        Some(match name.split_once(':') {
            None => match name {
                "base" => self.lab.base().as_str().trim_end_matches('/').to_owned(),
                "home" => self.lab.scenario.home().id.clone(),
                "long" => "x".repeat(LONG),
                _ => return None,
            },
            Some(("id", key)) => application(key)?.app_id.clone(),
            Some(("secret", key)) => secret(key)?,
            Some(("basic", key)) => {
                let pair = format!("{}:{}", application(key)?.app_id, secret(key)?);
                format!("Basic {}", STANDARD.encode(pair))
            }
            Some((run, what)) => self.brought_before(run, what)?,
        })
    }

    /// A token, or a claim of the ID token, that a run before has brought: `source` is the one that brought the token to
    /// begin with, a number one of the runs before in their order.
    fn brought_before(&self, run: &str, what: &str) -> Option<String> {
        let shown = self.reproduction()?;
        let run = match run {
            "source" => self.session(shown.session?)?.source_run?,
            number => *shown.ran.get(number.parse::<usize>().ok()?.checked_sub(1)?)?,
        };
        let Some(Outcome::Tokens(tokens)) = &self.session(run)?.outcome else { return None };
        Some(match what {
            "access_token" => tokens.access_token.as_ref()?.expose().to_owned(),
            "id_token" => tokens.id_token.as_ref()?.expose().to_owned(),
            claim => {
                let claims = token::decode(tokens.id_token.as_ref()?.expose()).claims;
                claims.get(claim)?.as_str()?.to_owned()
            }
        })
    }

    fn vouched(&self, vouched: &Vouched, now: UnixTime) -> String {
        let mut claims = serde_json::Map::new();
        for (name, value) in &vouched.claims {
            let value = value.as_str().map_or_else(|| value.clone(), |text| self.filled(text).into());
            claims.insert(name.clone(), value);
        }
        let (begin, end) = (now.seconds() - 5, now.seconds() + 300);
        claims.insert("nbf".to_owned(), json!(begin));
        claims.insert("exp".to_owned(), json!(end));
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({ "typ": "JWT", "alg": "RS256", "kid": vouched.kid }));
        format!("{header}.{}.{}", part(&claims.into()), URL_SAFE_NO_PAD.encode([0; 256]))
    }
}

fn type_in(person: &mut Credentials, types: &Types) {
    if let Some(username) = &types.username {
        person.username.clone_from(username);
    }
    if let Some(password) = &types.password {
        person.password = Secret::new(password.clone());
    }
    if let Some(code) = &types.one_time_code {
        person.one_time_code = Some(code.clone()).filter(|code| !code.is_empty()).map(Secret::new);
    }
    if let Some(code) = &types.user_code {
        person.user_code = Some(code.clone());
    }
}

/// A text with its places filled by `value`.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let place = behind.split_once('}').and_then(|(name, after)| Some((value(name)?, after)));
        if let Some((value, after)) = place {
            out.push_str(&value);
            rest = after;
        } else {
            out.push('{');
            rest = behind;
        }
    }
    out + rest
}
