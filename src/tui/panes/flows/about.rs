//! What the Flows screen says about each flow, as data.

use crate::flow::{FlowKind, Platform};

/// What a person wants to know before starting a flow.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Who acts: a person through an application, or an application alone.
    pub acts: &'static str,
    /// What it is for, in a few sentences.
    pub purpose: &'static str,
    /// Its steps, in order.
    pub steps: &'static [&'static str],
    /// What the registration must have.
    pub needs: &'static str,
    /// What comes out.
    pub gives: &'static str,
    /// The errors that people meet with it.
    pub errors: &'static [u32],
    /// What to be careful about.
    pub care: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

/// What is known of a flow.
pub const fn about(kind: FlowKind) -> &'static About {
    match kind {
        FlowKind::AuthorizationCode => &AUTHORIZATION_CODE,
        FlowKind::ClientCredentials => &CLIENT_CREDENTIALS,
        FlowKind::DeviceCode => &DEVICE_CODE,
        FlowKind::OnBehalfOf => &ON_BEHALF_OF,
        FlowKind::RefreshToken => &REFRESH_TOKEN,
        FlowKind::CallApi => &CALL_API,
        FlowKind::UserInfo => &USER_INFO,
        FlowKind::ManagedIdentity => &MANAGED_IDENTITY,
        FlowKind::AdminConsent => &ADMIN_CONSENT,
        FlowKind::Logout => &LOGOUT,
        FlowKind::Hybrid => &HYBRID,
        FlowKind::Implicit => &IMPLICIT,
        FlowKind::Password => &PASSWORD,
    }
}

/// What the kind of application changes about the authorization code flow.
pub const fn platform_note(platform: Platform) -> &'static str {
    match platform {
        Platform::Web => "A server redeems the code and proves itself with its secret.",
        Platform::Spa => {
            "JavaScript redeems the code: no secret, which everybody could read, PKCE is a must, and the request carries an \
             Origin."
        }
        Platform::Native => "A public client redeems the code: no secret, PKCE binds the code to it.",
    }
}

const AUTHORIZATION_CODE: About = About {
    acts: "a person, through the application",
    purpose: "A person signs in at the authority, in a browser. The application never sees the password: it gets a \
              short-lived code on a redirect and trades it for tokens at the token endpoint.",
    steps: &[
        "read the metadata",
        "make state, nonce and PKCE pair",
        "send the person to sign in",
        "check what came back",
        "redeem the code",
        "check the tokens",
    ],
    needs: "a redirect URI on the right platform; a secret on the web platform, none on the others",
    gives: "access token, ID token with openid, refresh token with offline_access",
    errors: &[50011, 65001, 70011, 700_016, 9_002_325, 9_002_326, 9_002_327, 7_000_218, 501_481, 54005],
    care: "Check state when the answer comes back, and always use PKCE, also with a secret. Register exact addresses and no \
           forgotten ones: each is a place where codes can be sent.",
    source: "RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1",
};

const CLIENT_CREDENTIALS: About = About {
    acts: "the application alone",
    purpose: "A service asks for a token in its own name: no person, no browser, no consent page. What it may do was \
              granted to it beforehand by an administrator, as application permissions.",
    steps: &[
        "read the metadata",
        "with a certificate: sign an assertion; with a federated credential: fetch one",
        "ask with id and proof",
        "check the token",
    ],
    needs: "a secret, a certificate or a federated credential, and granted application permissions",
    gives: "an access token with roles; no ID token and no refresh token",
    errors: &[7_000_215, 7_000_216, 7_000_222, 700_027, 700_213, 700_016, 1_002_012, 500_011, 501_051],
    care: "The secret is all that stands between anybody and these permissions. A certificate is better; a federated \
           credential or, inside Azure, a managed identity is best: there is nothing to leak, and nothing that runs out.",
    source: "RFC 6749 §4.4",
};

const DEVICE_CODE: About = About {
    acts: "a person, on another device",
    purpose: "For a screen, a shell or a machine without a browser. It shows an address and a short code; the person \
              opens the address on any device and enters the code, while this side polls until it is done.",
    steps: &[
        "read the metadata",
        "ask for a code",
        "the person signs in elsewhere, we poll",
        "check the tokens",
    ],
    needs: "public client flows allowed on the registration",
    gives: "access token, ID token with openid, refresh token with offline_access",
    errors: &[70016, 70020, 7_000_014, 7_000_218, 70019],
    care: "It can be phished: never approve a code that somebody else sent to you. Where there is a browser, use it instead.",
    source: "RFC 8628",
};

