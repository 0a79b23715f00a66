//! `private_key_jwt`: the application signs an assertion about itself with the key of a registered certificate
//! (reference §4.5). RS256 and PS256 are taken, and the certificate is named by `x5t#S256`, `x5t`, or a `kid` in hex.

use base64::Engine as _;

use super::{
    Request,
    assertion::{Assertion, LENIENT, is_in_time, malformed},
    single_use,
};
use crate::provider::{
    certificate::{Certificate, hex},
    mint,
    public_key::Algorithm,
    refusal::{Refusal, Verdict},
    scenario::Tenant,
    tenant::Segment,
};

/// An assertion of an application about itself, beside the certificate that it names.
struct Presented<'a> {
    request: &'a Request<'a>,
    assertion: &'a Assertion,
    named: Option<Named>,
    certificate: Option<&'a Certificate>,
}

/// How a header names its certificate.
struct Named {
    /// The member of the header.
    by: &'static str,
    /// As it was sent.
    sent: String,
    /// The thumbprint, if it could be read: 20 bytes for SHA-1, 32 for SHA-256.
    thumbprint: Option<Vec<u8>>,
}

type Rule = fn(&Presented<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("assertion.issuer_is_subject", is_about_its_issuer),
    ("assertion.client_id", is_of_this_client),
    ("assertion.algorithm", has_known_algorithm),
    ("assertion.thumbprint", names_a_certificate),
    ("assertion.thumbprint_suits_algorithm", suits_algorithm),
    ("assertion.certificate_registered", is_registered),
    ("assertion.certificate_valid", is_valid),
    ("assertion.signature", is_signed),
    ("assertion.in_time", |presented| is_in_time(presented.request, presented.assertion)),
    ("assertion.audience", is_for_this_tenant),
    ("assertion.unused", |presented| single_use::is_unused(presented.request, presented.assertion)),
];

/// Rule: the assertion proves the application.
pub fn is_right(request: &Request<'_>, assertion: &Assertion) -> Verdict {
    let named = Named::read(assertion);
    let thumbprint = named.as_ref().and_then(|named| named.thumbprint.as_deref());
    let certificate = thumbprint.and_then(|thumbprint| {
        request.client().certificates().find(|certificate| {
            certificate.sha1.as_slice() == thumbprint || certificate.sha256.as_slice() == thumbprint
        })
    });
    let presented = Presented { request, assertion, named, certificate };
    RULES.iter().try_for_each(|(name, rule)| rule(&presented).map_err(|refusal| refusal.by(name)))
}

impl Named {
    fn read(assertion: &Assertion) -> Option<Self> {
        ["x5t#S256", "x5t", "kid"].into_iter().find_map(|by| {
            let sent = assertion.header[by].as_str()?;
            let length = if by == "x5t#S256" { 32 } else { 20 };
            let decoded = LENIENT.decode(sent).ok().filter(|bytes| bytes.len() == length);
            let thumbprint = decoded.or_else(|| if by == "kid" { from_hex(sent) } else { None });
            // A `kid` may be anything; only one that can be a thumbprint names a certificate.
            (by != "kid" || thumbprint.is_some()).then(|| Self { by, sent: sent.to_owned(), thumbprint })
        })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_thumbprint = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    if is_thumbprint { (0..40).step_by(2).map(byte).collect() } else { None }
}

impl Presented<'_> {
    /// 700027, with the slots of the real message: reason, thumbprint, the dates of the key if it was found, the id.
    fn unproved(&self, reason: &str) -> Box<Refusal> {
        let thumbprint = match &self.named {
            Some(Named { thumbprint: Some(bytes), .. }) => hex(bytes),
            Some(named) => named.sent.clone(),
            None => String::new(),
        };
        let id = &self.request.client().app_id;
        let dates = self.certificate.map_or_else(String::new, |certificate| {
            format!(" Found key 'Start={}, End={}'.", certificate.not_before, certificate.not_after)
        });
        let text = format!(
            "The client assertion failed signature validation: {reason}. Thumbprint '{thumbprint}', app '{id}'.{dates}"
        );
        Refusal::new(700_027, "invalid_client", text)
    }
}

fn is_about_its_issuer(presented: &Presented<'_>) -> Verdict {
    let (issuer, subject) = (presented.assertion.issuer(), presented.assertion.subject());
    if issuer == subject {
        return Ok(());
    }
    Err(Refusal::new(50048, "invalid_client", "The subject of the assertion is not its issuer.")
        .demands("an application speaks for itself: `iss` and `sub` are both its client id")
        .compares("sub", subject, [issuer]))
}

fn is_of_this_client(presented: &Presented<'_>) -> Verdict {
    let (issuer, id) = (presented.assertion.issuer(), &presented.request.client().app_id);
    if issuer.eq_ignore_ascii_case(id) {
        return Ok(());
    }
    Err(Refusal::new(700_021, "invalid_client", "The assertion's application id differs from client_id.")
        .demands("`iss` and `sub` must be the client id of the request")
        .compares("iss", issuer, [id]))
}

fn has_known_algorithm(presented: &Presented<'_>) -> Verdict {
    let sent = presented.assertion.algorithm();
    if Algorithm::parse(sent).is_some() {
        return Ok(());
    }
    Err(presented
        .unproved("the algorithm is not supported")
        .demands("only RSA signatures are taken: RS256 and PS256")
        .compares("alg", sent, ["PS256", "RS256"]))
}

