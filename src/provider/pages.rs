//! The pages that a person sees: plain forms with labels, readable in a browser and in a terminal, without scripts.
//!
//! Every page says that this is the lab and not Microsoft. All that comes from a request or from the directory passes
//! [`escape`] on its way in.

pub mod admin_consent;
pub mod logout;
pub mod remedies;

use std::fmt::Write as _;

use url::Url;

use super::{
    call::Call,
    consents::Missing,
    refusal::Refusal,
    scenario::{Application, Scenario, Tenant, User},
    sessions::Person,
};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#eef1f4;color:#1c2733}\
main{max-width:26rem;margin:6vh auto;padding:1.5rem 2rem 2rem;background:#fff;border-radius:.5rem;\
box-shadow:0 1px 6px #0003}h1{font-size:1.35rem;margin:.5rem 0 1rem}label{display:block;margin:.8rem 0 .2rem}\
input:not([type=checkbox]){box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid #8796a5;\
border-radius:.25rem}button{font:inherit;padding:.5rem 1.1rem;margin:1rem .5rem 0 0;border:1px solid #1f5f8b;\
border-radius:.25rem;background:#fff;color:#1f5f8b;cursor:pointer}button.go{background:#1f5f8b;color:#fff}\
.lab{font-size:.85rem;padding:.35rem .7rem;margin:0 0 1rem;background:#fff3cd;border:1px solid #d9b84a;\
border-radius:.25rem}.no{color:#a4262c;font-weight:600}.fine{font-size:.85rem;color:#4d5b68}\
dt{font-weight:600}dd{margin:0 0 .4rem;overflow-wrap:anywhere}li{margin:.2rem 0}";

/// Makes text safe inside elements and inside quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No page can hold it, not even escaped; a parser would put this character there.
            '\0' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// A page of the lab; the body is markup already.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main>\n<p class=\"lab\">LAB: a simulated tenant on this machine, not Microsoft. Never type a real \
         password here.</p>\n<h1>{title}</h1>\n{body}</main></body></html>\n",
        title = escape(title)
    )
}

/// Where a form of a sign-in in progress goes, and the token that ties it to that sign-in.
pub struct Form<'a> {
    pub segment: &'a str,
    pub flow_token: &'a str,
}

impl Form<'_> {
    fn wrap(&self, step: &str, inner: &str) -> String {
        format!(
            "<form method=\"post\" action=\"/{}/login\">\n<input type=\"hidden\" name=\"flow_token\" value=\"{}\">\n\
             <input type=\"hidden\" name=\"step\" value=\"{step}\">\n{inner}</form>\n",
            escape(self.segment),
            escape(self.flow_token),
        )
    }
}

fn button(action: &str, label: &str) -> String {
    let class = if action == "next" { " class=\"go\"" } else { "" };
    format!("<button type=\"submit\" name=\"action\" value=\"{action}\"{class}>{label}</button>\n")
}

fn problem(refusal: Option<&Refusal>) -> String {
    refusal.map_or_else(String::new, |refusal| {
        format!("<p class=\"no\">AADSTS{}: {}</p>\n", refusal.code, escape(&refusal.text))
    })
}

fn client_line(client: &Application) -> String {
    format!("<p>to continue to <strong>{}</strong></p>\n", escape(&client.display_name))
}

/// Name and password.
pub fn sign_in(
    form: &Form<'_>,
    scenario: &Scenario,
    client: &Application,
    name: &str,
    signs_up: bool,
    refusal: Option<&Refusal>,
) -> String {
    let no_sign_up =
        if signs_up { "<p>Nobody can sign up here: the lab has its people already.</p>\n" } else { "" };
    let mut people = String::from("<p class=\"fine\">People of the lab:</p>\n<ul class=\"fine\">\n");
    for user in scenario.users() {
        let _ = writeln!(people, "<li>{} – {}</li>", escape(&user.user_principal_name), escape(&user.about));
    }
    people
        .push_str("</ul>\n<p class=\"fine\">Their lab passwords: <code>authwright tenant show</code></p>\n");
    let inner = format!(
        "<label for=\"loginfmt\">Sign-in name</label>\n\
         <input type=\"email\" id=\"loginfmt\" name=\"loginfmt\" value=\"{}\" autocomplete=\"username\">\n\
         <label for=\"passwd\">Password</label>\n\
         <input type=\"password\" id=\"passwd\" name=\"passwd\" autocomplete=\"current-password\">\n{}{}",
        escape(name),
        button("next", "Sign in"),
        button("cancel", "Cancel"),
    );
    page(
        "Sign in",
        &format!(
            "{}{no_sign_up}{}{}{people}",
            client_line(client),
            problem(refusal),
            form.wrap("sign_in", &inner)
        ),
    )
}

