//! What each step says about itself: title, reason, and the rules that protect it.

pub(super) mod errands;

use super::StepId;

/// The fixed texts of one step.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Which step.
    pub id: StepId,
    /// See [`super::Step::title`].
    pub title: &'static str,
    /// See [`super::Step::why`].
    pub why: &'static str,
    /// See [`super::Step::guards`].
    pub guards: &'static [&'static str],
}

/// Every flow begins here.
pub(super) static DISCOVER: Sheet = Sheet {
    id: StepId::Discover,
    title: "Read the metadata",
    why: "The provider publishes where its endpoints are, who it says it is, and where its signing keys lie. Reading \
          that first means that nothing has to be configured twice, and that a wrong tenant shows at once.",
    guards: &[
        "The issuer in the document must be the one we asked (OpenID Connect Discovery §4.3).",
        "The document is only as good as the TLS connection it came over.",
    ],
};

/// Authorization code and hybrid: before anybody leaves.
pub(super) static PREPARE: Sheet = Sheet {
    id: StepId::Prepare,
    title: "Make state, nonce and PKCE",
    why: "Three fresh random values tie together what comes back with what we send: the state the answer, the nonce \
          the ID token, the PKCE pair the code. Nothing is sent in this step. If the redirect URI is on this \
          machine, a listener is opened there before anybody leaves.",
    guards: &[
        "Random values are used for one sign-in only.",
        "The verifier stays here; only its challenge travels.",
        "The listener takes loopback connections only, and the first answer counts.",
    ],
};

/// Implicit: before anybody leaves.
pub(super) static PREPARE_IMPLICIT: Sheet = Sheet {
    id: StepId::Prepare,
    title: "Make state and nonce",
    why: "Two fresh random values tie together what comes back with what we send: the state the answer, the nonce the \
          ID token. There is no PKCE, for there is no code to bind: nothing ties the access token to us, which is why \
          this flow has gone out of use. If the redirect URI is on this machine, a listener is opened there.",
    guards: &[
        "Random values are used for one sign-in only.",
        "The listener takes loopback connections only, and the first answer counts.",
    ],
};

/// The front channel, out.
pub(super) static AUTHORIZE: Sheet = Sheet {
    id: StepId::Authorize,
    title: "Send the person to sign in",
    why: "The person signs in at the authority, not here: their password and second factor are never seen by the \
          application. The request is nothing but an address, and everybody who handles it can read and change it.",
    guards: &[
        "The authority sends the answer only to a registered redirect URI: register exact ones, and none too many.",
        "State, nonce and challenge make a changed or stolen answer useless.",
        "No secret travels in this request.",
    ],
};

/// Implicit: the front channel, out.
pub(super) static AUTHORIZE_IMPLICIT: Sheet = Sheet {
    id: StepId::Authorize,
    title: "Send the person to sign in",
    why: "The person signs in at the authority, as in every flow with a browser. What differs is the answer: not a code \
          that is worthless alone, but the tokens themselves, on the way through the browser.",
    guards: &[
        "The registration must allow tokens from the authorization endpoint: one switch for ID tokens, one for access \
         tokens.",
        "A nonce is a must where an ID token is asked for (OpenID Connect Core §3.2.2.1).",
        "Tokens may not come back in the query, where servers would log them.",
        "A new token is asked for in the same way, unseen, with prompt=none: it comes only while the session's cookie does.",
    ],
};

/// Authorization code: the front channel, back.
pub(super) static RETURN: Sheet = Sheet {
    id: StepId::Return,
    title: "Check what came back",
    why: "Anybody can call the redirect URI, so the answer is checked before it is used: it must belong to the request \
          that we sent, and come from the authority that we asked.",
    guards: &[
        "The state must be the one that was sent (RFC 6749 §10.12).",
        "If the answer names its issuer, it must be ours (RFC 9207).",
        "No parameter may come twice.",
    ],
};

/// Implicit and hybrid: the front channel, back.
pub(super) static RETURN_TOKENS: Sheet = Sheet {
    id: StepId::Return,
    title: "Take the browser's answer",
    why: "The answer comes behind the # of the address, which the browser keeps to itself, or in a form that it posts. \
          From the # only a script on the page can read it: our listener's page does so and hands it on. Anybody can \
          call the redirect URI, so the answer must belong to our request before anything in it is looked at.",
    guards: &[
        "The state must be the one that was sent (RFC 6749 §10.12).",
        "Everything that was asked for must have come.",
        "If the answer names its issuer, it must be ours (RFC 9207); no parameter may come twice.",
    ],
};

/// Hybrid: the ID token from the front channel.
pub(super) static IDENTIFY: Sheet = Sheet {
    id: StepId::Identify,
    title: "Check who signed in",
    why: "The ID token says who signed in before the code is redeemed, and it vouches for the code: c_hash is made from \
          it. Both came through the browser, where one could have been exchanged, so this is checked with the \
          provider's keys before the code is used.",
    guards: &[
        "Signature, issuer, audience, times and nonce must all be right (OpenID Connect Core §3.3.2.12).",
        "c_hash must be half the hash of the code; at_hash that of the access token, if one came.",
    ],
};