const ON_BEHALF_OF: About = About {
    acts: "an API, for the person whose application has called it",
    purpose: "A front end calls our API with a token for us, and to answer we have to call another API as the same person. \
              The token cannot be passed on, because its audience is us; so it is traded at the token endpoint for one \
              whose audience is the next API. The person stays the same, and so do the limits of what they may do.",
    steps: &[
        "take the caller's token (here a sign-in at the front end brings it)",
        "read the metadata",
        "trade it, with our own credential",
        "check the new token",
    ],
    needs: "our API as an application of its own with a credential; consent to the next API, given beforehand; the front end among its known client applications, so that one consent covers both",
    gives: "an access token for the next API, for the same person; a refresh token with offline_access",
    errors: &[500_131, 50013, 500_133, 7_000_114, 65001, 50076, 240_002],
    care: "Check the caller's token first, as for every call. If the answer carries claims, hand them to the front end in a \
           401: only there can somebody sign in again.",
    source: "RFC 7523 §2.1; requested_token_use is Entra's own",
};

const REFRESH_TOKEN: About = About {
    acts: "the application, for a person who signed in before",
    purpose: "Access tokens live about an hour. A refresh token gets new ones without the person, and at Entra it is not \
              tied to one API: the same one serves every API that was consented to. Policies are looked at again each \
              time, so this is where a changed password or a revoked session shows.",
    steps: &[
        "take the refresh token (here a sign-in brings it)",
        "read the metadata",
        "trade it for new tokens, or try it on one scope after another",
        "check the tokens",
    ],
    needs: "a sign-in with offline_access; the same client, and its credential if it has one",
    gives: "access token, ID token with openid, and usually a newer refresh token; as a matrix: what each scope was answered",
    errors: &[700_082, 700_084, 70043, 50173, 9_002_313, 65001, 50076, 700_005],
    care: "Keep the newest one, keep it secret, and be ready for a refusal at any time: then the person signs in again.",
    source: "RFC 6749 §6; one token for every API is Entra's own",
};

const CALL_API: About = About {
    acts: "the application, with a token in hand",
    purpose: "What all the rest is for: the token goes into the Authorization header, and the API decides. A careful API \
              checks signature, issuer, audience, time, and scope or role, and says precisely what it misses. Send it the \
              wrong kind of token to see how it says no.",
    steps: &[
        "take the token (here a sign-in brings it)",
        "call",
        "read the answer, and the challenge if it is a no",
    ],
    needs: "an access token whose audience is that API, with the permission that the operation asks for",
    gives: "the API's answer; with 401 a WWW-Authenticate challenge that says what is wrong",
    errors: &[],
    care: "An ID token is no key to an API. 401 means the token is not accepted, 403 that it is accepted and not enough.",
    source: "RFC 6750 §2.1 and §3",
};

const USER_INFO: About = About {
    acts: "the application, for the person who signed in",
    purpose: "OpenID Connect's own small API: who is this? It answers with a handful of claims. At Entra it stands on \
              Microsoft Graph and tells less than the ID token that came at sign-in.",
    steps: &[
        "take the access token (here a sign-in brings it)",
        "read the metadata",
        "ask",
        "compare sub with the ID token's",
    ],
    needs: "an access token with openid; profile and email for more claims",
    gives: "sub, and with profile and email names and address",
    errors: &[],
    care: "Its sub must equal that of the ID token, or the answer is about somebody else.",
    source: "OpenID Connect Core §5.3",
};

const MANAGED_IDENTITY: About = About {
    acts: "a program on a machine in Azure, in the machine's name",
    purpose: "A machine can have an identity of its own, and an endpoint that only programs on it can reach hands out its \
              tokens. There is no secret to keep, to leak or to renew. A virtual machine answers on a link-local address; \
              App Service names its endpoint in environment variables.",
    steps: &[
        "ask the endpoint on this machine",
        "read the metadata of the token's tenant",
        "check the token",
    ],
    needs: "an identity assigned to the machine, and roles granted to it; nothing is registered by hand",
    gives: "an access token for one resource, app-only; no refresh token, since asking again is as easy",
    errors: &[],
    care: "Whoever can run a request on the machine has its identity. That is what the header in the request is for: a \
           forwarded address alone cannot set it.",
    source: "Azure's own documentation of managed identities; no standard covers it",
};

