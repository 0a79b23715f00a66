//! What every parameter, member and header of these endpoints means, as data: the text beside each line of a request,
//! an answer, the metadata and the key set.
//!
//! One name has one entry, even where it travels both ways (`state`) or in two documents (`scope`).

/// What is known of one name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name as it is on the wire; headers in lower case.
    pub name: &'static str,
    /// A few words, for the line beside the value.
    pub short: &'static str,
    /// What it does, and the rule that it must obey.
    pub long: &'static str,
    /// Where the rule stands.
    pub source: &'static str,
}

/// What is known of `name`. Header names match in any letter case, parameters only as written (RFC 6749 §3.1).
pub fn meaning(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|known| known.name == name).or_else(|| {
        let lower = name.to_ascii_lowercase();
        HEADERS.iter().find(|known| known.name == lower)
    })
}

/// Whether this is the name of a header that is known here, and of nothing else.
pub fn is_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    HEADERS.iter().any(|known| known.name == lower) && PARAMETERS.iter().all(|known| known.name != name)
}

const fn entry(
    name: &'static str,
    short: &'static str,
    long: &'static str,
    source: &'static str,
) -> Parameter {
    Parameter { name, short, long, source }
}

/// Every parameter and member, in the order in which a sign-in meets them.
pub const PARAMETERS: &[Parameter] = &[
    // our own word for the address line of a draft
    entry(
        "url",
        "where the request goes",
        "The address that is called: from the metadata, or as the run names it. Whoever receives this request sees \
         everything in it.",
        "RFC 9110 §7.1",
    ),
    // requests
    entry(
        "client_id",
        "which application asks",
        "The application's id, given at registration (a GUID on Entra). It is public: it says who asks and proves nothing.",
        "RFC 6749 §2.2",
    ),
    entry(
        "response_type",
        "what the authorization endpoint should give",
        "`code` asks for a code that is worthless without the next step. `token` and `id_token` bring tokens through the browser and must be switched on in the registration.",
        "RFC 6749 §3.1.1",
    ),
    entry(
        "redirect_uri",
        "where the answer goes",
        "Must be one of the registered addresses, character for character; Entra ignores the port of localhost. When the code is redeemed the same value must be sent again.",
        "RFC 6749 §3.1.2, §4.1.3",
    ),
    entry(
        "scope",
        "what is asked for, or was granted",
        "Words separated by blanks. `openid` brings an ID token, `profile` puts names into it and `email` the address, `offline_access` brings a refresh token; the rest name permissions of an API: ask for the least that will do. On Entra one token is for one API, and client credentials take exactly one `…/.default`. In an answer: what was granted, which may be less.",
        "RFC 6749 §3.3",
    ),
    entry(
        "response_mode",
        "how the answer travels to the redirect URI",
        "`query` puts it into the address, `fragment` behind a # that no server sees, `form_post` into a form that the browser posts. Tokens may not travel in the query.",
        "OAuth 2.0 Multiple Response Types §2.1",
    ),
    entry(
        "state",
        "ties the answer to this request",
        "A fresh random value that comes back unchanged. If another one comes back, or none, the answer belongs to somebody else's sign-in and must be thrown away.",
        "RFC 6749 §10.12",
    ),
    entry(
        "nonce",
        "ties the ID token to this request",
        "A fresh random value that must stand in the ID token. A token without it, or with another, was made for a different sign-in and is being replayed.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "code_challenge",
        "the lock that only our verifier opens",
        "Made from `code_verifier`. The authority keeps it with the code and gives tokens only to whoever brings the verifier. With S256 it always has 43 characters.",
        "RFC 7636 §4.2",
    ),
    entry(
        "code_challenge_method",
        "how the challenge was made",
        "`S256` or `plain`. Left out it means plain, which protects nothing against somebody who reads the request.",
        "RFC 7636 §4.3",
    ),
    entry(
        "prompt",
        "how much the person is asked",
        "`login` asks for the password again, `consent` for consent again, `select_account` for the account. `none` forbids every page: the answer is a code or an error at once. Left out, the authority asks for what it needs.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "login_hint",
        "who will probably sign in",
        "A user name or e-mail address that is filled in for the person. It is a suggestion: somebody else may sign in all the same.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "domain_hint",
        "which organisation the person belongs to",
        "Entra: skips the page that finds out where an account lives. `organizations`, `consumers`, a domain or a tenant id.",
        "Entra",
    ),
    entry(
        "max_age",
        "how old the sign-in may be, in seconds",
        "If the person signed in longer ago than this, they must do it again. The ID token must then carry `auth_time`.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "claims",
        "claims or protections that are asked for",
        "A JSON document as text. In an error it is a challenge: send it back unchanged with the next request to satisfy a policy.",
        "OpenID Connect Core §5.5",
    ),
    entry(
        "ui_locales",
        "languages for the pages",
        "Language tags in order of preference, separated by blanks. Servers may ignore it.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "display",
        "what kind of window the pages are shown in",
        "`page`, `popup`, `touch` or `wap`. Rarely honoured.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "acr_values",
        "how strongly the person should sign in",
        "Names of authentication classes in order of preference. What was reached stands in the `acr` claim, and must be checked there.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "id_token_hint",
        "an earlier ID token of the person",
        "Says which account is meant. It may be expired; it is not a credential.",
        "OpenID Connect Core §3.1.2.1",
    ),
    entry(
        "sid",
        "which session of the person is meant",
        "Entra: picks one of several signed-in accounts, together with `prompt=none`.",
        "Entra",
    ),
    entry(
        "instance_aware",
        "asks for the names of the cloud's hosts",
        "Entra: with `true` the answer also says in which national cloud the account lives.",
        "Entra",
    ),
    entry(
        "client_info",
        "the account's ids, for token caches",
        "Entra: `1` in a request asks for it. In an answer it is base64url JSON with the person's and the tenant's id; it is not signed, so decide nothing by it.",
        "Entra",
    ),
    entry(
        "audience",
        "for whom the other issuer's token shall be",
        "Asked of an issuer that vouches for an application: it becomes `aud` of the assertion, and must equal the audience of the federated credential in the registration. Entra proposes `api://AzureADTokenExchange`.",
        "Entra workload identity federation",
    ),
    entry(
        "resource",
        "the API, where scopes are not spoken",
        "The identity endpoint of a machine and Entra's v1.0 endpoints take the API's own name here. v2.0 endpoints want it inside `scope`, and may refuse this one.",
        "RFC 8707 §2",
    ),
    entry(
        "mkt",
        "language of the device-code message",
        "Entra: a language tag such as `de-DE` in the query of the device authorization request. It changes `message` only.",
        "Entra",
    ),
    entry(
        "grant_type",
        "what is exchanged for tokens",
        "Decides which other parameters are needed: `authorization_code`, `client_credentials`, `refresh_token`, or a URN such as the one for device codes.",
        "RFC 6749 §4.1.3, §4.5",
    ),
    entry(
        "code",
        "the authorization code",
        "Proof that a person agreed. It lives about ten minutes on Entra, works once, and only for the client, redirect URI and verifier it was made for.",
        "RFC 6749 §4.1.2",
    ),
    entry(
        "code_verifier",
        "opens the lock that the challenge set",
        "43 to 128 letters, digits and - . _ ~. It never travels before this request, so a stolen code alone is useless.",
        "RFC 7636 §4.1, §4.5",
    ),
    entry(
        "client_secret",
        "the application's password",
        "Only for applications that can keep it to themselves, on a server. What people install or load into a browser has none. Send the secret's value, not its id; keep it out of source code, and renew it before it ends.",
        "RFC 6749 §2.3.1",
    ),
    entry(
        "client_assertion",
        "a signed statement in place of a secret",
        "A JWT that the application signs with its own key, for this one token endpoint and for a few minutes.",
        "RFC 7523 §2.2",
    ),
    entry(
        "client_assertion_type",
        "what kind of statement `client_assertion` is",
        "Always `urn:ietf:params:oauth:client-assertion-type:jwt-bearer` for a JWT.",
        "RFC 7523 §2.2",
    ),
    entry(
        "refresh_token",
        "gets new tokens without the person",
        "Goes to the token endpoint and nowhere else, never to an API. It comes if `offline_access` was granted. Keep it as carefully as a password.",
        "RFC 6749 §1.5, §6",
    ),
    entry(
        "device_code",
        "what the device polls with",
        "Names this sign-in towards the token endpoint. It is the device's secret; the person types `user_code` instead.",
        "RFC 8628 §3.2, §3.4",
    ),
    entry(
        "username",
        "the account's name",
        "Part of the password grant, which hands the person's password to the application and cannot do multi-factor sign-in.",
        "RFC 6749 §4.3.2",
    ),
    entry(
        "password",
        "the account's password",
        "An application should never see it. Use a flow in which the person types it on the authority's own page.",
        "RFC 6749 §4.3.2",
    ),
    entry(
        "assertion",
        "a token that is exchanged for another",
        "On-behalf-of: the access token that an API received, to get one for the next API in the same person's name.",
        "RFC 7523 §2.1",
    ),
    entry(
        "requested_token_use",
        "why a token is exchanged",
        "`on_behalf_of` says that the token of a person is exchanged for one that still names them. With this grant Entra refuses a request without it.",
        "Entra",
    ),
    entry(
        "return_spa_code",
        "asks for a second code for the browser",
        "Entra: a server that redeems a code gets another one that its own page may redeem.",
        "Entra",
    ),
    // answers of the authorization endpoint and refusals
    entry(
        "session_state",
        "the browser session at the authority",
        "Entra: an id for noticing that the person signed out elsewhere. The sign-in itself does not need it.",
        "OpenID Connect Session Management §3",
    ),
    entry(
        "iss",
        "who answers",
        "The issuer's name in an authorization response. It must equal the issuer of the metadata: otherwise the answer of one provider is being passed off as another's.",
        "RFC 9207 §2",
    ),
    entry(
        "error",
        "what went wrong, for the program",
        "The one value that a program may act on. Its words are standardised; everything beside it is for people and may change.",
        "RFC 6749 §4.1.2.1, §5.2",
    ),
    entry(
        "error_description",
        "what went wrong, for people",
        "A sentence for developers. On Entra it begins with the AADSTS number and ends with the ids that support asks for. The wording changes: never compare it.",
        "RFC 6749 §5.2",
    ),
    entry(
        "error_codes",
        "Entra's numbers for the error",
        "A list of numbers. The first one is the AADSTS number that the description begins with.",
        "Entra",
    ),
    entry(
        "error_uri",
        "a page about the error",
        "For people. Entra's leads to its look-up page for the number.",
        "RFC 6749 §5.2",
    ),
    entry(
        "suberror",
        "a finer class of the error",
        "Entra: what kind of interaction would help, such as `basic_action`, `consent_required` or `bad_token`.",
        "Entra",
    ),
    entry(
        "error_subcode",
        "a finer class of the error, in a redirect",
        "Entra: `cancel` means that the person turned back.",
        "Entra",
    ),
    entry(
        "error_additional_info",
        "more about the error, for libraries",
        "Entra: used where a refresh token of another client family was presented.",
        "Entra",
    ),
    entry(
        "timestamp",
        "when the authority refused",
        "UTC. Together with the two ids it finds this event in the sign-in logs.",
        "Entra",
    ),
    entry(
        "trace_id",
        "the authority's id of this request",
        "The same as the header `x-ms-request-id`. Support asks for it.",
        "Entra",
    ),
    entry(
        "correlation_id",
        "ties the requests of one attempt together",
        "The value of our `client-request-id` header if we sent one, else made by the authority. The sign-in logs can be searched for it.",
        "Entra",
    ),
    entry(
        "admin_consent",
        "whether an administrator agreed",
        "Entra: `True` in the answer of the admin consent endpoint. Anybody can call your address with it: check `state`, then look at what was really granted.",
        "Entra",
    ),
    entry(
        "tenant",
        "the tenant in which it happened",
        "Entra: the tenant id in the answer of the admin consent endpoint.",
        "Entra",
    ),
    // answers of the token and device authorization endpoints
    entry(
        "access_token",
        "the key to an API",
        "Send it to that API as `Authorization: Bearer …`. It is addressed to the API: the client should neither read it nor rely on its form.",
        "RFC 6749 §1.4, §5.1",
    ),
    entry(
        "id_token",
        "who signed in, for the client",
        "A signed statement addressed to this client. Check signature, issuer, audience, times and nonce before believing it, and never send it to an API.",
        "OpenID Connect Core §3.1.3.3",
    ),
    entry(
        "token_type",
        "how the access token is presented",
        "`Bearer`: whoever holds it may use it. `pop` is bound to a key.",
        "RFC 6749 §7.1",
    ),
    entry(
        "expires_in",
        "seconds until it ends",
        "Counted from the answer. Entra gives access tokens 60 to 90 minutes, at random, and device codes 15 minutes.",
        "RFC 6749 §5.1",
    ),
    entry(
        "ext_expires_in",
        "seconds it may be stretched to",
        "Entra: how long a client may go on with the token while the authority cannot be reached.",
        "Entra",
    ),
    entry(
        "refresh_in",
        "seconds until a new one should be fetched",
        "Entra: sent with long-lived tokens, half of their life.",
        "Entra",
    ),
    entry(
        "refresh_token_expires_in",
        "seconds the refresh token lives",
        "Entra: for single-page applications, what is left of the 24 hours since sign-in.",
        "Entra",
    ),
    entry(
        "expires_on",
        "when it ends, as a point in time",
        "v1.0 endpoints: seconds since 1970, as text.",
        "Entra",
    ),
    entry("not_before", "from when it is valid", "v1.0 endpoints: seconds since 1970, as text.", "Entra"),
    entry(
        "foci",
        "the family of clients this refresh token serves",
        "Entra: some of Microsoft's own applications may use each other's refresh tokens; `1` names that family.",
        "Entra",
    ),
    entry(
        "spa_code",
        "a second code, for the browser",
        "Entra: answers `return_spa_code`. Redeem it from the page, with an `Origin` header.",
        "Entra",
    ),
    entry(
        "user_code",
        "what the person types",
        "Short, and readable aloud. Type it only if you started this sign-in yourself: whoever sends you a code wants to be signed in as you.",
        "RFC 8628 §3.3, §5.4",
    ),
    entry(
        "verification_uri",
        "where the person types the code",
        "Show it as it came; it may change from one answer to the next.",
        "RFC 8628 §3.3",
    ),
    entry(
        "verification_url",
        "where the person types the code",
        "The v1.0 spelling of `verification_uri`.",
        "Entra",
    ),
    entry(
        "verification_uri_complete",
        "the address with the code in it",
        "Good for a QR code; the person should still compare the code. Entra does not send it.",
        "RFC 8628 §3.3.1",
    ),
    entry(
        "interval",
        "seconds between polls",
        "Five if it is absent. Each `slow_down` adds five for the rest of this sign-in.",
        "RFC 8628 §3.2, §3.5",
    ),
    entry(
        "message",
        "the server's sentence for the person",
        "Entra, in a device-code answer: tells where to go and what to type, in the language of `mkt`. In an error of an identity endpoint: what is wrong.",
        "Entra",
    ),
    // metadata
    entry(
        "issuer",
        "the provider's name for itself",
        "Must be the address that the metadata was asked for, and must stand in every token as `iss`. For several tenants Entra writes `{tenantid}` where the tenant's id belongs. In a key: the issuer that may sign with it.",
        "OpenID Connect Discovery §3, §4.3",
    ),
    entry(
        "authorization_endpoint",
        "where people sign in",
        "A browser goes there; the application never does.",
        "RFC 8414 §2",
    ),
    entry(
        "token_endpoint",
        "where grants become tokens",
        "Called by the application itself, always with POST.",
        "RFC 8414 §2",
    ),
    entry(
        "device_authorization_endpoint",
        "where devices begin",
        "Gives a code for the device and one for the person.",
        "RFC 8628 §4",
    ),
    entry(
        "jwks_uri",
        "where the signing keys are",
        "Public keys. They change without notice: fetch them again when a token names a key that is not there.",
        "RFC 8414 §2",
    ),
    entry(
        "userinfo_endpoint",
        "where claims about the person can be asked for",
        "Takes an access token. On Entra it is at Microsoft Graph.",
        "OpenID Connect Core §5.3",
    ),
    entry(
        "end_session_endpoint",
        "where people sign out",
        "A browser goes there.",
        "OpenID Connect RP-Initiated Logout §2.1",
    ),
    entry("kerberos_endpoint", "for Kerberos clients", "Not part of OAuth.", "Entra"),
    entry(
        "response_types_supported",
        "what may be asked of the authorization endpoint",
        "Values of `response_type`. What an application may really use is set in its registration.",
        "RFC 8414 §2",
    ),
    entry(
        "response_modes_supported",
        "ways an answer may travel",
        "Values of `response_mode`.",
        "RFC 8414 §2",
    ),
    entry(
        "grant_types_supported",
        "what may be exchanged for tokens",
        "Values of `grant_type`. Entra does not list them.",
        "RFC 8414 §2",
    ),
    entry(
        "scopes_supported",
        "scopes the provider admits to",
        "Never all of them: the APIs' own scopes are missing.",
        "RFC 8414 §2",
    ),
    entry(
        "subject_types_supported",
        "how `sub` is made",
        "`pairwise`: each application sees another `sub` for the same person. `public`: all see the same.",
        "OpenID Connect Core §8",
    ),
    entry(
        "id_token_signing_alg_values_supported",
        "algorithms that sign ID tokens",
        "Accept these and no others; above all not `none`.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "token_endpoint_auth_methods_supported",
        "ways an application can prove itself",
        "`client_secret_post` puts the secret into the form, `client_secret_basic` into a header, `private_key_jwt` signs.",
        "RFC 8414 §2",
    ),
    entry(
        "code_challenge_methods_supported",
        "PKCE methods",
        "Entra leaves it out, and does S256 and plain all the same.",
        "RFC 8414 §2",
    ),
    entry(
        "claims_supported",
        "claims the provider may send",
        "Not a promise: each one depends on scope, account and settings.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "request_uri_parameter_supported",
        "whether a request may be given by reference",
        "Entra says no.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "authorization_response_iss_parameter_supported",
        "whether answers name their issuer",
        "If true, an answer without `iss` must be refused.",
        "RFC 9207 §3",
    ),
    entry(
        "http_logout_supported",
        "whether applications are told of a sign-out",
        "The authority calls them through the browser.",
        "OpenID Connect Front-Channel Logout §3",
    ),
    entry(
        "frontchannel_logout_supported",
        "whether applications are told of a sign-out",
        "The authority calls them through the browser.",
        "OpenID Connect Front-Channel Logout §3",
    ),
    entry(
        "tenant_region_scope",
        "the region the tenant lives in",
        "Such as `EU` or `NA`; null where no single tenant is meant.",
        "Entra",
    ),
    entry(
        "cloud_instance_name",
        "which cloud",
        "The sign-in host of the public or of a national cloud.",
        "Entra",
    ),
    entry(
        "cloud_instance_host_name",
        "which cloud",
        "The sign-in host of the public or of a national cloud.",
        "Entra",
    ),
    entry(
        "cloud_graph_host_name",
        "the host of the old directory API",
        "Retired; Microsoft Graph took its place.",
        "Entra",
    ),
    entry("msgraph_host", "the host of Microsoft Graph", "It differs between clouds.", "Entra"),
    entry("rbac_url", "for Microsoft's own services", "Not needed by applications.", "Entra"),
    entry(
        "microsoft_multi_refresh_token",
        "whether one refresh token serves several APIs",
        "Entra's v1.0 document says `true`; it holds for v2.0 as well, which does not say so.",
        "Entra",
    ),
    entry(
        "check_session_iframe",
        "where a page can watch the session",
        "A hidden frame that tells when the person has signed out elsewhere. It needs the authority's cookies inside another site's page, which browsers block more and more.",
        "OpenID Connect Session Management §3.3",
    ),
    entry(
        "revocation_endpoint",
        "where a token can be ended",
        "Takes a refresh or access token that is not wanted any more. Entra has none: sessions are revoked through Microsoft Graph.",
        "RFC 7009 §2, RFC 8414 §2",
    ),
    entry(
        "introspection_endpoint",
        "where an API can ask about a token",
        "Tells an API whether a token is good and what it stands for. Entra has none: its tokens are checked by their signature.",
        "RFC 7662 §2, RFC 8414 §2",
    ),
    entry(
        "registration_endpoint",
        "where applications can be registered",
        "For registration by a program, without a portal. Entra does that through Microsoft Graph instead.",
        "RFC 7591 §3, RFC 8414 §2",
    ),
    entry(
        "pushed_authorization_request_endpoint",
        "where the authorization request can be left first",
        "The application sends the parameters directly and the browser carries only a reference to them.",
        "RFC 9126 §5",
    ),
    entry(
        "token_endpoint_auth_signing_alg_values_supported",
        "algorithms for the client's own assertion",
        "Which signatures `private_key_jwt` may have.",
        "RFC 8414 §2",
    ),
    entry(
        "acr_values_supported",
        "classes of sign-in that can be asked for",
        "Values of `acr_values`.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "claim_types_supported",
        "how claims may be told",
        "`normal` unless something else stands here.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "claims_parameter_supported",
        "whether single claims can be asked for",
        "Whether the parameter `claims` is understood. Left out it means no; Entra leaves it out and understands it.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "request_parameter_supported",
        "whether a request may be given as a signed object",
        "Whether `request` is understood: the parameters as a JWT that cannot be changed on the way.",
        "OpenID Connect Discovery §3",
    ),
    entry(
        "dpop_signing_alg_values_supported",
        "algorithms for tokens that are bound to a key",
        "Present where the provider can bind a token to a key of the client, so that a stolen one is worthless.",
        "RFC 9449 §5.1",
    ),
    entry(
        "tls_client_certificate_bound_access_tokens",
        "whether tokens can be bound to a certificate",
        "Such a token is good only on a connection that was opened with the same certificate.",
        "RFC 8705 §3.3",
    ),
    entry(
        "mtls_endpoint_aliases",
        "the same endpoints, for clients with a certificate",
        "Other addresses to use when the client proves itself in the TLS handshake.",
        "RFC 8705 §5",
    ),
    entry(
        "backchannel_logout_supported",
        "whether applications are told of a sign-out directly",
        "The provider calls them itself, without the browser.",
        "OpenID Connect Back-Channel Logout §2.1",
    ),
    // keys
    entry(
        "keys",
        "the public keys",
        "At least two on Entra, in no order. Pick by `kid`, never by position.",
        "RFC 7517 §5.1",
    ),
    entry(
        "kty",
        "the key's family",
        "`RSA`, `EC` or `OKP`. It decides which algorithms may be used with the key; the token does not.",
        "RFC 7517 §4.1",
    ),
    entry("use", "what the key is for", "`sig` checks signatures.", "RFC 7517 §4.2"),
    entry("kid", "the key's name", "A token's header names the key that signed it.", "RFC 7517 §4.5"),
    entry(
        "alg",
        "the algorithm",
        "In a key: the only one it is for. Entra leaves it out there.",
        "RFC 7517 §4.4",
    ),
    entry(
        "x5t",
        "thumbprint of the key's certificate",
        "SHA-1 of its DER form, base64url. On Entra the same as `kid`.",
        "RFC 7517 §4.8",
    ),
    entry(
        "x5c",
        "the key's certificate",
        "DER in ordinary base64. A self-signed one proves nothing by itself.",
        "RFC 7517 §4.7",
    ),
    entry(
        "n",
        "the RSA modulus",
        "The long number, base64url. 2048 bits are 342 characters.",
        "RFC 7518 §6.3.1",
    ),
    entry("e", "the RSA exponent", "Nearly always `AQAB`, which is 65537.", "RFC 7518 §6.3.1"),
    entry("crv", "the curve", "Which elliptic curve the point lies on.", "RFC 7518 §6.2.1"),
    entry(
        "x",
        "the point's first coordinate",
        "Part of an elliptic-curve key, base64url.",
        "RFC 7518 §6.2.1",
    ),
    entry(
        "y",
        "the point's second coordinate",
        "Part of an elliptic-curve key, base64url.",
        "RFC 7518 §6.2.1",
    ),
    // calling an API
    entry(
        "realm",
        "which part of the server is protected",
        "A name of the server's own. Entra's APIs leave it empty.",
        "RFC 9110 §11.5",
    ),
    entry(
        "authorization_uri",
        "where a token for this API is to be had",
        "Entra's APIs: the authorization endpoint of the tenant that they trust. Take it as a hint, never as an authority to send credentials to.",
        "Entra, claims challenge",
    ),
    entry(
        "body",
        "what is sent, byte for byte",
        "The body of a call to an API, usually JSON. It is no form: `content-type` says what it is.",
        "RFC 9110 §6.4",
    ),
    // the identity endpoint of a machine
    entry(
        "api-version",
        "which form of the endpoint is spoken",
        "`2018-02-01` on virtual machines, `2019-08-01` on App Service. It must be sent.",
        "Azure, managed identity",
    ),
    entry(
        "object_id",
        "which identity, by its object id",
        "Names an identity that was assigned to the machine by hand. Without any name the machine's own is meant.",
        "Azure, managed identity",
    ),
    entry(
        "msi_res_id",
        "which identity, by its Azure resource id",
        "The name that virtual machines use; other hosts say `mi_res_id`.",
        "Azure, managed identity",
    ),
    entry(
        "mi_res_id",
        "which identity, by its Azure resource id",
        "The name that App Service uses; virtual machines say `msi_res_id`.",
        "Azure, managed identity",
    ),
    entry(
        "principal_id",
        "which identity, by its object id",
        "Another name for `object_id` at the identity endpoint.",
        "Azure, managed identity",
    ),
    entry(
        "statusCode",
        "the status again, in the body",
        "App Service answers an error with it, beside `message`.",
        "Azure, managed identity",
    ),
    entry(
        "correlationId",
        "the endpoint's id of this request",
        "App Service: name it when asking for help.",
        "Azure, managed identity",
    ),
    // logout
    entry(
        "post_logout_redirect_uri",
        "where the person goes after signing out",
        "Must be registered: Entra takes the application's redirect URIs. Any other address is ignored, and the visit ends on a page of the authority.",
        "OpenID Connect RP-Initiated Logout §2, §3",
    ),
    entry(
        "logout_hint",
        "whose session is meant",
        "Entra: the opaque `login_hint` claim of the ID token, so that nobody has to pick an account.",
        "OpenID Connect RP-Initiated Logout §2",
    ),
];

