//! `authwright certificate`: key pairs for applications that prove themselves without a secret, and their thumbprints.

mod assertion;
mod inspect;

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::exit::{Exit, print, usage};
use crate::{provider::certificate::hex, runtime::key_pair, text::visible};

/// The options of `certificate`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an RSA key and a self-signed certificate, as two PEM files
    New {
        /// The common name of the certificate, such as the application's name
        #[arg(long, value_name = "CN")]
        name: String,
        /// How many days it lasts
        #[arg(long, value_name = "N", default_value_t = 180)]
        days: u32,
        /// The folder that the two files are written to
        #[arg(long, value_name = "DIR")]
        out_dir: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a client assertion with every member in view; it goes to standard output
    Assert(Box<assertion::Options>),
    /// Show a certificate's thumbprints in every form, and compare them with one in use
    #[command(after_help = "Exit status: 0 done, 3 a thumbprint does not fit, 2 usage or bad input.")]
    Inspect {
        /// The certificate: PEM, DER, or base64; - reads standard input
        file: PathBuf,
        /// What holds the thumbprint in use: the value, x5t=VALUE, a client assertion, or JSON of a registration; @FILE and - as well
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        against: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    match &options.command {
        Command::New { name, days, out_dir, json } => new(name, *days, out_dir, *json),
        Command::Assert(options) => assertion::execute(options),
        Command::Inspect { file, against, json } => inspect::execute(file, against.as_deref(), *json),
    }
}

fn new(name: &str, days: u32, out_dir: &Path, json: bool) -> Exit {
    let made = match key_pair::make(name, days) {
        Ok(made) => made,
        Err(why) => return usage(why.to_string()),
    };
    let stem = file_stem(name);
    let key_file = out_dir.join(format!("{stem}.key.pem"));
    let certificate_file = out_dir.join(format!("{stem}.cert.pem"));
    // Both or none: a certificate without its key is of no use to anybody.
    for file in [&key_file, &certificate_file] {
        if file.exists() {
            return usage(format!("{} is there already; nothing was written", file.display()));
        }
    }
    let written = fs::create_dir_all(out_dir)
        .and_then(|()| write_new(&key_file, made.private_key_pem.expose(), true))
        .and_then(|()| write_new(&certificate_file, &made.certificate_pem, false));
    if let Err(why) = written {
        return usage(format!("{}: {why}", out_dir.display()));
    }
    let certificate = &made.certificate;
    if json {
        let object = json!({
            "private_key": key_file.display().to_string(),
            "certificate": certificate_file.display().to_string(),
            "subject": certificate.subject,
            "begins": certificate.not_before.rfc3339(),
            "ends": certificate.not_after.rfc3339(),
            "thumbprint_sha1": certificate.thumbprint(),
            "thumbprint_sha256": hex(&certificate.sha256),
            "x5t": certificate.x5t(),
            "x5t#S256": certificate.x5t_s256(),
        });
        print(object.to_string());
        return Exit::Done;
    }
    print(format!("Private key      {}", key_file.display()));
    print(format!("Certificate      {}", certificate_file.display()));
    print(format!("Subject          {}", visible(&certificate.subject)));
    print(format!("Until            {}", certificate.not_after));
    print(format!("SHA-1            {}", certificate.thumbprint()));
    print(format!("  as x5t         {}", certificate.x5t()));
    print(format!("SHA-256          {}", hex(&certificate.sha256)));
    print(format!("  as x5t#S256    {}", certificate.x5t_s256()));
    print("");
    print("Give the certificate to the registration, and keep the private key to yourself:");
    print(format!(
        "  az ad app credential reset --id CLIENT_ID --append --cert @{}",
        certificate_file.display()
    ));
    print("or to an application of the lab tenant:");
    print(format!("  authwright serve --certificate price-feed={}", certificate_file.display()));
    Exit::Done
}

/// A file name from a common name: letters and digits in lower case, dashes for the rest.
fn file_stem(name: &str) -> String {
    let dashed: String =
        name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "certificate".to_owned() } else { words.join("-") }
}

/// Writes a file that was not there before. A secret one is for its owner alone from the first byte on.
fn write_new(path: &Path, text: &str, is_secret: bool) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_no_surprises() {
        assert_eq!(file_stem("Northwind Price Feed"), "northwind-price-feed");
        assert_eq!(file_stem("../../etc/x"), "etc-x");
        assert_eq!(file_stem("//"), "certificate");
    }
}