const ADMIN_CONSENT: About = About {
    acts: "an administrator, for everybody in the tenant",
    purpose: "Some permissions a person cannot agree to, and application permissions never ask anybody. An administrator is \
              sent to a page of their tenant, sees the list, and agrees once for all. Nobody is signed in by this.",
    steps: &["make a state, open the listener", "send the administrator to agree", "check what came back"],
    needs: "a registered redirect URI, the permissions on the registration, and an administrator of the tenant",
    gives: "consent recorded in the tenant; no token",
    errors: &[90094, 65004, 50011, 700_016],
    care: "Anybody can write a tenant into the answer: never let it decide who somebody is. Ask for no more than is needed.",
    source: "Entra's own documentation of admin consent; no standard covers it",
};

const LOGOUT: About = About {
    acts: "a person, in the browser",
    purpose: "Forgetting one's own tokens ends nothing at the authority: the next sign-in goes through without a question. \
              This ends the browser's session there, tells other applications of the session, and comes back.",
    steps: &[
        "take the ID token of the sign-in as a hint (here a sign-in brings it)",
        "read the metadata",
        "send the person to sign out",
        "check what came back",
    ],
    needs: "the address to come back to must be registered as a redirect URI",
    gives: "no session any more; tokens that were handed out live on until they expire",
    errors: &[50068, 50070, 50061],
    care: "It ends no access token and no refresh token: revoking sessions is another matter, for Graph.",
    source: "OpenID Connect RP-Initiated Logout 1.0",
};

const HYBRID: About = About {
    acts: "a person, through the application",
    purpose: "The authorization endpoint answers with a code and an ID token at once. Server applications used it to know \
              who came before they redeemed the code. With PKCE the plain code flow gives the same with less in the \
              browser.",
    steps: &[
        "read the metadata",
        "make state and nonce",
        "send the person to sign in",
        "check the ID token that came through the browser, with its c_hash",
        "redeem the code",
        "check the tokens",
    ],
    needs: "ID tokens switched on in the registration, a redirect URI, response_mode form_post or fragment, a nonce",
    gives: "ID token at once; access token, and a refresh token with offline_access, for the code",
    errors: &[700_054, 501_481, 50011, 7_000_218],
    care: "The nonce is what keeps a stolen ID token from being played in, and c_hash ties the code to it. Check both.",
    source: "OpenID Connect Core §3.3",
};

const IMPLICIT: About = About {
    acts: "a person, through JavaScript in the browser",
    purpose: "Tokens come straight from the authorization endpoint, behind the # of the redirect. It dates from when \
              browsers could not call the token endpoint. They can now. There is no refresh token: when a token ends, the \
              page asks again out of sight (prompt=none, login_hint) and lives off the session cookie, which browsers \
              withhold from other sites more and more.",
    steps: &[
        "read the metadata",
        "make state and nonce",
        "send the person to sign in",
        "take the tokens out of the fragment",
        "check them, with at_hash",
    ],
    needs: "ID tokens and access tokens switched on in the registration, each with its own switch; a nonce for ID tokens",
    gives: "ID token, access token or both; never a refresh token",
    errors: &[700_054, 700_051, 50011, 50058],
    care: "Nothing ties an access token to whoever asked for it: it may have been made for another application.",
    source: "RFC 6749 §4.2, OpenID Connect Core §3.2",
};

const PASSWORD: About = About {
    acts: "an application that was told a person's password",
    purpose: "The application asks for name and password and sends both to the token endpoint. No page is shown, so there \
              is no second factor, no consent, no other company's sign-in. It was meant for moving old programs over.",
    steps: &["read the metadata", "send name and password", "check the tokens"],
    needs: "public client flows allowed or a credential; consent given beforehand; an account with a password in this tenant",
    gives: "access token, ID token with openid, refresh token with offline_access",
    errors: &[50126, 50076, 50055, 50034, 65001, 9_001_023],
    care: "Whoever teaches people to type their password into any program teaches them to be phished. If it must be: ask once, \
           with offline_access, keep the refresh token and forget the password.",
    source: "RFC 6749 §4.3",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::aadsts;

    #[test]
    fn every_flow_has_a_complete_page_and_its_errors_are_known() {
        for kind in FlowKind::ALL {
            let page = about(*kind);
            for text in [page.acts, page.purpose, page.needs, page.gives, page.care, page.source] {
                assert!(text.len() > 5 && !text.contains("  "), "{kind:?}: {text}");
            }
            assert!(page.steps.len() > 1, "{kind:?}");
            for number in page.errors {
                assert!(aadsts::lookup(*number).is_some(), "{kind:?}: nothing is known of {number}");
            }
        }
    }
}
