//! A recipe made ready for this lab: settings, changes, orders and runs.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use super::recipe::{Before, But, Recipe, Types, Vouched};
use crate::{
    agent::Credentials,
    flow::{
        Authority, Change, Credential, Federated, FlowKind, NamedBend, Pkce, Place, Profile, Seeds, Source,
        StepId,
    },
    provider::order::Order,
    secret::Secret,
    time::UnixTime,
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

/// What is done while a step waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub step: StepId,
    pub orders: Vec<Order>,
    /// How often the step's request is sent beforehand.
    pub sent_before: u32,
}

/// The run of one recipe or of one before it, as far as the two are alike.
struct Run<'a> {
    flow: &'a str,
    application: &'a str,
    person: Option<&'a str>,
    scope: Option<&'a str>,
    tenant: Option<&'a str>,
    response_type: Option<&'a str>,
    bend: &'a [String],
}

impl<'a> From<&'a Before> for Run<'a> {
    fn from(before: &'a Before) -> Self {
        Self {
            flow: &before.flow,
            application: &before.application,
            person: before.person.as_deref(),
            scope: before.scope.as_deref(),
            tenant: before.tenant.as_deref(),
            response_type: before.response_type.as_deref(),
            bend: &before.bend,
        }
    }
}

impl Workbench {
    /// Makes a recipe ready. `None` if the directory has nothing of what it needs, because it was changed.
    pub(super) fn plan(&self, recipe: &Recipe, seeds: &Seeds, now: UnixTime) -> Option<Plan> {
        let But { person, scope, tenant, bend, types, .. } = &recipe.but;
        let plain = Run {
            flow: &recipe.flow,
            application: &recipe.application,
            person: recipe.person.as_deref(),
            scope: recipe.scope.as_deref(),
            tenant: recipe.tenant.as_deref(),
            response_type: None,
            bend: &[],
        };
        let wrong = Run {
            person: person.as_deref().or(plain.person),
            scope: scope.as_deref().or(plain.scope),
            tenant: tenant.as_deref().or(plain.tenant),
            response_type: recipe.but.response_type.as_deref(),
            bend,
            ..plain
        };
        let mut main = self.run(&wrong, types, seeds)?;
        let holds: Option<Vec<Hold>> = recipe
            .during
            .iter()
            .map(|during| {
                let step = StepId::parse(&during.step)?;
                Some(Hold { step, orders: during.orders.clone(), sent_before: during.sent_before })
            })
            .collect();
        if let Some(source) = &recipe.but.source {
            let of = self.run(&Run::from(source), &Types::default(), seeds)?;
            main.profile.source = Some(Box::new(Source { kind: of.kind, profile: of.profile }));
        }
        if let Some(vouched) = &recipe.but.vouched {
            let token = self.vouched(vouched, now);
            main.profile.credential = Credential::Federated(Federated::Given(Secret::new(token)));
        }
        if recipe.but.without_pkce {
            main.profile.pkce = Pkce::None;
        }
        if recipe.but.nobody {
            main.front = None;
        }
        let mut before_seeds = seeds.derived();
        let before: Option<Vec<Start>> = recipe
            .before
            .iter()
            .map(|before| {
                let start = self.run(&Run::from(before), &Types::default(), &before_seeds);
                before_seeds = before_seeds.derived();
                start
            })
            .collect();
        Some(Plan {
            orders: recipe.orders.clone(),
            before: before?,
            main,
            holds: holds?,
            press: recipe.but.press.clone(),
            mended: self.run(&plain, &Types::default(), seeds)?,
        })
    }

    fn run(&self, run: &Run<'_>, types: &Types, seeds: &Seeds) -> Option<Start> {
        let kind = FlowKind::parse(run.flow)?;
        let mut profile = self.profile_for(kind, Some(run.application))?;
        let mut person = self.lab.person(run.person)?;
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

    fn settle(&self, profile: &mut Profile, run: &Run<'_>) {
        if let Some(scope) = run.scope {
            profile.scope = self.filled(scope);
        }
        if let (Some(segment), Authority::Lab { tenant, .. }) = (run.tenant, &mut profile.authority) {
            segment.clone_into(tenant);
        }
        if let Some(response_type) = run.response_type {
            profile.response_type = Some(response_type.to_owned());
        }
    }

    /// `token client_id={id:kiosk}` as a change of the token step.
    fn bend(&self, text: &str) -> Option<NamedBend> {
        let (step, change) = text.split_once(' ')?;
        let step = Some(StepId::parse(step)?);
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
    fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            out.push_str(before);
            let place = behind.split_once('}').and_then(|(name, after)| Some((self.value(name)?, after)));
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

    fn value(&self, name: &str) -> Option<String> {
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
            Some(_) => return None,
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