/// Authorization code: the back channel.
pub(super) static REDEEM: Sheet = Sheet {
    id: StepId::Token,
    title: "Redeem the code",
    why: "The code went through the person's browser and may have been seen there. Now it is exchanged for tokens in a \
          direct request, together with what a thief of the code does not have: the PKCE verifier, and the client's \
          secret where there is one.",
    guards: &[
        "A code works once, for a few minutes, for this client and redirect URI only.",
        "The verifier must hash to the challenge that was sent (RFC 7636 §4.6).",
        "A redirect is not followed: the secret would go along.",
    ],
};

/// A client that holds a private key, before its token request.
pub(super) static ASSERT: Sheet = Sheet {
    id: StepId::Assert,
    title: "Sign an assertion",
    why: "A secret can be copied from every request that carries it. A private key never leaves this machine: the client \
          writes down who it is and for which endpoint, signs that, and the authority checks the signature with the \
          public key that the registration holds. What you see here is what will be signed, member by member.",
    guards: &[
        "The registration must hold the certificate (or public key), and its thumbprint stands in the header.",
        "iss and sub are this client; aud is the one endpoint that may take the assertion (RFC 7523 §3).",
        "It lives for minutes. Entra takes RSA keys only.",
    ],
};

/// A client whose proof comes from another issuer, before its token request.
pub(super) static FEDERATE: Sheet = Sheet {
    id: StepId::Federate,
    title: "Fetch an assertion",
    why: "The client holds neither secret nor key. The platform it runs on (a build service, a cluster, another tenant) \
          vouches for it with a token of its own, and the registration says which issuer and which subject it trusts. \
          There is nothing to keep, to leak or to renew.",
    guards: &[
        "The registration needs a federated credential whose issuer, subject and audience equal iss, sub and aud, letter \
         for letter.",
        "The authority checks the signature with the keys that the other issuer publishes.",
        "Whoever can get a token with that subject from that issuer is this application: choose the subject narrowly.",
    ],
};

/// On behalf of: the beginning.
pub(super) static GIVEN_ASSERTION: Sheet = Sheet {
    id: StepId::Given,
    title: "Take the caller's token",
    why: "We are an API in the middle: a front end has called us with a token for us. To call the next API in the same \
          person's name, that token is exchanged. It cannot simply be passed on, for its audience is us.",
    guards: &[
        "Its audience must be this application; a token for anybody else is refused.",
        "It must be an access token of a user: no ID token, and no token of an application alone.",
        "It must still be good. Validate it like any caller's token before you exchange it.",
    ],
};

/// Refresh token: the beginning.
pub(super) static GIVEN_REFRESH: Sheet = Sheet {
    id: StepId::Given,
    title: "Take the refresh token",
    why: "An earlier sign-in brought a refresh token. With it new tokens can be had without the person, for any API that \
          this client may call for them; that is why it is worth more than any access token.",
    guards: &[
        "It goes to the token endpoint only, and works for this client only (or its family).",
        "Entra: good for 90 days after its last use; 24 hours in all for single-page applications.",
        "A changed password, a revoked session or a new policy can end it at any time.",
    ],
};

/// Refresh token: the request.
pub(super) static REFRESH: Sheet = Sheet {
    id: StepId::Token,
    title: "Ask for new tokens",
    why: "The refresh token is sent with the scope that is wanted now: the one of the sign-in, less of it, or at Entra \
          that of another API. Policies are looked at afresh, so this is where a revoked session or a new demand shows.",
    guards: &[
        "The same client must ask, and prove itself again if it can.",
        "A new refresh token usually comes along: keep the newest, and destroy the old one, which stays good at Entra.",
        "More than was agreed to is refused, and only a sign-in can change that.",
    ],
};

/// Refresh token: one after another for a list of scopes.
pub(super) static FAN_OUT: Sheet = Sheet {
    id: StepId::FanOut,
    title: "Try every scope",
    why: "At Entra a refresh token belongs to a person and a client, not to an API. The same one is sent once for every \
          scope on the list, and the answers side by side show how far it reaches.",
    guards: &[
        "What consent covers is given, everything else is refused, row by row.",
        "The first token is used for every row: at Entra it stays good, where tokens rotate it does not.",
        "Whoever steals this one token can do the same.",
    ],
};

