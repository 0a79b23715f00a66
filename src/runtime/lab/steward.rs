//! The owner's side of a running lab tenant: orders go in, what has changed comes out.
//!
//! [`Lab::serve_owner`] is for the workbench. Whoever does not call it pays nothing for it: requests ring a bell that
//! nobody has hung up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{mpsc, watch};

use super::{
    Lab,
    keys::{self, lock},
};
use crate::{
    provider::{
        Provider,
        forge::{Bespoke, SignedBy},
        order::{Order, View},
    },
    runtime::clock,
    secret::Secret,
    time::UnixTime,
    token::bend::{Bent, Signing},
    workbench::Event,
};

/// What the owner of a lab tenant asks of it.
#[derive(Debug)]
pub enum Task {
    /// To carry this out; answered with [`Event::LabAnswered`].
    Order(Box<Order>),
    /// To sign this token; answered with [`Event::TokenSigned`].
    Sign(Box<Bent>, Signing),
}

/// Rung after each request and order; heard only if somebody listens.
#[derive(Debug, Default)]
pub(super) struct Bell(watch::Sender<()>);

impl Bell {
    pub fn ring(&self) {
        if self.0.receiver_count() > 0 {
            self.0.send_replace(());
        }
    }

    /// Hears every ring from now on; several before it listens again are one.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

impl Lab {
    /// Carries out an order once the tenant is ready, and says what was done.
    pub async fn carry_out(&self, order: &Order) -> Result<String, String> {
        let provider = keys::ready(self.keys.clone(), false).await?;
        let said = carry_out(&provider, order, clock::now())?;
        self.bell.ring();
        Ok(said)
    }

    /// What there is to see, once the tenant is ready.
    pub async fn view(&self) -> Result<View, String> {
        let provider = keys::ready(self.keys.clone(), false).await?;
        Ok(lock(&provider).view())
    }

    /// Signs a token as it is, member by member.
    pub async fn sign_token(&self, bent: &Bent, signing: Signing) -> Result<Secret, String> {
        // One of the keys is made last.
        let provider = keys::ready(self.keys.clone(), true).await?;
        sign(&provider, bent, signing)
    }

    /// Takes tasks, answers each with its event, and tells whatever has changed, by these orders or
    /// otherwise, and every new row of the sign-in log. Ends when nobody can order or listen any more.
    pub async fn serve_owner(&self, mut tasks: mpsc::Receiver<Task>, events: mpsc::Sender<Event>) {
        let mut bell = self.bell.listen();
        let provider = match keys::ready(self.keys.clone(), false).await {
            Ok(provider) => provider,
            Err(why) => {
                let _ = events.send(Event::LabFailed(why)).await;
                return;
            }
        };
        let mut told = Told::default();
        loop {
            for event in told.news(&provider) {
                let Ok(()) = events.send(event).await else { return };
            }
            let task = tokio::select! {
                Ok(()) = bell.changed() => continue,
                task = tasks.recv() => task,
            };
            let order = match task {
                Some(Task::Order(order)) => order,
                Some(Task::Sign(bent, signing)) => {
                    let result = sign(&provider, &bent, signing);
                    let Ok(()) = events.send(Event::TokenSigned { bent, signing, result }).await else {
                        return;
                    };
                    continue;
                }
                None => return,
            };
            let known = matches!(*order, Order::Load { .. }).then(|| own_certificates(&provider));
            let result = carry_out(&provider, &order, clock::now());
            if let (Some(known), Ok(_)) = (known, &result) {
                furnish(&provider, known, &events).await;
            }
            // What has changed first, so that whoever hears the answer finds it done.
            for event in told.news(&provider) {
                let Ok(()) = events.send(event).await else { return };
            }
            let answer = Event::LabAnswered { order, result };
            let Ok(()) = events.send(answer).await else { return };
        }
    }
}

fn sign(provider: &Mutex<Provider>, bent: &Bent, signing: Signing) -> Result<Secret, String> {
    settle(&lock(provider), bent, signing).map(Bespoke::sign)
}

/// Settles how a tenant signs a bent token; [`Bespoke::sign`] does it, and needs the tenant no more. The error is a sentence.
pub fn settle(provider: &Provider, bent: &Bent, signing: Signing) -> Result<Bespoke, String> {
    let by = match signing {
        Signing::LabKey => SignedBy::TenantKey,
        Signing::OtherKey => SignedBy::OtherKey,
        Signing::PublicKeyAsSecret => SignedBy::PublicKeyAsSecret,
        Signing::None | Signing::Keep => return Err("this needs no key: Bent::finished gives it".to_owned()),
    };
    let (header, claims) = bent.parts(signing);
    provider.bespoke(header, claims, by).map_err(|why| why.to_string())
}

fn carry_out(provider: &Mutex<Provider>, order: &Order, now: UnixTime) -> Result<String, String> {
    lock(provider).carry_out(order, now).map_err(|why| why.to_string())
}

/// How much of the tenant was told.
#[derive(Default)]
struct Told {
    revision: Option<u64>,
    sign_ins: u64,
}

impl Told {
    fn news(&mut self, provider: &Mutex<Provider>) -> Vec<Event> {
        let provider = lock(provider);
        let mut events = Vec::new();
        if self.revision != Some(provider.revision()) {
            self.revision = Some(provider.revision());
            events.push(Event::LabChanged(Box::new(provider.view())));
        }
        let (count, new) = provider.sign_ins_since(self.sign_ins);
        self.sign_ins = count;
        if !new.is_empty() {
            events.push(Event::LabSignIns(new));
        }
        events
    }
}

/// The certificates that were made as the tenant started, by the short names of their applications.
fn own_certificates(provider: &Mutex<Provider>) -> HashMap<String, Vec<u8>> {
    let scenario = Arc::clone(lock(provider).scenario());
    let with_key = scenario.applications().iter().filter(|application| application.gets_a_key());
    with_key
        .filter_map(|application| {
            Some((application.key.clone(), application.certificates().last()?.der.clone()))
        })
        .collect()
}

/// A directory that was loaded has applications without the keys that the lab makes for them: those get the certificates
/// of before, whose keys the workbench has, and the others new ones.
async fn furnish(
    provider: &Arc<Mutex<Provider>>,
    known: HashMap<String, Vec<u8>>,
    events: &mpsc::Sender<Event>,
) {
    let (provider, events) = (Arc::clone(provider), events.clone());
    let made = tokio::task::spawn_blocking(move || {
        let scenario = Arc::clone(lock(&provider).scenario());
        for application in scenario.applications() {
            if !application.gets_a_key() || application.certificates().next().is_some() {
                continue;
            }
            let kept = known
                .get(&application.key)
                .map(|der| lock(&provider).register_certificate(&application.key, der).is_ok());
            if kept != Some(true) {
                keys::make_client_key(application, &provider, &events);
            }
        }
    });
    let _ = made.await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provider::scenario::{
            Scenario,
            edit::{Edit, List},
        },
        runtime::{http, lab},
        wire::{Body, Headers, Method, Request},
    };

