//! The world outside: performs effects and returns events. The only place with tasks, sockets, timers and a clock.
//!
//! One bounded queue carries what happened. [`Runtime::perform`] starts the work and returns at once; whatever is asked
//! for later by a call id can be stopped by it.

pub mod browser;
pub mod client_key;
pub mod clipboard;
pub mod clock;
pub mod entropy;
pub mod explanations;
pub mod files;
pub mod folders;
pub mod http;
pub mod key_pair;
pub mod lab;
pub mod redirect;
pub mod scenarios;
pub mod sign;
pub mod signals;

use std::{collections::HashMap, time::Duration};

use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    flow::CallId,
    workbench::{Effect, Event, ExchangeId, SessionId},
};

/// How many events may wait before those who bring them have to wait as well.
pub const QUEUE: usize = 1024;

/// What is said where the lab tenant is not there, or has more to do than anybody can ask for.
const LAB_BUSY: &str = "the lab tenant takes no orders now";

/// Performs what the workbench wants done. Belongs to the driver, beside the workbench.
#[derive(Debug)]
pub struct Runtime {
    events: mpsc::Sender<Event>,
    http: http::Client,
    tunnel: Option<redirect::Tunnel>,
    lab: Option<mpsc::Sender<lab::Task>>,
    requests: HashMap<ExchangeId, AbortHandle>,
    calls: HashMap<(SessionId, CallId), AbortHandle>,
}

impl Runtime {
    /// A runtime that reports to `events`.
    pub fn new(events: mpsc::Sender<Event>, http: http::Client) -> Self {
        Self {
            events,
            http,
            tunnel: redirect::Tunnel::from_environment(),
            lab: None,
            requests: HashMap::new(),
            calls: HashMap::new(),
        }
    }

    /// Hands what is asked of the lab tenant to `tasks`, where [`lab::Lab::serve_owner`] takes it.
    #[must_use]
    pub fn with_lab(mut self, tasks: mpsc::Sender<lab::Task>) -> Self {
        self.lab = Some(tasks);
        self
    }

    /// Starts doing something. Never blocks.
    pub fn perform(&mut self, effect: Effect) {
        let events = self.events.clone();
        match effect {
            Effect::Send(exchange, request) => {
                self.requests.retain(|_, task| !task.is_finished());
                let http = self.http.clone();
                let task = tokio::spawn(async move {
                    let (result, timing) = http.send(request).await;
                    let _ = events.send(Event::Answered { exchange, result, timing }).await;
                });
                self.requests.insert(exchange, task.abort_handle());
            }
            Effect::Abandon(exchange) => {
                if let Some(task) = self.requests.remove(&exchange) {
                    task.abort();
                }
            }
            Effect::Listen(session, call, redirect_uri) => {
                let tunnel = self.tunnel.clone();
                let task = tokio::spawn(async move {
                    let listener = match redirect::Listener::open(&redirect_uri, tunnel.as_ref()).await {
                        Ok(listener) => listener,
                        Err(failure) => {
                            let _ =
                                events.send(Event::Listening { session, call, result: Err(failure) }).await;
                            return;
                        }
                    };
                    let result = Ok(listener.listening().clone());
                    let _ = events.send(Event::Listening { session, call, result }).await;
                    let (caught, mut arrivals) = mpsc::channel(4);
                    let serving = listener.serve(caught);
                    tokio::pin!(serving);
                    loop {
                        let arrival = tokio::select! {
                            () = &mut serving => return,
                            Some(arrival) = arrivals.recv() => arrival,
                        };
                        let _ = events.send(Event::Arrived { session, arrival }).await;
                    }
                });
                self.calls.insert((session, call), task.abort_handle());
            }
            Effect::WakeAt(session, call, at) => {
                let task = tokio::spawn(async move {
                    let wait = at.millis().saturating_sub(clock::now().millis());
                    tokio::time::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0))).await;
                    let _ = events.send(Event::Woke { session, call }).await;
                });
                self.calls.insert((session, call), task.abort_handle());
            }
            Effect::Sign(session, call, signing) => {
                tokio::task::spawn_blocking(move || {
                    let result = sign::sign(&signing);
                    let _ = events.blocking_send(Event::Signed { session, call, result });
                });
            }
            Effect::Stop(session, call) => {
                if let Some(task) = self.calls.remove(&(session, call)) {
                    task.abort();
                }
            }
            Effect::OpenBrowser(url) => browser::open(&url),
            Effect::Lab(order) => {
                // Handed over at once: orders are to be carried out in the order in which they were given.
                let taken = self
                    .lab
                    .as_ref()
                    .is_some_and(|lab| lab.try_send(lab::Task::Order(order.clone())).is_ok());
                if !taken {
                    let result = Err(LAB_BUSY.to_owned());
                    tokio::spawn(async move {
                        let _ = events.send(Event::LabAnswered { order, result }).await;
                    });
                }
            }
            Effect::SignToken(bent, signing) => {
                let task = lab::Task::Sign(bent.clone(), signing);
                let taken = self.lab.as_ref().is_some_and(|lab| lab.try_send(task).is_ok());
                if !taken {
                    let result = Err(LAB_BUSY.to_owned());
                    tokio::spawn(async move {
                        let _ = events.send(Event::TokenSigned { bent, signing, result }).await;
                    });
                }
            }
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        for task in self.requests.values().chain(self.calls.values()) {
            task.abort();
        }
    }
}
