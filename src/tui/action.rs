//! What a person can do. Each action has a name that keys, the command palette and the documentation share, and one
//! sentence that says what it does; both stand beside the variant, so they cannot drift apart.

macro_rules! actions {
    ($( #[doc = $about:literal] $variant:ident = $name:literal, )*) => {
        /// Something a person can ask for. What it applies to is decided by the focused pane.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $( #[doc = $about] $variant, )*
        }

        impl Action {
            /// Every action, in the order of the palette.
            pub const ALL: &[Self] = &[$( Self::$variant, )*];

            /// The name, such as `flow.next`.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// What it does, in one sentence.
            pub const fn about(self) -> &'static str {
                match self { $( Self::$variant => $about.trim_ascii(), )* }
            }
        }
    };
}

actions! {
    /// Goes to the Flows screen.
    ScreenFlows = "screen.flows",
    /// Goes to the Run screen.
    ScreenRun = "screen.run",
    /// Goes to the Tokens screen.
    ScreenTokens = "screen.tokens",
    /// Goes to the Errors screen.
    ScreenErrors = "screen.errors",
    /// Goes to the Traffic screen.
    ScreenTraffic = "screen.traffic",
    /// Goes to the Apps screen.
    ScreenRegistrations = "screen.registrations",
    /// Goes to the Tenant screen.
    ScreenTenant = "screen.tenant",

    /// Puts the focus on the next pane.
    PaneNext = "pane.next",
    /// Puts the focus on the previous pane.
    PanePrevious = "pane.previous",
    /// Gives the focused pane the whole screen, or takes it back.
    PaneZoom = "pane.zoom",
    /// Shows the pane's content in its next form: prettified, raw, timing.
    PaneView = "pane.view",

    /// Moves up by one.
    MoveUp = "move.up",
    /// Moves down by one.
    MoveDown = "move.down",
    /// Moves left, folds, or chooses the value before.
    MoveLeft = "move.left",
    /// Moves right, unfolds, or chooses the value after.
    MoveRight = "move.right",
    /// Goes to the beginning.
    MoveTop = "move.top",
    /// Goes to the end, and follows it where the pane can.
    MoveBottom = "move.bottom",
    /// Moves up by a page.
    PageUp = "move.page_up",
    /// Moves down by a page.
    PageDown = "move.page_down",
    /// Moves up by half a page.
    HalfPageUp = "move.half_page_up",
    /// Moves down by half a page.
    HalfPageDown = "move.half_page_down",

    /// Does the main thing with what is selected: opens, unfolds, presses, accepts.
    Activate = "item.activate",
    /// Ticks or unticks what is selected.
    Toggle = "item.toggle",

    /// Starts the selected flow with the selected profile.
    FlowStart = "flow.start",
    /// Does the current step as it stands and goes on to the next.
    FlowNext = "flow.next",
    /// Lets the flow go on by itself as far as it can, or stops that.
    FlowAuto = "flow.auto",
    /// Runs the same flow again from the start, with the same changes.
    FlowRetry = "flow.retry",

    /// Opens the sign-in address in your browser.
    VisitBrowser = "visit.browser",
    /// Opens the sign-in address in the pane with the built-in user agent.
    VisitBuiltin = "visit.builtin",
    /// Opens a field to paste into: the address you were sent back to, a token, or an error.
    Paste = "input.paste",

    /// Edits the selected value in place.
    Edit = "edit.change",
    /// Adds a parameter to the request.
    EditAdd = "edit.add",
    /// Leaves the selected parameter out of the request, or puts it back.
    EditDrop = "edit.drop",
    /// Sends the selected parameter twice.
    EditDouble = "edit.double",
    /// Takes the last change back.
    EditUndo = "edit.undo",
    /// Makes the change again that was taken back last.
    EditRedo = "edit.redo",

    /// Copies the selected value.
    Copy = "copy.value",
    /// Opens the list of everything that can be copied here.
    CopyMenu = "copy.menu",
    /// Copies the address, and shows it alone over the full width.
    CopyUrl = "copy.url",
    /// Copies the request as a curl command.
    CopyCurl = "copy.curl",
    /// Shows the selected secret for ten seconds.
    Reveal = "secret.reveal",

    /// Checks the token's signature against the keys of its issuer.
    TokenVerify = "token.verify",
    /// Takes the selected token off the shelf.
    TokenDiscard = "token.discard",
    /// Begins a run with a token from the shelf: calls an API, exchanges it, refreshes, signs out.
    TokenUse = "token.use",
    /// Judges the token from the other seat: as the client, as the API.
    TokenSeat = "token.seat",
    /// Marks the token for a comparison; on another token, compares the two.
    TokenCompare = "token.compare",
    /// Sets an assertion beside the certificates and federated credentials that a registration trusts.
    TokenProof = "token.proof",
    /// Calls the lab's careful API with the token and shows its answer.
    TokenTry = "token.try",
    /// Signs a token of the lab anew: with its key, another key, the public key as a secret, or not at all.
    TokenSign = "token.sign",
    /// Calls an API with the token.
    TokenBearer = "token.bearer",
    /// Exchanges the token on behalf of its user.
    TokenAssertion = "token.assertion",
    /// Asks for new tokens with the refresh token.
    TokenRefresh = "token.refresh",
    /// Explains the last error of this run, or the selected one.
    Explain = "error.explain",
    /// Adds evidence to what is explained: from a file, or pasted.
    ErrorEvidence = "error.evidence",
    /// Sets the lab tenant to the state that gives this error, and runs into it.
    ErrorReproduce = "error.reproduce",
    /// Mends what the lab tenant was made to show, and runs again.
    ErrorMend = "error.mend",
    /// Shows the exchange behind what is selected, whole, on the Traffic screen.
    ExchangeShow = "exchange.show",
    /// Opens the exchange as a request to change and send again; both answers are then compared.
    ExchangeReplay = "exchange.replay",
    /// Keeps the newest row in view, or stops that.
    TrafficFollow = "traffic.follow",

    /// Adds registrations, or pieces of them, from a file.
    RegistrationAdd = "registration.add",
    /// Takes away the registration or address that you brought.
    RegistrationRemove = "registration.remove",
    /// Shows this application of the lab on the Tenant screen, where it can be changed.
    RegistrationChange = "registration.change",
    /// Finds a permission by words, name or GUID.
    PermissionFind = "permission.find",
    /// Unpicks every permission.
    PermissionClear = "permission.clear",

    /// Adds to what is selected: a redirect URI, a grant.
    TenantAdd = "tenant.add",
    /// Removes what is selected from the directory.
    TenantRemove = "tenant.remove",
    /// Ends every session of a person, or takes a grant back.
    TenantRevoke = "tenant.revoke",
    /// Shows refused sign-ins only, or all again.
    TenantFailures = "tenant.failures",
    /// Writes the lab tenant as it is now to a scenario file.
    ScenarioSave = "scenario.save",
    /// Puts the directory of a scenario file in place of the one there is.
    ScenarioLoad = "scenario.load",

    /// Searches the pane, or filters the list.
    Search = "search.start",
    /// Goes to the next hit.
    SearchNext = "search.next",
    /// Goes to the hit before.
    SearchPrevious = "search.previous",

    /// Shows what can be done here and with which key.
    Help = "app.help",
    /// Opens the command palette: every action by name.
    Palette = "app.palette",
    /// Shows the messages of this session again.
    Messages = "app.messages",
    /// Agrees to what was asked.
    Confirm = "app.confirm",
    /// Goes back to where you came from; on the first screen, quits.
    Back = "app.back",
    /// Closes the topmost thing: a popup, a search, a zoomed pane; never quits.
    Close = "app.close",
    /// Clears a field with text in it, else cancels what runs; twice within two seconds quits.
    Interrupt = "app.interrupt",
    /// Quits at once if nothing runs, else asks.
    Quit = "app.quit",
    /// Lets the mouse select text again, or gives it back to the workbench.
    Mouse = "app.mouse",
    /// Draws the whole screen again.
    Redraw = "app.redraw",
    /// Goes to the shell; `fg` comes back.
    Suspend = "app.suspend",
}

impl Action {
    /// The action of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_dotted_snake_case_and_lead_back() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            let parts: Vec<_> = action.name().split('.').collect();
            assert_eq!(parts.len(), 2, "{action:?}");
            let snake =
                |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(parts.iter().all(|part| snake(part)), "{action:?}");
            assert_eq!(Action::parse(action.name()), Some(*action));
        }
        assert_eq!(Action::parse("flow.nothing"), None);
    }

    #[test]
    fn what_an_action_does_is_one_trimmed_sentence() {
        for action in Action::ALL {
            let about = action.about();
            assert!(
                about.len() > 10 && about.ends_with('.') && !about.starts_with(' '),
                "{action:?}: {about}"
            );
        }
    }
}