/// On behalf of: the exchange.
pub(super) static EXCHANGE: Sheet = Sheet {
    id: StepId::Token,
    title: "Exchange the token",
    why: "The authority gets the caller's token and our own credential, and gives a token for the next API that still names \
          the person. What we may do there is what the person agreed to for us, and no more than they may do themselves.",
    guards: &[
        "A credential of our own is always needed: a caller's token alone must not be worth anything elsewhere.",
        "The person (or an administrator) must have agreed to our access; we have no page to ask on.",
        "The new token stays with us: neither the front end nor anybody else but the next API gets to see it.",
        "If a policy wants more, the answer holds a claims challenge, which goes back to the caller.",
    ],
};

/// Password grant: the only request.
pub(super) static PASSWORD: Sheet = Sheet {
    id: StepId::Token,
    title: "Send the password",
    why: "The application has asked the person for their password and sends it along. That teaches people to type it \
          anywhere, and leaves no room for a second factor, a passkey or a company's own sign-in page.",
    guards: &[
        "Only for accounts with a password in the tenant: neither personal nor federated ones, nor guests.",
        "Whoever needs a second factor is refused.",
        "Nothing keeps the password: what is kept, if anything, is the refresh token.",
        "common and consumers are refused.",
    ],
};

/// Client credentials: the only request.
pub(super) static PRESENT: Sheet = Sheet {
    id: StepId::Token,
    title: "Ask for the token",
    why: "No person takes part. The application proves itself and gets a token in its own name, with the permissions \
          that an administrator gave it.",
    guards: &[
        "Only an application that can keep a secret may do this.",
        "The tenant must be named: common, organizations and consumers are refused.",
        "The token holds application permissions (`roles`), which need an administrator's consent. Delegated ones, such as \
         User.Read, do nothing here: nobody is there to delegate.",
        "It names no person, and no refresh token comes: asking again is as easy.",
    ],
};

/// Device code: the beginning.
pub(super) static DEVICE_AUTHORIZATION: Sheet = Sheet {
    id: StepId::DeviceAuthorization,
    title: "Ask for a code",
    why: "This device has no browser, or none that the person wants to type into. It asks for two codes: a long one for \
          itself, and a short one that the person types on another device.",
    guards: &[
        "The codes end after a few minutes.",
        "Only type a code into a page if you started the sign-in yourself (RFC 8628 §5.4).",
    ],
};

/// Device code: waiting.
pub(super) static POLL: Sheet = Sheet {
    id: StepId::Poll,
    title: "Wait for the person",
    why: "While the person signs in elsewhere, this device asks again and again whether they are done. The authority \
          sets the pace; whoever asks faster is told to slow down.",
    guards: &[
        "The interval between polls is kept; slow_down adds 5 seconds for good (RFC 8628 §3.5).",
        "A poll without answer doubles the interval.",
        "When the code has ended, polling ends.",
        "Client and tenant must be those that asked for the code.",
    ],
};

/// Other flows in which a person signs in end here.
pub(super) static VALIDATE_ID: Sheet = Sheet {
    id: StepId::Validate,
    title: "Check the tokens",
    why: "The ID token tells the application who signed in. Before it is believed, its signature is checked with the \
          provider's published keys, and its contents with what we asked for. The access token belongs to an API; it is \
          looked at as that API would, for information only.",
    guards: &[
        "Signature, issuer, audience, times and nonce must all be right (OpenID Connect Core §3.1.3.7).",
        "The key is chosen by `kid` from the provider's own list, never taken from the token.",
    ],
};

/// Implicit ends here.
pub(super) static VALIDATE_IMPLICIT: Sheet = Sheet {
    id: StepId::Validate,
    title: "Check the tokens",
    why: "These tokens came through the browser, not from the token endpoint, so nothing but their own signature speaks \
          for them. The ID token is checked with the provider's keys, and vouches for the access token: at_hash is made \
          from it. An access token without ID token cannot be tied to this sign-in at all.",
    guards: &[
        "Signature, issuer, audience, times and nonce must all be right (OpenID Connect Core §3.2.2.11).",
        "at_hash must be half the hash of the access token that came along (§3.2.2.9).",
    ],
};

/// Hybrid ends here.
pub(super) static VALIDATE_HYBRID: Sheet = Sheet {
    id: StepId::Validate,
    title: "Check the tokens",
    why: "A second ID token has come, from the token endpoint. It is checked like the first, and both must speak of the \
          same person. The access token belongs to an API; it is looked at as that API would, for information only.",
    guards: &[
        "Issuer and subject of both ID tokens must be the same (OpenID Connect Core §3.3.3.6).",
        "The second one need not hold at_hash; if it does, it must fit.",
    ],
};

/// Client credentials ends here.
pub(super) static VALIDATE_ACCESS: Sheet = Sheet {
    id: StepId::Validate,
    title: "Look at the token",
    why: "To the client an access token is opaque: it passes it on and need not understand it. This step sits in the \
          API's place and checks what the API would check, so that a token that will be refused is seen here first.",
    guards: &[
        "An API checks signature, issuer, audience and times before anything else.",
        "Tokens for Microsoft Graph can be checked by Microsoft Graph only.",
    ],
};
