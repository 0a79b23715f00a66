//! The options that say how the application proves itself, and which tokens a run begins with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use url::Url;

use super::target::from_environment;
use crate::{
    flow::{Credential, Federated, Profile, SecretMethod, SigningAlgorithm},
    runtime::client_key::{self, Thumbprint},
    secret::Secret,
};

/// How the application proves itself. One of secret, certificate, key, PFX and assertion.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CredentialOptions {
    /// The environment variable that holds the client secret
    #[arg(long, value_name = "VAR", group = "proof", help_heading = "Credential")]
    pub client_secret_env: Option<String>,
    /// How the secret travels: post (in the form) or basic (in a header); unless given, as the provider offers
    #[arg(long, value_name = "HOW", value_parser = secret_method, requires = "client_secret_env", help_heading = "Credential")]
    pub secret_method: Option<SecretMethod>,
    /// The certificate (PEM); its private key stands in the same file or in --key
    #[arg(long, value_name = "FILE", conflicts_with = "proof", help_heading = "Credential")]
    pub certificate: Option<PathBuf>,
    /// The private key (PEM: PKCS#8 or PKCS#1); without --certificate the provider knows it by --key-id
    #[arg(long, value_name = "FILE", conflicts_with = "proof", help_heading = "Credential")]
    pub key: Option<PathBuf>,
    /// A PFX (PKCS#12) file with certificate and key
    #[arg(long, value_name = "FILE", group = "proof", help_heading = "Credential")]
    pub pfx: Option<PathBuf>,
    /// The environment variable that holds the password of the PFX file
    #[arg(long, value_name = "VAR", requires = "pfx", help_heading = "Credential")]
    pub pfx_password_env: Option<String>,
    /// With which algorithm the key signs: PS256 or RS256
    #[arg(long, value_name = "NAME", value_parser = algorithm, help_heading = "Credential")]
    pub signing_algorithm: Option<SigningAlgorithm>,
    /// By which hash the certificate is named: sha1 (x5t) or sha256 (x5t#S256); unless given, sha256 with PS256
    #[arg(long, value_name = "HASH", value_parser = thumbprint, help_heading = "Credential")]
    pub thumbprint: Option<Thumbprint>,
    /// The name under which the provider holds the public key (kid)
    #[arg(long, value_name = "ID", help_heading = "Credential")]
    pub key_id: Option<String>,
    /// A file with another issuer's assertion that vouches for the application
    #[arg(long, value_name = "FILE", group = "proof", help_heading = "Credential")]
    pub assertion_file: Option<PathBuf>,
    /// The environment variable that holds such an assertion
    #[arg(long, value_name = "VAR", group = "proof", help_heading = "Credential")]
    pub assertion_env: Option<String>,
    /// The address from which such an assertion is fetched
    #[arg(long, value_name = "URL", group = "proof", help_heading = "Credential")]
    pub assertion_url: Option<Url>,
}

/// The token that a run begins with.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct GivenOptions {
    /// On behalf of: a file with the user's access token for this application
    #[arg(long, value_name = "FILE", conflicts_with = "refresh_token_file", help_heading = "Tokens")]
    pub user_assertion_file: Option<PathBuf>,
    /// A file with the refresh token
    #[arg(long, value_name = "FILE", help_heading = "Tokens")]
    pub refresh_token_file: Option<PathBuf>,
    /// Try the refresh token on this scope as well, one row each (repeatable)
    #[arg(long, value_name = "SCOPES", help_heading = "Tokens")]
    pub fan_out: Vec<String>,
}

impl CredentialOptions {
    /// The credential that these options describe, if they do.
    pub fn read(&self) -> Result<Option<Credential>, String> {
        if let Some(variable) = &self.client_secret_env {
            return from_environment(variable, "--client-secret-env").map(Credential::Secret).map(Some);
        }
        let used = client_key::Use {
            algorithm: self.signing_algorithm,
            thumbprint: self.thumbprint,
            key_id: self.key_id.clone(),
        };
        if let Some(file) = &self.pfx {
            let bytes = fs::read(file).map_err(|why| format!("--pfx {}: {why}", file.display()))?;
            let password = match &self.pfx_password_env {
                Some(variable) => from_environment(variable, "--pfx-password-env")?,
                None => Secret::default(),
            };
            let key = client_key::from_pfx(&bytes, &password, &used);
            let key = key.map_err(|why| format!("--pfx {}: {why}", file.display()))?;
            return Ok(Some(Credential::PrivateKey(key)));
        }
        if let Some(file) = self.key.as_ref().or(self.certificate.as_ref()) {
            let option = if self.key.is_some() { "--key" } else { "--certificate" };
            let text = secret_file(file, option)?;
            let certificate = match &self.certificate {
                Some(certificate) => Some(secret_file(certificate, "--certificate")?),
                None => None,
            };
            let key = client_key::from_pem(certificate.as_ref().map(Secret::expose), text.expose(), &used);
            let key = key.map_err(|why| format!("{option} {}: {why}", file.display()))?;
            return Ok(Some(Credential::PrivateKey(key)));
        }
        let federated = match (&self.assertion_file, &self.assertion_env, &self.assertion_url) {
            (Some(file), _, _) => Federated::Given(secret_file(file, "--assertion-file")?),
            (_, Some(variable), _) => Federated::Given(from_environment(variable, "--assertion-env")?),
            (_, _, Some(url)) => Federated::Fetched(url.clone()),
            (None, None, None) => return Ok(None),
        };
        Ok(Some(Credential::Federated(federated)))
    }
}