fn names_a_certificate(presented: &Presented<'_>) -> Verdict {
    if presented.named.is_some() {
        return Ok(());
    }
    Err(malformed("its header has neither x5t nor x5t#S256")
        .demands("the header names the certificate by its thumbprint, so that the service knows which key to check with")
        .compares("x5t#S256", "(nothing)", ["base64url of the certificate's SHA-256"]))
}

fn suits_algorithm(presented: &Presented<'_>) -> Verdict {
    let by = presented.named.as_ref().map(|named| named.by);
    if by != Some("x5t") || presented.assertion.algorithm() != "PS256" {
        return Ok(());
    }
    let text = "A PS256 signature needs the SHA-256 thumbprint of the certificate, not the SHA-1 one.";
    Err(Refusal::new(5_002_730, "invalid_client", text)
        .demands("PS256 goes with `x5t#S256`, RS256 with either")
        .compares("header", "PS256 with x5t", ["PS256 with x5t#S256", "RS256 with x5t"]))
}

fn is_registered(presented: &Presented<'_>) -> Verdict {
    let Some(named) = presented.named.as_ref().filter(|_| presented.certificate.is_none()) else {
        return Ok(());
    };
    let encode = |certificate: &Certificate| match named.by {
        "x5t#S256" => certificate.x5t_s256(),
        _ => certificate.x5t(),
    };
    let mut registered: Vec<String> = presented
        .request
        .client()
        .certificates()
        .map(|certificate| format!("{} ({})", encode(certificate), certificate.subject))
        .collect();
    if registered.is_empty() {
        registered.push("(no certificate is registered)".to_owned());
    }
    let demand = if named.thumbprint.is_some() {
        "the certificate must be registered with this application"
    } else {
        "a thumbprint is base64url of the raw bytes, 20 for x5t and 32 for x5t#S256; not of their hex digits"
    };
    Err(presented.unproved("key was not found").demands(demand).compares(named.by, &named.sent, registered))
}

fn is_valid(presented: &Presented<'_>) -> Verdict {
    let now = presented.request.call.now;
    let Some(certificate) = presented.certificate.filter(|certificate| !certificate.is_valid_at(now)) else {
        return Ok(());
    };
    let (from, to) = (certificate.not_before, certificate.not_after);
    let text = format!(
        "The certificate '{}' is outside its validity. Now {now}, from {from}, to {to}.",
        certificate.thumbprint()
    );
    Err(Refusal::new(1_000_502, "invalid_client", text)
        .demands("the certificate itself must be valid, whatever the assertion's own times are")
        .compares("now", now.date_time(), [format!("from {from}"), format!("to {to}")]))
}

fn is_signed(presented: &Presented<'_>) -> Verdict {
    let Some(certificate) = presented.certificate else { return Ok(()) };
    let (reason, demand) = match &certificate.key {
        None => ("key found but its kind is not supported", "only certificates with RSA keys can be used"),
        Some(key) if presented.assertion.is_signed_by(key) => return Ok(()),
        Some(_) => (
            "signature value did not match",
            "header and claims must be signed, as they are sent, with the private key of the named certificate",
        ),
    };
    Err(presented.unproved(reason).demands(demand).compares(
        "signature",
        format!("(by {})", presented.assertion.algorithm()),
        [format!("one that the key of {} verifies", certificate.subject)],
    ))
}

/// The token endpoint by whichever name of the tenant, of either version; and the issuers.
fn is_for_this_tenant(presented: &Presented<'_>) -> Verdict {
    let request = presented.request;
    let base = &request.call.base;
    let names_it = |audience: &str| {
        let Some((segment, path)) = audience
            .strip_prefix(base.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.split_once('/'))
        else {
            return false;
        };
        matches!(path, "oauth2/v2.0/token" | "oauth2/token" | "v2.0" | "")
            && match (Segment::read(segment, request.scenario), request.segment.tenant()) {
                (Segment::Common | Segment::Organizations, _) => true,
                (Segment::Tenant(named), Some(tenant)) => named.id == tenant.id,
                (Segment::Tenant(_), None) => true,
                _ => false,
            }
    };
    let audiences = presented.assertion.audiences();
    if audiences.iter().any(|audience| names_it(audience)) {
        return Ok(());
    }
    let name =
        request.segment.tenant().map_or("common", |tenant: &std::sync::Arc<Tenant>| tenant.id.as_str());
    let text = "The assertion's audience is not this authority.";
    Err(Refusal::new(700_023, "invalid_client", text)
        .demands("`aud` is the tenant's token endpoint, on the address that the request goes to")
        .compares(
            "aud",
            audiences.join(" "),
            [format!("{base}/{name}/oauth2/v2.0/token"), mint::issuer(base, name, 2)],
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_taken_for_forty_digits_only() {
        assert_eq!(from_hex(&"0A".repeat(20)), Some(vec![10; 20]));
        assert_eq!((from_hex("0A"), from_hex(&"zz".repeat(20))), (None, None));
        assert_eq!(from_hex(&"é".repeat(20)), None);
    }
}
