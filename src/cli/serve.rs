//! `authwright serve`: the lab tenant alone, for other programs.

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::exit::{Exit, print, say, usage};
use crate::{
    provider::certificate::{self, Certificate},
    runtime::{self, folders, lab, signals},
    text::visible,
};

/// The options of `serve`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The port for http; 7080 or a free one if absent
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// The port for https; 7443 or a free one if absent
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// Keep the tenant in this folder, so that it goes on after a restart: directory, grants, keys, refresh tokens. It holds
    /// secrets. Without it the tenant begins anew, and only its certificate authority is kept, in the platform's folder
    #[arg(long, value_name = "DIR")]
    state_dir: Option<std::path::PathBuf>,
    /// A scenario file (TOML) in place of Northwind Retail
    #[arg(long, value_name = "FILE")]
    scenario: Option<std::path::PathBuf>,
    /// Register a certificate (PEM) with an application of the lab, by its key or client id; may be given again
    #[arg(long, value_name = "APP=FILE")]
    certificate: Vec<String>,
    /// Print JSON lines: first one that says where it listens
    #[arg(long)]
    json: bool,
}

/// Runs it until it is interrupted.
pub fn execute(options: &Options) -> Exit {
    let tokio = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(tokio) => tokio,
        Err(why) => return usage(format!("no worker threads can be started: {why}")),
    };
    let scenario = match super::tenant::scenario(options.scenario.as_deref()) {
        Ok(scenario) => scenario,
        Err(why) => return usage(why),
    };
    let certificates = match read_certificates(&options.certificate) {
        Ok(certificates) => certificates,
        Err(why) => return usage(why),
    };
    let lab_options = lab::Options {
        port: options.http_port,
        https_port: options.https_port,
        scenario,
        state: options.state_dir.clone().or_else(folders::state),
        keep: options.state_dir.clone(),
        control: true,
    };
    tokio.block_on(async {
        // Nobody looks at the notes here; the queue is drained so that it never fills.
        let (events, mut queue) = mpsc::channel(runtime::QUEUE);
        let lab = match lab::start(lab_options, events).await {
            Ok(lab) => lab,
            Err(why) => return usage(format!("the lab tenant cannot start: {why}")),
        };
        let mut registered = Vec::new();
        for (application, der) in &certificates {
            match lab.register_certificate(application, der).await {
                Ok(certificate) => registered.push((application.as_str(), certificate)),
                Err(why) => return usage(format!("--certificate {application}: {why}")),
            }
        }
        let ca = match lab.ca().await {
            Ok(ca) => ca,
            Err(why) => return usage(format!("https cannot be offered: {why}")),
        };
        if let Some(remark) = &ca.remark {
            say(format!("authwright: {}", visible(remark)));
        }
        announce(&lab, &ca, &registered, options.json);
        let drain = async { while queue.recv().await.is_some() {} };
        tokio::select! {
            () = signals::ended() => {}
            () = drain => {}
            () = tell(lab.remarks()) => {}
        }
        if let Err(why) = lab.save().await {
            say(format!("authwright: {}", visible(&why)));
        }
        Exit::Done
    })
}

/// Says what comes up while it runs, for as long as it runs.
async fn tell(mut remarks: watch::Receiver<Vec<String>>) {
    let mut told = 0;
    loop {
        let new = remarks.borrow_and_update().get(told..).unwrap_or_default().to_vec();
        told += new.len();
        for remark in new {
            say(format!("authwright: {}", visible(&remark)));
        }
        if remarks.changed().await.is_err() {
            // Nobody is left who could say anything.
            std::future::pending::<()>().await;
        }
    }
}

/// `APP=FILE` to the application and the certificate in DER.
fn read_certificates(options: &[String]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let read = |option: &String| {
        let (application, file) =
            option.split_once('=').ok_or_else(|| format!("--certificate wants APP=FILE, not {option:?}"))?;
        let text = std::fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
        let der = certificate::der_of(&text).map_err(|why| format!("{file}: {why}"))?;
        Ok((application.to_owned(), der))
    };
    options.iter().map(read).collect()
}

