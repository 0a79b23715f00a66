//! The table of keys.
//!
//! Rank says where a row stands in the footer of its context and of those within: 1 is first, 0 is not there. Rows of the
//! same rank and words stand together as one hint.

use super::{Context, Key};
use crate::tui::action::Action;

/// One row: in this context these keys do that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys; the first is the one that is shown.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// What the footer calls it.
    pub words: &'static str,
    /// The place in the footer, from 1; 0 for none.
    pub rank: u8,
}

const fn row(
    context: Context,
    keys: &'static [Key],
    action: Action,
    words: &'static str,
    rank: u8,
) -> Binding {
    Binding { context, keys, action, words, rank }
}

const fn c(c: char) -> Key {
    Key::char(c)
}

use Action as A;
use Context::{
    Always, Bend, Confirm, Device, Entry, Errors, Exchange, Field, Flows, Global, Help, Menu, Page, Palette,
    Permissions, Registrations, Replay, Request, Run, SignIns, Tenant, Tokens, Traffic, Value,
};

/// What an action does in one context, where [`Action::about`] would be too general, or name what is not there.
#[rustfmt::skip]
pub const NEARER: &[(Context, Action, &str)] = &[
    (Run, A::Paste, "Opens a field to paste into: the address you were sent back to, or a token to begin with."),
    (Tokens, A::Paste, "Opens a field to paste into: tokens, or what they are judged by: keys, a certificate, federated credentials."),
    (Tokens, A::EditAdd, "Adds a claim to a token of the lab: a bent copy begins."),
    (Bend, A::EditAdd, "Adds a member to the copy."),
    (Bend, A::EditDrop, "Takes the selected member out of the copy."),
    (Errors, A::Paste, "Opens a field to paste into: an error, with whatever stands around it."),
];

