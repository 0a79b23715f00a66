//! What people paste, and pieces of it that matter to a reader.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn token(header: &str, claims: &str, signature: usize) -> String {
    format!("{}.{}.{}", encode(header), encode(claims), encode(vec![0xa7; signature]))
}

/// Pieces that are put into texts.
pub const PIECES: &[&str] = &[
    "Bearer ",
    "bearer",
    "\"",
    "'",
    "`",
    "=",
    "==",
    ":",
    ": ",
    ".",
    "..",
    "...",
    "…",
    "%",
    "%2E",
    "%252E",
    "%3D",
    "&",
    "?",
    "#",
    "://",
    "https://x/#id_token=",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u{200b}",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "\u{1b}]0;x\u{7}",
    "\u{1b}",
    "{",
    "}",
    "[",
    "]",
    "{\"",
    "\":\"",
    "\\\"",
    "\\",
    ",",
    ";",
    "|",
    "<",
    ">",
    "eyJ",
    "eyI",
    "eyJhbGciOiJub25lIn0",
    ".eyJ",
    "0.A",
    "1.AX",
    "EwB",
    "Ew",
    "ghp_",
    "AQAB",
    "PHNhbWxwOlJl",
    "<saml:Assertion",
    "-----BEGIN ",
    "access_token",
    "refresh_token=",
    "\"id_token\":",
    "code=",
    "SAMLResponse=",
    "ESTSAUTH=",
    "DPoP: ",
    "Authorization:",
    "Cookie: ",
    "8Q~",
    "é",
    "\u{1f600}",
    "+",
    "/",
    "-",
    "_",
    "~",
    "$",
    "!",
    "\0",
    "null",
    "9999999999999999999",
    "-1",
    "1e400",
];

/// Whole texts.
pub fn corpus() -> Vec<String> {
    let id = r#"{"aud":"8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55","iss":"https://login.microsoftonline.com/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/v2.0","iat":1772615427,"nbf":1772615427,"exp":1772619327,"name":"Mina Okafor","nonce":"n-0S6","oid":"4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d","sub":"R2pT0mXh","tid":"3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40","ver":"2.0","_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.windows.net/x"}}}"#;
    let graph = r#"{"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/","iat":1772615427,"exp":"1772619327","appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","appidacr":"0","scp":"openid Mail.Read User.Read.All","wids":["62e90394-69f5-4237-9190-012177145e10"],"amr":["pwd","mfa"],"xms_cc":["cp1"],"idtyp":"user","signin_state":["kmsi"],"acct":1,"xms_tcdt":1500000000,"é\u202e":"\u001b[31m","ver":"1.0"}"#;
    let header = r#"{"typ":"JWT","alg":"RS256","kid":"k1"}"#;
    let id_token = token(header, id, 256);
    let access = token(r#"{"typ":"JWT","nonce":"x","alg":"RS256","x5t":"k1","kid":"k1"}"#, graph, 256);
    let unsecured = format!("{}.{}.", encode("{\"alg\":\"none\"}"), encode("{\"sub\":\"x\"}"));
    let encrypted =
        format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#));
    let nested =
        format!("{}.{}.{}", encode(r#"{"alg":"ES256","cty":"JWT"}"#), encode(&id_token), encode([7; 64]));
    let refresh = format!("1.{}.AgABAwEAAAD", "AXEAHpwqP1R7DkqaYVyOL3sdQ".repeat(8));
    let saml = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r"><Issuer>https://sts.windows.net/x/</Issuer><saml:Assertion><saml:Conditions NotOnOrAfter="2026-03-04T10:10:27Z"><saml:Audience>urn:app</saml:Audience></saml:Conditions><saml:Attribute Name="a"><saml:AttributeValue>1&amp;2</saml:AttributeValue></saml:Attribute></saml:Assertion></samlp:Response>"#;
    let wrapped: Vec<_> = id_token.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    let parts: Vec<_> = id_token.split('.').collect();
    let b64 = encode(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#);
    let info = encode(
        r#"{"uid":"4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d","utid":"3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40"}"#,
    );
    vec![
        id_token.clone(),
        access.clone(),
        unsecured.clone(),
        encrypted.clone(),
        nested,
        refresh.clone(),
        format!("Authorization: Bearer {access}"),
        wrapped.join("\r\n"),
        format!("\u{1b}[2m09:15:27\u{1b}[0m access_token={access}; id_token={id_token}"),
        format!("curl -H 'Authorization: Bearer {unsecured}' -d refresh_token={refresh} https://x.example/"),
        format!(
            r#"{{"token_type":"Bearer","access_token":"{access}","id_token":"{id_token}","refresh_token":"{refresh}","client_info":"{info}"}}"#
        ),
        format!("http://localhost:5001/cb?code={refresh}&client_info={info}&state=12345#id_token={id_token}"),
        format!("https%3A%2F%2Fx.example%2F%23id_token%3D{unsecured}"),
        id_token.replace('.', "%252E"),
        format!(
            r#"{{"payload":"{}","signatures":[{{"protected":"{}","signature":"{}"}}]}}"#,
            parts[1], parts[0], parts[2]
        ),
        format!(r#"{{"protected":"{b64}","payload":"$.02","signature":"{}"}}"#, encode([7; 32])),
        format!("{b64}..{}", encode([7; 32])),
        saml.to_owned(),
        STANDARD.encode(saml),
        format!(
            "SAMLResponse={}&RelayState=x",
            STANDARD.encode(saml).replace('+', "%2B").replace('=', "%3D")
        ),
        format!("Cookie: ESTSAUTHPERSISTENT={refresh}; session={unsecured}"),
        "-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----".to_owned(),
        r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}"#.to_owned(),
        format!("abc8Q~{}", "x".repeat(34)),
        "EwB4A8l6".to_owned() + &"BAAUkj1NuJYtTVha0123".repeat(20),
        "8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55".to_owned(),
        format!(
            "{}.{}.x",
            encode(r#"{"alg":"RS256"}"#),
            encode("{\"a\":\"\u{202e}\",\"a\":[[[1,2,{\"b\":null}]]]}")
        ),
        "this is not a token".to_owned(),
    ]
}
