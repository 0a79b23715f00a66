//! The pages on which an administrator allows something for everybody, and the one that sends others to an administrator.

use std::fmt::Write as _;

use url::Url;

use super::{Form, button, details, escape, page, problem};
use crate::provider::{
    call::Call,
    consents::{Missing, Permissions, Role},
    refusal::Refusal,
    scenario::{Application, Tenant},
    sessions::Person,
};

/// What the application asks for, to be allowed for the whole tenant.
pub fn review(
    form: &Form<'_>,
    client: &Application,
    person: &Person,
    tenant: &Tenant,
    asked: &Permissions,
) -> String {
    let mut lists = String::new();
    let with_people = asked.delegated.iter().map(scope_line).collect::<String>();
    if !with_people.is_empty() {
        let _ = write!(lists, "<h2>When somebody has signed in to it</h2>\n<ul>\n{with_people}</ul>\n");
    }
    let alone = asked.roles.iter().map(role_line).collect::<String>();
    if !alone.is_empty() {
        let _ = write!(lists, "<h2>By itself, with nobody signed in</h2>\n<ul>\n{alone}</ul>\n");
    }
    for (middle_tier, needs) in &asked.behind {
        let _ = write!(
            lists,
            "<h2>{} behind it</h2>\n<ul>\n{}</ul>\n",
            escape(&middle_tier.display_name),
            needs.iter().map(scope_line).collect::<String>(),
        );
    }
    let body = format!(
        "<p>{}</p>\n<p><strong>{}</strong> would like to, for everybody in <strong>{}</strong>:</p>\n{lists}\
         <p class=\"fine\">If you accept, nobody in {} is asked about these any more.</p>\n{}",
        escape(&person.user.user_principal_name),
        escape(&client.display_name),
        escape(&tenant.display_name),
        escape(&tenant.display_name),
        form.wrap("consent", &(button("next", "Accept") + &button("cancel", "Cancel"))),
    );
    page("Permissions requested for your organization", &body)
}

fn scope_line(Missing { resource, scope }: &Missing) -> String {
    line(&scope.display_name, &scope.value, resource)
}

fn role_line(Role { resource, role }: &Role) -> String {
    line(&role.display_name, &role.value, resource)
}

fn line(says: &str, value: &str, resource: &Application) -> String {
    format!(
        "<li>{} <span class=\"fine\">({}, {})</span></li>\n",
        escape(says),
        escape(value),
        escape(&resource.display_name)
    )
}

/// An administrator is needed. `way` is where one can allow it, `asks` the form with which the person can ask for it.
pub fn approval(
    call: &Call,
    client: &Application,
    tenant: &Tenant,
    way: Option<&Url>,
    asks: Option<&Form<'_>>,
    refusal: &Refusal,
) -> String {
    let way = way.map_or_else(String::new, |way| {
        format!(
            "<p class=\"fine\">An administrator can grant them for everybody at <code>{}</code></p>\n",
            escape(way.as_str())
        )
    });
    let asks = asks.map_or_else(String::new, |form| {
        let inner = format!(
            "<label for=\"justification\">Why do you need this application?</label>\n\
             <input type=\"text\" id=\"justification\" name=\"justification\" maxlength=\"500\">\n{}{}",
            button("next", "Request approval"),
            button("cancel", "Back without granting"),
        );
        form.wrap("request", &inner)
    });
    let body = format!(
        "<p><strong>{}</strong> needs permissions in {} that only an administrator can grant.</p>\n{}{asks}{way}{}",
        escape(&client.display_name),
        escape(&tenant.display_name),
        problem(Some(refusal)),
        details(call, refusal),
    );
    page("Need admin approval", &body)
}

/// The request is on its way.
pub fn requested(client: &Application) -> String {
    let body = format!(
        "<p>Your request for <strong>{}</strong> waits for an administrator. You can close this page, and sign in again \
         once it has been approved.</p>\n",
        escape(&client.display_name)
    );
    page("Request sent", &body)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        provider::{consents, scenario::Scenario},
        time::UnixTime,
    };

    #[test]
    fn the_page_tells_what_is_for_people_from_what_is_for_the_application_itself() {
        let scenario = Scenario::northwind();
        let name = |key: &str, display_name: &str| Application {
            display_name: display_name.to_owned(),
            ..scenario.application(key).unwrap().as_ref().clone()
        };
        let client = name("store-planner", "<b>Planner</b>");
        let asked = Permissions {
            delegated: consents::required(&scenario, &client),
            roles: consents::required_roles(&scenario, &client),
            behind: vec![(Arc::new(name("catalog-api", "<i>Catalog</i>")), Vec::new())],
        };
        let adele = Arc::clone(scenario.user("adele").unwrap());
        let person = Person::new(adele, String::new(), UnixTime::default(), vec!["pwd"]);
        let form = Form { segment: "s", flow_token: "t" };
        let html = review(&form, &client, &person, scenario.home(), &asked);
        let (people, alone) = html.split_once("By itself").unwrap();
        assert!(people.contains("(User.Read, Microsoft Graph)") && alone.contains("(Directory.Read.All, "));
        assert!(html.contains("&lt;b&gt;Planner") && html.contains("&lt;i&gt;Catalog"), "{html}");
    }
}
