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
        FlowKind::OnBehalfOf
        | FlowKind::RefreshToken
        | FlowKind::CallApi
        | FlowKind::UserInfo
        | FlowKind::ManagedIdentity
        | FlowKind::AdminConsent
        | FlowKind::Logout
        | FlowKind::Hybrid
        | FlowKind::Implicit
        | FlowKind::Password => panic!("no page describes this flow yet"),
    }
}

/// What the kind of application changes about the authorization code flow.
pub const fn platform_note(platform: Platform) -> &'static str {
    match platform {
        Platform::Web => "A server redeems the code and proves itself with its secret.",
        Platform::Spa => {
            "JavaScript redeems the code: no secret, PKCE is a must, and the request carries an Origin."
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
    errors: &[50011, 9_002_325, 9_002_326, 9_002_327, 7_000_218, 501_481, 54005, 65001],
    care: "Check state when the answer comes back, and always use PKCE, also with a secret.",
    source: "RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1",
};

const CLIENT_CREDENTIALS: About = About {
    acts: "the application alone",
    purpose: "A service asks for a token in its own name: no person, no browser, no consent page. What it may do was \
              granted to it beforehand by an administrator, as application permissions.",
    steps: &["read the metadata", "ask with id and secret", "check the token"],
    needs: "a secret or certificate, and granted application permissions",
    gives: "an access token with roles; no ID token and no refresh token",
    errors: &[7_000_215, 7_000_216, 700_016, 1_002_012, 500_011, 501_051],
    care: "The secret is all that stands between anybody and these permissions: keep it off machines of other people.",
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
    care: "It can be phished: never approve a code that somebody else sent to you.",
    source: "RFC 8628",
};