    /// The next event of a kind, and what came before it.
    async fn until<T>(events: &mut mpsc::Receiver<Event>, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = events.recv().await.expect("the lab still tells");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    fn answer(event: Event) -> Option<Result<String, String>> {
        match event {
            Event::LabAnswered { result, .. } => Some(result),
            _ => None,
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn orders_are_answered_and_what_changes_is_told() {
        let (events, mut queue) = mpsc::channel(64);
        let (orders, inbox) = mpsc::channel(8);
        let order = |order| orders.send(Task::Order(Box::new(order)));
        let lab = lab::start(lab::Options::anywhere(Scenario::northwind()), events.clone()).await.unwrap();
        let base = lab.base().clone();
        let serving = tokio::spawn(async move { lab.serve_owner(inbox, events).await });

        let change = Edit::set(List::Users, "mina", "accountEnabled", false);
        order(Order::Edit { change }).await.unwrap();
        order(Order::Undo).await.unwrap();
        order(Order::Undo).await.unwrap();
        let mut enabled = Vec::new();
        let mut answers = Vec::new();
        while answers.len() < 3 {
            let answered = until(&mut queue, |event| match event {
                Event::LabChanged(view) => {
                    enabled.push(view.scenario.user("mina").unwrap().account_enabled);
                    None
                }
                event => answer(event),
            });
            answers.push(answered.await);
        }
        // Certificates that are made meanwhile are changes, too.
        enabled.dedup();
        assert_eq!(enabled, [true, false, true], "{answers:?}");
        assert_eq!(answers[0].as_deref(), Ok("mina: accountEnabled false"));
        assert_eq!(answers[2].as_ref().unwrap_err(), "there is nothing to undo");

        // A program that nobody here has started.
        let client = http::Client::new(http::Options::default());
        let request = Request {
            method: Method::Post,
            url: base.join("northwind.example/oauth2/v2.0/token").unwrap(),
            headers: Headers::new().with("content-type", "application/x-www-form-urlencoded"),
            body: Body::Whole(b"grant_type=client_credentials&client_id=nobody".to_vec()),
        };
        client.send(request).await.0.unwrap();
        let new = until(&mut queue, |event| match event {
            Event::LabSignIns(new) => Some(new),
            _ => None,
        });
        assert_ne!(new.await[0].code, 0);
        drop(orders);
        serving.await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_directory_that_is_loaded_gets_the_certificates_whose_keys_are_known() {
        let (events, mut queue) = mpsc::channel(64);
        let (orders, inbox) = mpsc::channel(8);
        let order = |order| orders.send(Task::Order(Box::new(order)));
        let lab = lab::start(lab::Options::anywhere(Scenario::northwind()), events.clone()).await.unwrap();
        let serving = tokio::spawn(async move { lab.serve_owner(inbox, events).await });
        let certificate = |view: &View| {
            let application = view.scenario.applications().iter().find(|one| one.gets_a_key())?;
            application.certificates().next().map(|certificate| certificate.der.clone())
        };
        let before = until(&mut queue, |event| match event {
            Event::LabChanged(view) => certificate(&view),
            _ => None,
        });
        let before = before.await;
        order(Order::Load { text: Scenario::northwind().to_toml() }).await.unwrap();
        let mut last = None;
        let answered = until(&mut queue, |event| match event {
            Event::LabChanged(view) => {
                last = certificate(&view);
                None
            }
            event => answer(event),
        });
        answered.await.expect("the built-in scenario is no fault");
        assert_eq!(last, Some(before));
        drop(orders);
        serving.await.unwrap();
    }
}