/// Every key.
///
/// An error that has just come is explained by `E` and not by Enter: Enter belongs to what is selected, and a message
/// that appears at the wrong moment must not steal it.
#[rustfmt::skip]
pub const TABLE: &[Binding] = &[
    row(Always, &[Key::ctrl('c')], A::Interrupt, "cancel", 0),
    row(Always, &[Key::ctrl('l')], A::Redraw, "redraw", 0),
    row(Always, &[Key::ctrl('z')], A::Suspend, "suspend", 0),

    row(Global, &[c('1')], A::ScreenFlows, "flows", 0),
    row(Global, &[c('2')], A::ScreenRun, "run", 0),
    row(Global, &[c('3')], A::ScreenTokens, "tokens", 0),
    row(Global, &[c('4')], A::ScreenErrors, "errors", 0),
    row(Global, &[c('5')], A::ScreenTraffic, "traffic", 0),
    row(Global, &[c('6')], A::ScreenRegistrations, "registrations", 0),
    row(Global, &[c('8')], A::ScreenTenant, "tenant", 0),
    row(Global, &[Key::TAB], A::PaneNext, "pane", 30),
    row(Global, &[Key::BACK_TAB], A::PanePrevious, "pane before", 0),
    row(Global, &[c('z'), c('+')], A::PaneZoom, "zoom", 95),
    row(Global, &[c('t')], A::PaneView, "view", 0),
    row(Global, &[Key::UP, c('k')], A::MoveUp, "move", 0),
    row(Global, &[Key::DOWN, c('j')], A::MoveDown, "move", 0),
    row(Global, &[Key::LEFT, c('h')], A::MoveLeft, "left", 0),
    row(Global, &[Key::RIGHT, c('l')], A::MoveRight, "right", 0),
    row(Global, &[c('g'), Key::HOME], A::MoveTop, "top", 0),
    row(Global, &[c('G'), Key::END], A::MoveBottom, "end", 0),
    row(Global, &[Key::PAGE_UP], A::PageUp, "page up", 0),
    row(Global, &[Key::PAGE_DOWN], A::PageDown, "page down", 0),
    row(Global, &[Key::ctrl('u')], A::HalfPageUp, "half page up", 0),
    row(Global, &[Key::ctrl('d')], A::HalfPageDown, "half page down", 0),
    row(Global, &[Key::ENTER], A::Activate, "open", 0),
    row(Global, &[c(' ')], A::Toggle, "toggle", 0),
    row(Global, &[c('y')], A::Copy, "copy", 60),
    row(Global, &[c('Y')], A::CopyMenu, "copy menu", 0),
    row(Global, &[c('v')], A::Reveal, "reveal", 0),
    row(Global, &[c('E')], A::Explain, "explain", 0),
    row(Global, &[c('/')], A::Search, "search", 0),
    row(Global, &[c('n')], A::SearchNext, "next hit", 0),
    row(Global, &[c('N')], A::SearchPrevious, "hit before", 0),
    row(Global, &[c(':'), Key::ctrl('p')], A::Palette, "command", 92),
    row(Global, &[c('?'), Key::function(1)], A::Help, "help", 99),
    row(Global, &[c('q')], A::Back, "back", 98),
    row(Global, &[Key::ESC], A::Close, "close", 0),

    row(Flows, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Flows, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Flows, &[Key::ENTER], A::FlowStart, "run", 2),
    row(Flows, &[c('a')], A::FlowAuto, "run through", 3),
    row(Flows, &[c('/')], A::Search, "find", 4),
    row(Flows, &[c(':'), Key::ctrl('p')], A::Palette, "command", 41),
    row(Flows, &[c('q')], A::Back, "quit", 42),

    row(Run, &[Key::ENTER], A::FlowNext, "next", 1),
    row(Run, &[c('a')], A::FlowAuto, "auto", 2),
    row(Run, &[c('r')], A::FlowRetry, "retry", 20),
    row(Run, &[c('o')], A::VisitBrowser, "browser", 10),
    row(Run, &[c('b')], A::VisitBuiltin, "built-in", 11),
    row(Run, &[c('p')], A::Paste, "paste", 12),
    row(Run, &[c('c')], A::CopyCurl, "curl", 70),
    row(Run, &[c('U')], A::CopyUrl, "copy URL", 0),
    row(Run, &[c('i')], A::ExchangeShow, "exchange", 0),
    row(Run, &[c('R')], A::ExchangeReplay, "send again", 0),
    row(Run, &[c('w')], A::TokenUse, "token", 0),
    row(Run, &[c('m')], A::ErrorMend, "mend", 3),

    row(Request, &[c('e')], A::Edit, "edit", 3),
    row(Request, &[c('x'), Key::DELETE], A::EditDrop, "drop", 4),
    row(Request, &[c('A')], A::EditAdd, "add", 5),
    row(Request, &[c('D')], A::EditDouble, "double", 6),
    row(Request, &[c('u')], A::EditUndo, "undo", 7),
    row(Request, &[Key::ctrl('r')], A::EditRedo, "redo", 0),

    row(Page, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Page, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Page, &[Key::ENTER], A::Activate, "fill in", 2),
    row(Page, &[c(' ')], A::Toggle, "tick", 3),
    row(Page, &[c('a')], A::FlowAuto, "sign in for me", 4),
    row(Page, &[c('b')], A::VisitBuiltin, "built-in", 0),
    row(Page, &[c('p')], A::Paste, "paste", 0),

    row(Device, &[c('y')], A::Copy, "copy code", 1),
    row(Device, &[c('U')], A::CopyUrl, "copy URL", 2),
    row(Device, &[c('b')], A::VisitBuiltin, "sign in here", 3),
    row(Device, &[c('o')], A::VisitBrowser, "browser", 4),
    row(Device, &[Key::ctrl('c')], A::Interrupt, "cancel", 5),
    row(Device, &[Key::ENTER], A::FlowNext, "next", 0),
    row(Device, &[c('a')], A::FlowAuto, "auto", 0),
    row(Device, &[c('p')], A::Paste, "paste", 0),

    row(Tokens, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Tokens, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Tokens, &[c('p')], A::Paste, "paste", 2),
    row(Tokens, &[c('a')], A::TokenSeat, "seat", 3),
    row(Tokens, &[c('w')], A::TokenUse, "use with", 4),
    row(Tokens, &[c('e')], A::Edit, "edit", 5),
    row(Tokens, &[c('d')], A::TokenCompare, "compare", 6),
    row(Tokens, &[c('c')], A::TokenTry, "call the lab", 7),
    row(Tokens, &[c('s')], A::TokenVerify, "signature", 8),
    row(Tokens, &[c('t')], A::PaneView, "raw", 9),
    row(Tokens, &[c('v')], A::Reveal, "reveal", 10),
    row(Tokens, &[c('S')], A::TokenSign, "sign", 0),
    row(Tokens, &[c('A')], A::EditAdd, "add a claim", 0),
    row(Tokens, &[c('f')], A::TokenProof, "proof", 0),
    row(Tokens, &[c('B')], A::TokenBearer, "call an API", 0),
    row(Tokens, &[c('O')], A::TokenAssertion, "on behalf of", 0),
    row(Tokens, &[c('R')], A::TokenRefresh, "refresh", 0),
    row(Tokens, &[c('/')], A::Search, "search", 40),
    row(Tokens, &[c(' ')], A::Toggle, "mark", 0),
    row(Tokens, &[c('i')], A::ExchangeShow, "exchange", 0),
    row(Tokens, &[c('x'), Key::DELETE], A::TokenDiscard, "discard", 70),
    row(Tokens, &[c('u')], A::EditUndo, "undo", 0),

    row(Bend, &[c('e')], A::Edit, "edit", 1),
    row(Bend, &[c('s')], A::TokenSign, "sign", 2),
    row(Bend, &[c('x'), Key::DELETE], A::EditDrop, "take out", 3),
    row(Bend, &[c('A')], A::EditAdd, "add", 4),
    row(Bend, &[c('u')], A::EditUndo, "undo", 5),
    row(Bend, &[Key::ESC], A::Close, "drop", 6),

    row(Errors, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Errors, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Errors, &[Key::ENTER], A::Activate, "open", 2),
    row(Errors, &[c('/')], A::Search, "search", 3),
    row(Errors, &[c('p')], A::Paste, "paste", 4),
    row(Errors, &[c('a')], A::ErrorEvidence, "add evidence", 5),
    row(Errors, &[c('R')], A::ErrorReproduce, "in the lab", 6),
    row(Errors, &[c('m')], A::ErrorMend, "mend", 7),
    row(Errors, &[c('i')], A::ExchangeShow, "exchange", 8),
    row(Errors, &[c('r')], A::FlowRetry, "run again", 9),

    row(Traffic, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Traffic, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Traffic, &[Key::ENTER], A::Activate, "detail", 2),
    row(Traffic, &[c('/')], A::Search, "filter", 3),
    row(Traffic, &[c('f')], A::TrafficFollow, "follow", 4),
    row(Traffic, &[c('r'), c('R')], A::ExchangeReplay, "send again", 5),
    row(Traffic, &[c('t')], A::PaneView, "view", 6),
    row(Traffic, &[c('c')], A::CopyCurl, "curl", 70),
    row(Traffic, &[c('U')], A::CopyUrl, "copy URL", 0),

    row(Exchange, &[Key::UP, c('k')], A::MoveUp, "scroll", 1),
    row(Exchange, &[Key::DOWN, c('j')], A::MoveDown, "scroll", 1),
    row(Exchange, &[c('t')], A::PaneView, "view", 2),
    row(Exchange, &[c('v')], A::Reveal, "reveal", 3),
    row(Exchange, &[c('/')], A::Search, "search", 4),
    row(Exchange, &[Key::ENTER], A::Activate, "open", 0),
    row(Exchange, &[c('f')], A::TrafficFollow, "follow", 0),

    row(Replay, &[Key::ENTER], A::Activate, "send", 1),
    row(Replay, &[c('e')], A::Edit, "edit", 2),
    row(Replay, &[c('x'), Key::DELETE], A::EditDrop, "drop", 3),
    row(Replay, &[c('A')], A::EditAdd, "add", 4),
    row(Replay, &[c('D')], A::EditDouble, "double", 5),
    row(Replay, &[c('u')], A::EditUndo, "undo", 6),
    row(Replay, &[Key::ctrl('r')], A::EditRedo, "redo", 0),
    row(Replay, &[c('c')], A::CopyCurl, "curl", 0),
    row(Replay, &[c('i')], A::ExchangeShow, "exchange", 0),

    row(Registrations, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Registrations, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Registrations, &[Key::ENTER], A::Activate, "open", 2),
    row(Registrations, &[c('p')], A::Paste, "paste", 3),
    row(Registrations, &[c('a')], A::RegistrationAdd, "add file", 4),
    row(Registrations, &[c('f')], A::PermissionFind, "permissions", 5),
    row(Registrations, &[c('x'), Key::DELETE], A::RegistrationRemove, "remove", 6),
    row(Registrations, &[c('e')], A::RegistrationChange, "change", 7),
    row(Registrations, &[c('u')], A::EditUndo, "put back", 8),
    row(Registrations, &[c('/')], A::Search, "filter", 9),

    row(Permissions, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Permissions, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Permissions, &[c(' ')], A::Toggle, "pick", 2),
    row(Permissions, &[c('f')], A::PermissionFind, "find", 3),
    row(Permissions, &[c('/')], A::Search, "find", 0),
    row(Permissions, &[Key::ENTER], A::Activate, "commands", 4),
    row(Permissions, &[c('c')], A::PermissionClear, "unpick all", 5),
    row(Permissions, &[c('p')], A::Paste, "paste", 0),
    row(Permissions, &[c('a')], A::RegistrationAdd, "add file", 0),
    row(Permissions, &[c('x'), Key::DELETE], A::RegistrationRemove, "remove", 0),
    row(Permissions, &[c('e')], A::RegistrationChange, "change", 0),
    row(Permissions, &[c('u')], A::EditUndo, "put back", 0),

    row(Tenant, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Tenant, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Tenant, &[Key::ENTER], A::Activate, "open", 2),
    row(Tenant, &[c('u')], A::EditUndo, "undo", 6),
    row(Tenant, &[Key::ctrl('r')], A::EditRedo, "redo", 23),
    row(Tenant, &[c('S')], A::ScenarioSave, "save", 24),
    row(Tenant, &[c('L')], A::ScenarioLoad, "load", 25),

    row(Entry, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Entry, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Entry, &[Key::ENTER], A::Activate, "open", 2),
    row(Entry, &[c(' ')], A::Toggle, "switch", 3),
    row(Entry, &[c('e')], A::Edit, "edit", 4),
    row(Entry, &[c('a')], A::TenantAdd, "add", 5),
    row(Entry, &[c('d'), Key::DELETE], A::TenantRemove, "remove", 20),
    row(Entry, &[c('x')], A::TenantRevoke, "revoke", 21),
    row(Entry, &[c('/')], A::Search, "filter", 22),

    row(SignIns, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(SignIns, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(SignIns, &[Key::ENTER], A::Activate, "detail", 2),
    row(SignIns, &[c('x')], A::Explain, "explain", 3),
    row(SignIns, &[c('/')], A::Search, "filter", 4),
    row(SignIns, &[c('F')], A::TenantFailures, "failures", 5),
    row(SignIns, &[c('f')], A::TrafficFollow, "follow", 20),
    row(SignIns, &[c('i')], A::ExchangeShow, "exchange", 21),

    row(Field, &[Key::ENTER], A::Activate, "accept", 1),
    row(Field, &[Key::ESC], A::Close, "cancel", 2),
    row(Field, &[Key::UP], A::MoveUp, "known value before", 0),
    row(Field, &[Key::DOWN], A::MoveDown, "known value after", 0),
    row(Field, &[Key::TAB], A::PaneNext, "next field", 0),
    row(Field, &[Key::BACK_TAB], A::PanePrevious, "field before", 0),

    row(Help, &[Key::UP], A::MoveUp, "scroll", 1),
    row(Help, &[Key::DOWN], A::MoveDown, "scroll", 1),
    row(Help, &[Key::PAGE_UP], A::PageUp, "page up", 0),
    row(Help, &[Key::PAGE_DOWN], A::PageDown, "page down", 0),
    row(Help, &[Key::HOME], A::MoveTop, "top", 0),
    row(Help, &[Key::END], A::MoveBottom, "end", 0),
    row(Help, &[Key::ESC, Key::function(1)], A::Close, "close", 2),

    row(Palette, &[Key::UP], A::MoveUp, "move", 1),
    row(Palette, &[Key::DOWN], A::MoveDown, "move", 1),
    row(Palette, &[Key::ENTER], A::Activate, "do it", 2),
    row(Palette, &[Key::ESC], A::Close, "close", 3),

    row(Menu, &[Key::UP, c('k')], A::MoveUp, "move", 1),
    row(Menu, &[Key::DOWN, c('j')], A::MoveDown, "move", 1),
    row(Menu, &[c('g'), Key::HOME], A::MoveTop, "top", 0),
    row(Menu, &[c('G'), Key::END], A::MoveBottom, "end", 0),
    row(Menu, &[Key::ENTER, c('y')], A::Activate, "take", 2),
    row(Menu, &[Key::ESC, c('q')], A::Close, "close", 3),

    row(Value, &[Key::UP, c('k')], A::MoveUp, "scroll", 0),
    row(Value, &[Key::DOWN, c('j')], A::MoveDown, "scroll", 0),
    row(Value, &[Key::PAGE_UP], A::PageUp, "page up", 0),
    row(Value, &[Key::PAGE_DOWN], A::PageDown, "page down", 0),
    row(Value, &[c('y')], A::Copy, "copy", 1),
    row(Value, &[Key::ESC, c('q'), Key::ENTER], A::Close, "close", 2),

    row(Confirm, &[c('y')], A::Confirm, "yes", 1),
    row(Confirm, &[c('n'), Key::ESC, c('q'), Key::ENTER], A::Close, "no", 2),
];
