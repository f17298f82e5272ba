//! Certificates of a test, and clients that know them.

use std::path::PathBuf;

use bulla_transport::{Client, ClientCertificate, Config, Identity};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// A certificate and its key.
pub struct Pair {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Pair {
    /// For `names`, valid until `days` from now, signed by `authority` or by itself.
    pub fn new(subject: &str, names: &[&str], days: i64, authority: Option<&Pair>) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", subject).unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(127, MsbOption::MAYBE_ZERO, false).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        let issuer = authority.map_or(name.as_ref(), |authority| authority.certificate.subject_name());
        builder.set_issuer_name(issuer).unwrap();
        builder.set_pubkey(&key).unwrap();
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        builder.set_not_before(&Asn1Time::from_unix(now - 10 * 86_400).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(now + days * 86_400).unwrap()).unwrap();
        let mut alternatives = SubjectAlternativeName::new();
        for name in names {
            match name.parse::<std::net::IpAddr>() {
                Ok(_) => alternatives.ip(name),
                Err(_) => alternatives.dns(name),
            };
        }
        if names.is_empty() {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        } else {
            let extension = alternatives.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(extension).unwrap();
        }
        let signer = authority.map_or(&key, |authority| &authority.key);
        builder.sign(signer, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }
}

/// Certificates of a test, and a folder with those that the server reads.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub authority: Pair,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), authority: Pair::new("Test CA", &[], 10, None) };
        place.write("ca.pem", &place.authority.pem());
        place
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The files of a server that shows `pair`: its certificate and its key.
    pub fn of_server(&self, pair: &Pair) -> (PathBuf, PathBuf) {
        (self.write("server.pem", &pair.pem()), self.write("server.key", &pair.key_pem()))
    }

    pub fn good(&self) -> Pair {
        Pair::new("localhost", &["localhost", "127.0.0.1", "::1"], 5, Some(&self.authority))
    }

    /// A client that trusts our authority.
    pub fn client(&self) -> Client {
        Client::new(Config { extra_ca: vec![self.authority.pem()], ..Config::default() }).unwrap()
    }

    pub fn client_with(&self, identity: Identity, passphrase: Option<&str>) -> Client {
        let certificate = ClientCertificate {
            matches: vec!["https://127.0.0.1:*/*".to_owned()],
            identity,
            passphrase: passphrase.map(|word| word.to_owned().into()),
        };
        let client_certs = vec![certificate];
        Client::new(Config { extra_ca: vec![self.authority.pem()], client_certs, ..Config::default() }).unwrap()
    }
}