/// Says where the tenant answers, and what another program needs for it.
fn announce(lab: &lab::Lab, ca: &lab::Ca, registered: &[(&str, Certificate)], as_json: bool) {
    let base = lab.base().as_str().trim_end_matches('/');
    let (endpoint, header) = (format!("{base}/msi/token"), lab.identity_header().expose());
    if as_json {
        let certificates: Vec<_> = registered
            .iter()
            .map(|(application, certificate)| {
                json!({
                    "application": application,
                    "thumbprint": certificate.thumbprint(),
                    "x5t#S256": certificate.x5t_s256(),
                    "ends": certificate.not_after.rfc3339(),
                })
            })
            .collect();
        let mut ready = json!({
            "event": "ready",
            "http": lab.base().as_str(),
            "https": lab.https_base().as_str(),
            "ca": ca.file.as_ref().map(|file| file.display().to_string()),
            "pipeline": format!("{base}/pipeline"),
            "managed_identity": {
                "app_service": { "IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": header },
                "virtual_machine": { "AZURE_POD_IDENTITY_AUTHORITY_HOST": base },
            },
            "certificates": certificates,
        });
        if let Some((address, token)) = lab.control() {
            ready["control"] = json!(address.as_str());
            ready["control_token"] = json!(token.expose());
        }
        if ca.file.is_none() {
            // Otherwise nobody could trust it.
            ready["ca_pem"] = json!(ca.pem);
        }
        print(ready.to_string());
        return;
    }
    print(format!("The lab tenant answers at {} and {}", lab.base(), lab.https_base()));
    print("People, applications and their lab credentials: authwright tenant show");
    print("");
    trust(lab, ca);
    print("");
    print("Managed identity for another program, as on App Service:");
    print(format!("  IDENTITY_ENDPOINT={endpoint}"));
    print(format!("  IDENTITY_HEADER={header}"));
    print("or, with these two unset, as on a virtual machine:");
    print(format!("  AZURE_POD_IDENTITY_AUTHORITY_HOST={base}"));
    print(format!("A pipeline's token: {base}/pipeline/token?audience=api://AzureADTokenExchange"));
    if let Some((address, token)) = lab.control() {
        print("");
        print("It takes orders (authwright tenant order, forge, reset, export) from whoever has");
        print(format!("  AUTHWRIGHT_CONTROL={address}"));
        print(format!("  AUTHWRIGHT_CONTROL_TOKEN={}", token.expose()));
    }
    for (application, certificate) in registered {
        print(format!(
            "{application} takes the certificate {} ({})",
            certificate.thumbprint(),
            visible(&certificate.subject)
        ));
    }
    say("Ctrl-C ends it.");
}

/// How other programs come to trust the https address, and how Microsoft's clients are pointed at it.
fn trust(lab: &lab::Lab, ca: &lab::Ca) {
    let base = lab.https_base().as_str().trim_end_matches('/');
    let host = base.trim_start_matches("https://");
    let file = if let Some(file) = &ca.file {
        visible(&file.display().to_string()).into_owned()
    } else {
        print("The certificate to trust, which is in no file; save it as lab-ca.pem:");
        print(ca.pem.trim_end());
        "lab-ca.pem".to_owned()
    };
    print(
        "Over https its certificate comes from a CA of its own, installed nowhere. A program trusts it when told so:",
    );
    let told = |who: &str, what: &str| print(format!("  {who:<38} {what}"));
    told("MSAL Python, azure-identity, Azure CLI", &format!("REQUESTS_CA_BUNDLE={file}"));
    told("azure-identity with asyncio", &format!("SSL_CERT_FILE={file}"));
    told("MSAL Node", &format!("NODE_EXTRA_CA_CERTS={file}"));
    told("curl", &format!("--cacert {file}"));
    told("authwright run", &format!("--authority {base} --ca {file}"));
    print("They ask Microsoft about an authority that they do not know, unless they are told not to:");
    told("MSAL Python", &format!("authority=\"{base}/TENANT\", instance_discovery=False"));
    told("azure-identity", &format!("authority=\"{base}\", disable_instance_discovery=True"));
    told("MSAL Node", &format!("authority: \"{base}/TENANT\", knownAuthorities: [\"{host}\"]"));
    told("Azure CLI", &format!("az cloud register … --endpoint-active-directory {base}"));
    told("", "az config set core.instance_discovery=false");
}