/// The page that plays the identity provider of somebody's company: the tenant never sees that password.
pub fn home_realm(
    form: &Form<'_>,
    client: &Application,
    user: &User,
    home: &Tenant,
    refusal: Option<&Refusal>,
) -> String {
    let inner = format!(
        "<label for=\"passwd\">Password</label>\n\
         <input type=\"password\" id=\"passwd\" name=\"passwd\" autocomplete=\"current-password\">\n{}{}{}",
        button("next", "Sign in"),
        button("other", "Use another account"),
        button("cancel", "Cancel"),
    );
    let body = format!(
        "{}<p>{} checks the password of {} itself. This page stands for its own sign-in page, to which the tenant \
         sends people.</p>\n{}{}",
        client_line(client),
        escape(&home.display_name),
        escape(&user.user_principal_name),
        problem(refusal),
        form.wrap("home_realm", &inner),
    );
    page("Sign in at your organization", &body)
}

/// Which of the accounts that are signed in already.
pub fn pick(form: &Form<'_>, client: &Application, people: &[Person]) -> String {
    let mut inner = String::new();
    for person in people {
        let _ = writeln!(
            inner,
            "<button type=\"submit\" name=\"login\" value=\"{name}\">{} ({name})</button>",
            escape(&person.user.display_name),
            name = escape(&person.user.user_principal_name),
        );
    }
    inner.push_str(&button("other", "Use another account"));
    inner.push_str(&button("cancel", "Cancel"));
    page("Pick an account", &format!("{}{}", client_line(client), form.wrap("pick", &inner)))
}

/// The second factor.
pub fn verify(form: &Form<'_>, user: &User, refusal: Option<&Refusal>) -> String {
    let inner = format!(
        "<label for=\"otc\">Code</label>\n\
         <input type=\"text\" id=\"otc\" name=\"otc\" inputmode=\"numeric\" autocomplete=\"one-time-code\">\n{}{}",
        button("next", "Verify"),
        button("cancel", "Cancel"),
    );
    let body = format!(
        "<p>{} needs a second factor. In the lab it is a fixed code: see <code>authwright tenant show</code>.</p>\n{}{}",
        escape(&user.user_principal_name),
        problem(refusal),
        form.wrap("verify", &inner),
    );
    page("Verify that it is you", &body)
}

/// Whether the person means this application (device flow).
pub fn confirm(form: &Form<'_>, client: &Application, user_code: &str, person: &Person) -> String {
    let body = format!(
        "<p>A device that showed the code <strong>{}</strong> wants to use <strong>{}</strong> as {}.</p>\n\
         <p>Go on only if you started this yourself.</p>\n{}",
        escape(user_code),
        escape(&client.display_name),
        escape(&person.user.user_principal_name),
        form.wrap("confirm", &(button("next", "Continue") + &button("cancel", "Cancel"))),
    );
    page("Are you signing in on another device?", &body)
}

/// What the application wants to be allowed.
pub fn consent(
    form: &Form<'_>,
    client: &Application,
    publisher: &str,
    person: &Person,
    permissions: &[Missing],
) -> String {
    let mut list = String::new();
    for Missing { resource, scope } in permissions {
        let _ = writeln!(
            list,
            "<li>{} <span class=\"fine\">({}, {})</span></li>",
            escape(&scope.display_name),
            escape(&scope.value),
            escape(&resource.display_name),
        );
    }
    let for_all = if person.user.administrator {
        "<label><input type=\"checkbox\" name=\"consent\" value=\"organization\"> \
         Consent on behalf of your organization</label>\n"
    } else {
        ""
    };
    let body = format!(
        "<p>{}</p>\n<p><strong>{}</strong> <span class=\"fine\">{}</span> would like to:</p>\n<ul>\n{list}</ul>\n{}",
        escape(&person.user.user_principal_name),
        escape(&client.display_name),
        escape(publisher),
        form.wrap("consent", &format!("{for_all}{}{}", button("next", "Accept"), button("cancel", "Cancel"))),
    );
    page("Permissions requested", &body)
}

/// A refusal from which nothing leads on.
pub fn refusal(call: &Call, refusal: &Refusal) -> String {
    let body =
        format!("<p>This sign-in cannot go on.</p>\n{}{}", problem(Some(refusal)), details(call, refusal));
    page("Sign in", &body)
}

fn details(call: &Call, refusal: &Refusal) -> String {
    format!(
        "<h2>Details</h2>\n<dl class=\"fine\">\n<dt>Request Id:</dt><dd>{}</dd>\n<dt>Correlation Id:</dt><dd>{}</dd>\n\
         <dt>Timestamp:</dt><dd>{}</dd>\n<dt>Message:</dt><dd>AADSTS{}: {}</dd>\n</dl>\n",
        escape(&call.trace_id),
        escape(&call.correlation_id),
        escape(&call.now.date_time().replace(' ', "T")),
        refusal.code,
        escape(&refusal.text),
    )
}

