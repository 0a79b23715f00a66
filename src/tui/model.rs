//! The state of the terminal interface: the workbench, and what is only about looking at it.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{
    action::Action,
    keymap::{self, Context, Hint},
    look::Look,
    overlay::Overlay,
    pane::{Scene, Toast},
    panes::{errors, flows, registrations, run, tenant, tokens, traffic},
    widgets::toast,
};
use crate::{
    finding::Severity,
    time::UnixTime,
    workbench::{Session, Workbench},
};

/// The screens, in the order of their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenId {
    /// What can be run.
    #[default]
    Flows,
    /// A run, step by step.
    Run,
    /// Tokens, decoded and checked.
    Tokens,
    /// Errors, explained.
    Errors,
    /// Every exchange.
    Traffic,
    /// Registrations, checked, and permissions.
    Registrations,
    /// The lab tenant, from inside.
    Tenant,
}

impl ScreenId {
    /// Every screen.
    pub const ALL: [Self; 7] = [
        Self::Flows,
        Self::Run,
        Self::Tokens,
        Self::Errors,
        Self::Traffic,
        Self::Registrations,
        Self::Tenant,
    ];

    /// Its number, which is its key. Those of screens to come are left out.
    pub const fn number(self) -> u8 {
        match self {
            Self::Flows => 1,
            Self::Run => 2,
            Self::Tokens => 3,
            Self::Errors => 4,
            Self::Traffic => 5,
            Self::Registrations => 6,
            Self::Tenant => 8,
        }
    }

    /// The word on its tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Flows => "Flows",
            Self::Run => "Run",
            Self::Tokens => "Tokens",
            Self::Errors => "Errors",
            Self::Traffic => "Traffic",
            Self::Registrations => "Apps",
            Self::Tenant => "Tenant",
        }
    }

    /// The action that goes there.
    pub const fn action(self) -> Action {
        match self {
            Self::Flows => Action::ScreenFlows,
            Self::Run => Action::ScreenRun,
            Self::Tokens => Action::ScreenTokens,
            Self::Errors => Action::ScreenErrors,
            Self::Traffic => Action::ScreenTraffic,
            Self::Registrations => Action::ScreenRegistrations,
            Self::Tenant => Action::ScreenTenant,
        }
    }
}

/// Everything the interface knows.
#[derive(Debug)]
pub struct Model {
    /// The data.
    pub bench: Workbench,
    /// Which screen is shown.
    pub screen: ScreenId,
    /// The screens before it, for going back.
    pub history: Vec<ScreenId>,
    /// The Flows screen.
    pub flows: flows::State,
    /// The Run screen.
    pub run: run::State,
    /// The Tokens screen.
    pub tokens: tokens::State,
    /// The Errors screen.
    pub errors: errors::State,
    /// The Traffic screen.
    pub traffic: traffic::State,
    /// The Apps screen.
    pub registrations: registrations::State,
    /// The Tenant screen.
    pub tenant: tenant::State,
    /// What lies over the screen; the last one is on top.
    pub overlays: Vec<Overlay>,
    /// The passing message.
    pub toast: Option<toast::Toast>,
    /// All messages of this sitting.
    pub messages: Vec<toast::Toast>,
    /// Theme, glyphs, motion.
    pub look: Look,
    /// Why no browser can be opened here, if so.
    pub no_browser: Option<&'static str>,
    /// Until when secrets are shown.
    pub reveal_until: Option<UnixTime>,
    /// When Ctrl-C was pressed last.
    pub interrupted: Option<UnixTime>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Fail at the key `!`: for the test of what happens then; never set in a release build.
    pub faulty: bool,
    /// What was clickable in the last frame.
    pub hits: Vec<(Rect, Action)>,
}

impl Model {
    /// The first screen.
    pub fn new(bench: Workbench, look: Look, no_browser: Option<&'static str>) -> Self {
        Self {
            bench,
            screen: ScreenId::default(),
            history: Vec::new(),
            flows: flows::State::default(),
            run: run::State::default(),
            tokens: tokens::State::default(),
            errors: errors::State::default(),
            traffic: traffic::State::default(),
            registrations: registrations::State::default(),
            tenant: tenant::State::default(),
            overlays: Vec::new(),
            toast: None,
            messages: Vec::new(),
            look,
            no_browser,
            reveal_until: None,
            interrupted: None,
            mouse: true,
            faulty: false,
            hits: Vec::new(),
        }
    }

    /// Which part of the keymap applies on the screen, whatever lies over it.
    pub fn screen_context(&self) -> Context {
        match self.screen {
            ScreenId::Flows => self.flows.context(),
            ScreenId::Run => self.run.context(&self.bench),
            ScreenId::Tokens => self.tokens.context(),
            ScreenId::Errors => self.errors.context(),
            ScreenId::Traffic => self.traffic.context(),
            ScreenId::Registrations => self.registrations.context(),
            ScreenId::Tenant => self.tenant.context(),
        }
    }

    /// Which part of the keymap applies now.
    pub fn context(&self) -> Context {
        self.overlays.last().map_or_else(|| self.screen_context(), Overlay::context)
    }

