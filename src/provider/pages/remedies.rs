//! The pages on which somebody meets what a policy asks.

use std::fmt::Write as _;

use super::{Form, button, escape, page};
use crate::provider::scenario::{Device, User};

fn asked_of(user: &User, what: &str) -> String {
    format!("<p>{} {what}</p>\n", escape(&user.user_principal_name))
}

/// Registering a second factor.
pub fn register(form: &Form<'_>, user: &User) -> String {
    let inner = format!(
        "<label for=\"otc\">Code, six digits of your choice</label>\n\
         <input type=\"text\" id=\"otc\" name=\"otc\" inputmode=\"numeric\" pattern=\"[0-9]{{6}}\" \
         autocomplete=\"off\">\n{}{}",
        button("next", "Register"),
        button("cancel", "Cancel"),
    );
    let body = format!(
        "{}<p class=\"fine\">At Microsoft this would be a telephone or a key. In the lab it is a code that stays the same; \
         remember it.</p>\n{}",
        asked_of(user, "needs a second factor and has none yet."),
        form.wrap("register", &inner),
    );
    page("More information is required", &body)
}

/// Which device it is. A real one would prove it by itself.
pub fn device(form: &Form<'_>, user: &User, devices: &[&Device]) -> String {
    let mut inner = String::new();
    for device in devices {
        let state = match (device.account_enabled, device.is_compliant) {
            (false, _) => "disabled",
            (true, true) => "compliant",
            (true, false) => "not compliant",
        };
        let _ = writeln!(
            inner,
            "<button type=\"submit\" name=\"device\" value=\"{}\">{} ({}, {state}, {})</button>",
            escape(&device.key),
            escape(&device.display_name),
            escape(&device.operating_system),
            device.trust_type.name(),
        );
    }
    inner.push_str(
        "<button type=\"submit\" name=\"device\" value=\"\">Another device, not registered</button>\n",
    );
    inner.push_str(&button("cancel", "Cancel"));
    let body = format!(
        "{}<p class=\"fine\">At Microsoft the device proves itself with a certificate. In the lab you say which one it is.</p>\n{}",
        asked_of(user, "wants to reach something that is open to managed devices only."),
        form.wrap("device", &inner),
    );
    page("Which device are you on?", &body)
}

/// A new password.
pub fn change_password(form: &Form<'_>, user: &User) -> String {
    let inner = format!(
        "<label for=\"newpasswd\">New password, eight characters or more, not the old one</label>\n\
         <input type=\"password\" id=\"newpasswd\" name=\"newpasswd\" minlength=\"8\" autocomplete=\"new-password\">\n{}{}",
        button("next", "Change"),
        button("cancel", "Cancel"),
    );
    let body = format!(
        "{}<p>Every session that began with the old password ends.</p>\n{}",
        asked_of(user, "must choose a new password: somebody else may know the old one."),
        form.wrap("change_password", &inner),
    );
    page("Change your password", &body)
}

/// Terms to be accepted.
pub fn terms(form: &Form<'_>, user: &User, names: &[String]) -> String {
    let list: String = names.iter().map(|name| format!("<li>{}</li>\n", escape(name))).collect();
    let body = format!(
        "{}<ul>\n{list}</ul>\n{}",
        asked_of(user, "must accept the terms of use before the sign-in goes on:"),
        form.wrap("terms", &(button("next", "Accept") + &button("cancel", "Decline"))),
    );
    page("Terms of use", &body)
}
