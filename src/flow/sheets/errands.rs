//! The sheets of the flows that do something with a token, or visit the authority for another reason than a sign-in.

use super::Sheet;
use crate::flow::StepId;

/// Calling an API, UserInfo: where it begins.
pub(in crate::flow) static ACCESS_TOKEN: Sheet = Sheet {
    id: StepId::Given,
    title: "Take an access token",
    why: "The call needs a token that the API accepts. It comes from a file, from the tokens in hand, or from a sign-in \
          that is run first. Here it is opened and looked at; nothing about it is believed or checked yet.",
    guards: &[
        "The audience (`aud`) must be the API that is called, and no other.",
        "An ID token is for the client: an API must refuse it.",
        "Whoever holds a bearer token can use it: keep it out of logs, addresses and chats (RFC 6750 §5.3).",
    ],
};

/// Calling an API: the call.
pub(in crate::flow) static CALL: Sheet = Sheet {
    id: StepId::Call,
    title: "Call the API",
    why: "The token travels in the Authorization header of an ordinary request. The API checks it, then asks whether its \
          scopes or roles allow what is asked. 401 means that the token itself is not accepted, 403 that it is and does \
          not allow this.",
    guards: &[
        "The API checks signature, issuer, audience and times before it looks at scopes or roles.",
        "A 401 says in WWW-Authenticate what the API wants instead (RFC 9110 §11.6.1, RFC 6750 §3).",
        "A redirect is not followed: the token would go along.",
    ],
};

/// UserInfo: the call.
pub(in crate::flow) static USER_INFO: Sheet = Sheet {
    id: StepId::Call,
    title: "Ask who signed in",
    why: "The provider has an address of its own that says who the token's user is. What it says depends on the scopes: \
          openid gives `sub`, profile the names, email the address. The ID token usually says as much without a call.",
    guards: &[
        "`sub` must be the one in the ID token of the same sign-in (OpenID Connect Core §5.3.2).",
        "A token of an application alone has no user to tell about.",
    ],
};

/// Managed identity: the request.
pub(in crate::flow) static ASK_MACHINE: Sheet = Sheet {
    id: StepId::Token,
    title: "Ask the machine for a token",
    why: "The platform that runs this program has an identity for it and keeps its credential. A plain request to an \
          address that only this machine can reach brings a token: there is no secret that could leak or expire.",
    guards: &[
        "The request carries a header that a forged link cannot add: `Metadata: true`, or the value of IDENTITY_HEADER.",
        "It never goes through a proxy: the answer would be another machine's token, or a stranger would see ours.",
        "404, 410, 429 and 5xx are tried again, each time later.",
        "The endpoint takes a resource and knows no scopes.",
    ],
};

/// Managed identity: where the keys are.
pub(in crate::flow) static FIND_KEYS: Sheet = Sheet {
    id: StepId::Discover,
    title: "Find the issuer's metadata",
    why: "The token came without any metadata being read. To look at its signature as the API will, the keys of its tenant \
          are needed: their address stands in that tenant's metadata, at the authority of this profile.",
    guards: &[
        "The authority comes from the profile; the token names the tenant only.",
        "A token of another authority is not looked up: its own word on who issued it proves nothing.",
    ],
};

/// Admin consent, logout: before anybody leaves.
pub(in crate::flow) static PREPARE_VISIT: Sheet = Sheet {
    id: StepId::Prepare,
    title: "Make a state, open the listener",
    why: "A fresh random value ties what comes back to this visit. If the redirect URI is on this machine, a listener is \
          opened there before anybody leaves. Nothing is sent in this step.",
    guards: &[
        "The state is used for one visit only.",
        "The listener takes loopback connections only, and one answer.",
    ],
};

/// Admin consent: the visit.
pub(in crate::flow) static ADMIN_CONSENT: Sheet = Sheet {
    id: StepId::AdminConsent,
    title: "Send the administrator to agree",
    why: "An administrator signs in and agrees for everybody in the tenant, so that nobody else is asked. It is also the \
          only way to application permissions. Version 2 asks for the scopes named here; version 1 for everything that \
          the registration lists.",
    guards: &[
        "Only administrators can agree; everybody else ends on a page that says so.",
        "The tenant must be named: common stands for no tenant in version 2.",
        "The redirect URI must be registered.",
        "Ask for no more than the application needs: this is how unwanted applications get in, too.",
    ],
};

/// Admin consent: back.
pub(in crate::flow) static CONSENT_RETURN: Sheet = Sheet {
    id: StepId::Return,
    title: "Check what came back",
    why: "The answer says whether it was agreed, in which tenant, and to what. Anybody can call this address with \
          admin_consent=True in it, so it is a message and no proof: what counts is what the directory holds.",
    guards: &[
        "The state must be the one that was sent (RFC 6749 §10.12).",
        "Never let somebody in because of the `tenant` in this answer.",
    ],
};

/// Logout: the hint.
pub(in crate::flow) static ID_TOKEN_HINT: Sheet = Sheet {
    id: StepId::Given,
    title: "Take the ID token of the sign-in",
    why: "It tells the authority whose session is to end, so that nobody has to pick an account. It is a hint: without it \
          the authority asks. It may have expired.",
    guards: &["It goes into an address: a person's name may stand in it, and lands in logs on the way."],
};

/// Logout: the visit.
pub(in crate::flow) static LOGOUT: Sheet = Sheet {
    id: StepId::Logout,
    title: "Send the person to sign out",
    why: "The session at the authority lives in the person's browser, in cookies that the application cannot see. So the \
          browser goes there, the session ends, and the authority tells the other applications of that session. An \
          application that only forgets its own session leaves the next sign-in open to whoever sits there next.",
    guards: &[
        "The person is sent back only to a registered address; otherwise a page of the authority is the end.",
        "Tokens that were issued stay good until they end; refresh tokens are not revoked.",
    ],
};

/// Logout: back.
pub(in crate::flow) static LOGOUT_RETURN: Sheet = Sheet {
    id: StepId::Return,
    title: "See the person come back",
    why: "The browser arrives at the post-logout address with the state that was sent. There is no answer beyond that: \
          having come back is the message.",
    guards: &["The state must be the one that was sent (RP-Initiated Logout §3)."],
};