/// Where the code of a device is typed in.
pub fn device_code(user_code: &str, refusal: Option<&Refusal>) -> String {
    let body = format!(
        "<p>Enter the code that your device shows.</p>\n{}\
         <form method=\"post\" action=\"/common/oauth2/deviceauth\">\n<label for=\"user_code\">Code</label>\n\
         <input type=\"text\" id=\"user_code\" name=\"user_code\" value=\"{}\" autocomplete=\"off\" \
         autocapitalize=\"characters\">\n{}</form>\n",
        problem(refusal),
        escape(user_code),
        button("next", "Next"),
    );
    page("Enter code", &body)
}

/// The device may go on.
pub fn device_done(client: &Application) -> String {
    let body = format!(
        "<p>You have signed in to <strong>{}</strong> on your device. You can close this page.</p>\n",
        escape(&client.display_name)
    );
    page("Done", &body)
}

/// The device was turned down.
pub fn device_declined(client: &Application) -> String {
    let body = format!(
        "<p>You did not sign in to <strong>{}</strong>. Your device will be told. You can close this page.</p>\n",
        escape(&client.display_name)
    );
    page("Sign-in cancelled", &body)
}

/// A page that posts itself to the application (OAuth 2.0 Form Post Response Mode), with a button for those without scripts.
pub fn form_post(action: &Url, fields: &[(&str, String)]) -> String {
    let mut inner = String::new();
    for (name, value) in fields {
        let _ =
            writeln!(inner, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    let body = format!(
        "<p>Going back to the application.</p>\n<form method=\"post\" action=\"{}\">\n{inner}\
         <button type=\"submit\" class=\"go\">Continue</button>\n</form>\n\
         <script>document.forms[0].submit();</script>\n",
        escape(action.as_str()),
    );
    page("Working…", &body)
}

/// The landing page of native applications: nothing to see.
pub fn blank() -> String {
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title></title></head><body></body></html>\n".to_owned()
}

/// No such page.
pub fn not_found(call: &Call) -> String {
    let body = format!("<p>The lab tenant has nothing at <code>/{}</code>.</p>\n", escape(&call.path));
    page("Not found", &body)
}

/// What is known about a number: the page that `error_uri` leads to.
pub fn error_look_up(code: &str) -> String {
    let digits: String = code.chars().filter(char::is_ascii_digit).take(12).collect();
    let body = if digits.is_empty() {
        "<p>Add <code>?code=</code> and the number of an error.</p>\n".to_owned()
    } else {
        format!(
            "<p>For meaning, causes and fixes of AADSTS{digits}: <code>authwright explain {digits}</code></p>\n"
        )
    };
    page("Error look-up", &body)
}

/// The front page: who lives here and where to begin.
pub fn home(call: &Call, scenario: &Scenario) -> String {
    let mut tenants = String::new();
    for tenant in scenario.tenants() {
        let _ = writeln!(
            tenants,
            "<li>{}: <a href=\"/{id}/v2.0/.well-known/openid-configuration\">metadata</a>, \
             authority <code>{}/{id}</code></li>",
            escape(&tenant.display_name),
            escape(&call.base),
            id = escape(&tenant.id),
        );
    }
    let body = format!(
        "<p>This is the lab tenant of authwright.</p>\n<ul>\n{tenants}</ul>\n\
         <p><a href=\"/common/oauth2/deviceauth\">Enter a device code</a></p>\n\
         <p><a href=\"/api/catalog/\">APIs to send tokens to</a></p>\n\
         <p class=\"fine\">People, applications and their lab credentials: <code>authwright tenant show</code></p>\n"
    );
    page("Lab tenant", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let hostile = "\"><script>alert(1)</script>'&";
        let form = Form { segment: hostile, flow_token: hostile };
        let scenario = Scenario::northwind();
        let client =
            Application { display_name: hostile.to_owned(), ..scenario.applications()[0].as_ref().clone() };
        let refusal = Refusal::new(50011, "invalid_request", hostile);
        let redirect = Url::parse("http://localhost/?a=\"><script>").unwrap();
        let pages = [
            sign_in(&form, &scenario, &client, hostile, false, Some(&refusal)),
            device_code(hostile, Some(&refusal)),
            device_done(&client),
            form_post(&redirect, &[("state", hostile.to_owned())]).replacen("<script>document", "", 1),
            error_look_up(hostile),
        ];
        for page in pages {
            assert!(!page.contains("<script>"), "{page}");
        }
        assert_eq!(escape(hostile), "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;");
    }
}