impl GivenOptions {
    /// Lays these options over a profile.
    pub fn over(&self, profile: &mut Profile) -> Result<(), String> {
        let options = [
            (&self.user_assertion_file, "--user-assertion-file"),
            (&self.refresh_token_file, "--refresh-token-file"),
        ];
        for (file, option) in options {
            if let Some(file) = file {
                profile.given = Some(secret_file(file, option)?);
            }
        }
        if !self.fan_out.is_empty() {
            profile.fan_out.clone_from(&self.fan_out);
        }
        Ok(())
    }
}

/// Reads a file that holds a secret; blanks and line ends around it are none of it.
fn secret_file(file: &Path, option: &str) -> Result<Secret, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{option} {}: {why}", file.display()))?;
    match text.trim() {
        "" => Err(format!("{option} {}: the file is empty", file.display())),
        text => Ok(Secret::new(text)),
    }
}

fn secret_method(text: &str) -> Result<SecretMethod, String> {
    match text {
        "post" => Ok(SecretMethod::Post),
        "basic" => Ok(SecretMethod::Basic),
        _ => Err("post or basic".to_owned()),
    }
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    SigningAlgorithm::parse(text).ok_or_else(|| "RS256 or PS256".to_owned())
}

fn thumbprint(text: &str) -> Result<Thumbprint, String> {
    match text {
        "sha1" => Ok(Thumbprint::Sha1),
        "sha256" => Ok(Thumbprint::Sha256),
        _ => Err("sha1 or sha256".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        credential: CredentialOptions,
        #[command(flatten)]
        given: GivenOptions,
    }

    fn parse(line: &str) -> Result<Line, String> {
        let words = std::iter::once("run").chain(line.split_whitespace());
        Line::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn one_proof_is_enough_and_two_are_too_many() {
        for good in [
            "",
            "--client-secret-env S --secret-method basic",
            "--certificate c.pem --key k.pem --signing-algorithm rs256 --thumbprint sha1",
            "--certificate both.pem",
            "--key k.pem --key-id k1",
            "--pfx c.pfx --pfx-password-env P",
            "--assertion-url http://localhost:1/token",
            "--refresh-token-file r --fan-out a/x --fan-out b/y",
        ] {
            assert_eq!(parse(good).err(), None, "{good}");
        }
        for bad in [
            "--client-secret-env S --pfx c.pfx",
            "--client-secret-env S --certificate c.pem",
            "--assertion-env A --key k.pem",
            "--assertion-env A --assertion-file f",
            "--pfx-password-env P",
            "--secret-method basic",
            "--signing-algorithm ES256 --key k.pem",
            "--thumbprint md5 --key k.pem",
            "--user-assertion-file u --refresh-token-file r",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_fetched_and_a_file_that_is_missing_is_named() {
        let line = parse("--assertion-url http://localhost:1/token").unwrap();
        let url = "http://localhost:1/token".parse().unwrap();
        assert_eq!(line.credential.read(), Ok(Some(Credential::Federated(Federated::Fetched(url)))));
        for (line, option) in
            [("--key nowhere.pem", "--key nowhere.pem"), ("--pfx nowhere.pfx", "--pfx nowhere.pfx")]
        {
            let error = parse(line).unwrap().credential.read().unwrap_err();
            assert!(error.starts_with(option), "{error}");
        }
        let mut profile =
            Profile::new("x", crate::flow::Authority::Issuer("http://localhost:1".parse().unwrap()), "app");
        let line = parse("--fan-out a/x --fan-out b/y").unwrap();
        assert_eq!(line.given.over(&mut profile), Ok(()));
        assert_eq!(profile.fan_out, ["a/x", "b/y"]);
    }
}
