//! `authwright certificate inspect`: the thumbprint bench on the command line.

use std::{io::Read as _, path::Path};

use serde_json::json;

use crate::{
    cli::exit::{Exit, argument, print, usage},
    finding::{Finding, Severity},
    runtime::clock,
    text::{visible, visible_json},
    time,
    token::thumbprint::{Certificate, Comparison},
};

/// Reads the certificate, prints its thumbprints, and compares.
pub(super) fn execute(file: &Path, against: Option<&str>, as_json: bool) -> Exit {
    if file == Path::new("-") && against == Some("-") {
        return usage("standard input can be one of the two, not both");
    }
    let certificate = match read(file) {
        Ok(certificate) => certificate,
        Err(why) => return usage(format!("{}: {why}", file.display())),
    };
    let text = match against.map(|text| argument(text, "--against")).transpose() {
        Ok(text) => text,
        Err(why) => return usage(why),
    };
    let compared = text.as_deref().map(|text| certificate.compare(text)).unwrap_or_default();
    if text.is_some() && compared.is_empty() {
        return usage("--against: there is no thumbprint in it");
    }
    let signature = text.as_deref().and_then(|text| certificate.signed(text));
    let print_it = if as_json { as_object } else { as_lines };
    print_it(&certificate, &compared, signature.as_ref());
    // A registration holds several keys: one that fits is enough.
    let fits = compared.is_empty() || compared.iter().any(|one| one.fits);
    let is_signed = signature.is_none_or(|one| one.severity == Severity::Passed);
    if fits && is_signed { Exit::Done } else { Exit::Refused }
}

fn read(file: &Path) -> Result<Certificate, String> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let all = std::io::stdin().lock().take(1024 * 1024).read_to_end(&mut bytes);
        all.map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    Certificate::read(&bytes.map_err(|why| why.to_string())?).map_err(|why| why.to_string())
}

fn as_object(certificate: &Certificate, compared: &[Comparison], signature: Option<&Finding>) {
    let finding = |one: &Finding| json!({"id": one.id, "severity": one.severity.name(), "title": one.title});
    let object = json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "key": certificate.key,
        "begins": certificate.not_before.rfc3339(),
        "ends": certificate.not_after.rfc3339(),
        "forms": certificate.forms().iter().map(|form| json!({
            "hash": form.hash.title(), "name": form.name, "value": form.text, "about": form.about,
        })).collect::<Vec<_>>(),
        "compared": compared.iter().map(|one| json!({
            "slot": one.slot.name(),
            "used": one.used,
            "expected": one.expected,
            "fits": one.fits,
            "mixups": one.mixups.iter().map(|mixup| json!({"id": mixup.name(), "about": mixup.about()})).collect::<Vec<_>>(),
            "finding": finding(&one.finding),
        })).collect::<Vec<_>>(),
        "signature": signature.map(finding),
    });
    print(visible_json(&serde_json::to_string_pretty(&object).unwrap_or_default()));
}

fn as_lines(certificate: &Certificate, compared: &[Comparison], signature: Option<&Finding>) {
    let now = clock::now();
    print(format!("Subject   {}", visible(&certificate.subject)));
    if certificate.issuer != certificate.subject {
        print(format!("Issuer    {}", visible(&certificate.issuer)));
    }
    print(format!("Key       {}", certificate.key));
    print(format!("Serial    {}", certificate.serial));
    let ends = time::relative(certificate.not_after, now);
    print(format!(
        "Valid     {} to {} ({ends})",
        certificate.not_before.date_time(),
        certificate.not_after.date_time()
    ));
    let mut hash = None;
    for form in certificate.forms() {
        if hash != Some(form.hash) {
            hash = Some(form.hash);
            print(format!("\n{}", form.hash.title()));
        }
        print(format!("  {:<9} {}", form.name.trim_end_matches("_s256").replace('_', " "), form.text));
        print(format!("            {}", form.about));
    }
    for one in compared {
        print(format!("\n{} {}", one.finding.severity.mark(), one.finding.title));
        print(format!("    in use    {}", one.used));
        if !one.fits {
            print(format!("    expected  {}", one.expected));
        }
        for mixup in one.mixups.iter().skip(1) {
            print(format!("    also: {}", mixup.about()));
        }
    }
    if let Some(signature) = signature {
        print(format!("\n{} {}", signature.severity.mark(), signature.title));
    }
}