    /// What the footer says: the keys of the context, without those that would do nothing now.
    pub fn hints(&self) -> Vec<Hint> {
        let context = self.context();
        let is_of_tenant = matches!(context, Context::Tenant | Context::Entry | Context::SignIns);
        let is_of_registrations = matches!(context, Context::Registrations | Context::Permissions);
        let is_of_tokens = matches!(context, Context::Tokens | Context::Bend);
        let works = |action| {
            (!is_of_tenant || self.tenant.works(action, &self.bench))
                && (!is_of_tokens || self.tokens.works(action, &self.bench))
                && (!is_of_registrations || self.registrations.works(action, &self.bench))
                && (context != Context::Errors || self.errors.works(action, &self.bench))
        };
        let mut hints = keymap::footer_of(context, self.look.glyphs.charset, works);
        if context == Context::Page && self.no_browser.is_some() {
            hints.retain(|hint| hint.action != Action::VisitBrowser);
        }
        if context == Context::Page {
            // A page without anything to press is only read; so is one that ended the run, and what Enter and r do then
            // stands on it.
            let running = self.run.session(&self.bench).is_some_and(Session::is_running);
            let can_act = running && self.run.enter_means(&self.bench).is_some();
            hints.retain(|hint| match hint.action {
                Action::Activate | Action::Toggle | Action::FlowAuto => can_act,
                _ => true,
            });
        }
        if matches!(context, Context::Run | Context::Request | Context::Page | Context::Device)
            && !self.run.waits_to_be_mended(&self.bench)
        {
            hints.retain(|hint| hint.action != Action::ErrorMend);
        }
        if context == Context::SignIns && self.tenant.enter_explains(&self.bench) {
            for hint in hints.iter_mut().filter(|hint| hint.action == Action::Activate) {
                hint.words = "explain";
            }
        }
        if context == Context::Errors && self.run.session(&self.bench).is_none() {
            hints.retain(|hint| hint.action != Action::FlowRetry);
        }
        if matches!(context, Context::Run | Context::Request | Context::Device) {
            let run = self.run.session(&self.bench);
            let running = run.is_some_and(Session::is_running);
            let waits = running && run.is_some_and(|run| run.flow.prompt().is_some());
            hints.retain(|hint| match hint.action {
                Action::FlowAuto | Action::Interrupt => running,
                Action::FlowNext => self.run.enter_means(&self.bench).is_some(),
                Action::FlowRetry => run.is_some(),
                Action::VisitBuiltin | Action::Paste => waits,
                Action::VisitBrowser => waits && self.no_browser.is_none(),
                Action::Edit | Action::EditDrop | Action::EditAdd | Action::EditDouble | Action::EditUndo => {
                    self.run.is_editable(&self.bench)
                }
                _ => true,
            });
            if let Some(words) = self.run.ended_leads_to(&self.bench) {
                for hint in hints.iter_mut().filter(|hint| hint.action == Action::FlowNext) {
                    hint.words = words;
                }
            }
        }
        hints
    }

    /// Whether secrets are shown at `now`.
    pub fn reveals(&self, now: UnixTime) -> bool {
        self.reveal_until.is_some_and(|until| now < until)
    }

    /// How long the screen may stand as it is: until the next thing that counts, spins or goes away. `None` if nothing
    /// does, and then the program sleeps until something happens.
    pub fn next_redraw(&self, now: UnixTime) -> Option<Duration> {
        let pane = match self.screen {
            ScreenId::Run => self.run.next_redraw(&self.bench, self.look.motion, now),
            ScreenId::Tokens => self.tokens.next_redraw(&self.bench, now),
            ScreenId::Flows
            | ScreenId::Errors
            | ScreenId::Traffic
            | ScreenId::Registrations
            | ScreenId::Tenant => None,
        };
        let toast = self.toast.as_ref().and_then(toast::Toast::ends_at).map(|until| until.since(now));
        let reveal = self.reveal_until.map(|until| until.since(now));
        [pane, toast, reveal].into_iter().flatten().min()
    }

    /// Lets go what has had its time.
    pub fn expire(&mut self, now: UnixTime) {
        if self.toast.as_ref().is_some_and(|toast| toast.is_over(now)) {
            self.toast = None;
        }
        if self.reveal_until.is_some_and(|until| until <= now) {
            self.reveal_until = None;
        }
    }

    /// Shows a message.
    pub fn say(&mut self, toast: &Toast, now: UnixTime) {
        let severity = if toast.good { Severity::Passed } else { Severity::Error };
        let toast = toast::Toast { severity, text: toast.text.clone(), hint: None, since: now };
        self.messages.push(toast.clone());
        self.toast = Some(toast);
    }

    /// Goes to a screen, remembering where we were.
    pub fn go(&mut self, screen: ScreenId) {
        if screen != self.screen {
            self.history.push(self.screen);
            self.screen = screen;
        }
    }

    /// What a pane is given to draw with.
    pub fn scene<'a>(
        look: &'a Look,
        no_browser: Option<&'static str>,
        reveal: bool,
        now: UnixTime,
    ) -> Scene<'a> {
        Scene { look, now, reveal, no_browser }
    }
}