/// Every header worth a word.
pub const HEADERS: &[Parameter] = &[
    entry(
        "origin",
        "the web page that calls",
        "Browsers add it to calls across origins. Entra demands it when a single-page application redeems a code, and refuses it for all other platforms.",
        "RFC 6454 §7",
    ),
    entry(
        "content-type",
        "what the body is",
        "Token requests are `application/x-www-form-urlencoded`; answers are `application/json`.",
        "RFC 9110 §8.3",
    ),
    entry("content-length", "how long the body is", "In bytes.", "RFC 9110 §8.6"),
    entry(
        "accept",
        "what kind of answer is wanted",
        "Media types in order of preference.",
        "RFC 9110 §12.5.1",
    ),
    entry(
        "authorization",
        "the credential",
        "`Bearer` with an access token towards an API; `Basic` with id and secret towards a token endpoint.",
        "RFC 9110 §11.6.2",
    ),
    entry(
        "metadata",
        "proof that the request comes from inside",
        "`true`, in lower case. A page or a link cannot make a browser or server add it, so a forged request gets no token.",
        "Azure, managed identity",
    ),
    entry(
        "x-identity-header",
        "proof that the request comes from inside",
        "The value of the environment variable IDENTITY_HEADER, which only the app itself can read.",
        "Azure, managed identity",
    ),
    entry(
        "request-id",
        "the API's id of this request",
        "Microsoft Graph: name it when asking for help.",
        "Microsoft Graph",
    ),
    entry(
        "www-authenticate",
        "what the server wants as credential",
        "Comes with 401. Entra's APIs put a claims challenge here.",
        "RFC 6750 §3",
    ),
    entry(
        "cache-control",
        "whether the answer may be kept",
        "Answers with tokens must say `no-store`.",
        "RFC 6749 §5.1",
    ),
    entry("pragma", "the same for very old caches", "`no-cache` beside `Cache-Control`.", "RFC 6749 §5.1"),
    entry(
        "location",
        "where a redirect leads",
        "Followed by user agents only, one hop at a time; the application never follows one.",
        "RFC 9110 §10.2.2",
    ),
    entry(
        "retry-after",
        "when to try again",
        "Seconds, or a date. Comes with 429 and 503; calling sooner makes it worse.",
        "RFC 9110 §10.2.3",
    ),
    entry(
        "set-cookie",
        "something the user agent should remember",
        "Entra keeps the browser's session in cookies. The application never sees them.",
        "RFC 6265 §4.1",
    ),
    entry(
        "cookie",
        "what the user agent remembered",
        "Carries the browser's session at the authority.",
        "RFC 6265 §4.2",
    ),
    entry(
        "date",
        "the server's clock",
        "Compare it with yours when tokens seem to come from the future.",
        "RFC 9110 §6.6.1",
    ),
    entry(
        "client-request-id",
        "our name for this request",
        "A GUID. Entra uses it as `correlation_id`, so the request can be found in the logs.",
        "Entra",
    ),
    entry(
        "return-client-request-id",
        "asks for our id to be sent back",
        "`true` makes Entra repeat `client-request-id` in the answer.",
        "Entra",
    ),
    entry(
        "x-ms-request-id",
        "the authority's id of this request",
        "The same as `trace_id` in an error.",
        "Entra",
    ),
    entry(
        "x-ms-clitelem",
        "a summary for libraries",
        "Values separated by commas; the second is the error number, 0 for none. On error pages it is the surest place to read it.",
        "Entra",
    ),
    entry("x-ms-ests-server", "which of the authority's servers answered", "Version and region.", "Entra"),
    entry(
        "access-control-allow-origin",
        "which pages may read the answer",
        "Without it a browser hides the answer from the page that asked.",
        "Fetch §3.3",
    ),
    entry(
        "strict-transport-security",
        "only https from now on",
        "Browsers remember it for the host.",
        "RFC 6797 §6.1",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_says_something_and_stands_once() {
        let mut names = BTreeSet::new();
        for entry in PARAMETERS.iter().chain(HEADERS) {
            assert!(names.insert(entry.name), "{} stands twice", entry.name);
            assert!(!entry.short.is_empty() && !entry.source.is_empty(), "{}", entry.name);
            assert!(entry.short.chars().count() <= 60, "{}: too long for a line", entry.name);
            assert!(entry.long.ends_with('.'), "{}: {}", entry.name, entry.long);
        }
    }

    #[test]
    fn headers_match_in_any_letter_case_and_parameters_only_as_written() {
        assert_eq!(meaning("Retry-After").map(|entry| entry.name), Some("retry-after"));
        assert_eq!(meaning("client_id").map(|entry| entry.source), Some("RFC 6749 §2.2"));
        assert_eq!(meaning("Client_Id"), None);
        assert_eq!(meaning("made_up"), None);
    }

    #[test]
    fn names_are_spelled_as_they_travel() {
        for entry in HEADERS {
            assert_eq!(entry.name, entry.name.to_ascii_lowercase());
        }
        for entry in PARAMETERS {
            // The one parameter with a hyphen is Azure's.
            let is_plain = !entry.name.contains(['-', ' ']) || entry.name == "api-version";
            assert!(is_plain, "{}", entry.name);
        }
    }
}
