//! Certificates of the cases, and servers that show them.

use std::path::Path;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

struct Pair {
    certificate: X509,
    key: PKey<Private>,
}

impl Pair {
    /// For `names`, valid until `days` from now, signed by `authority` or by itself.
    fn new(subject: &str, names: &[String], days: i64, authority: Option<&Pair>) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
        let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
        let mut name = X509NameBuilder::new().expect("a name");
        name.append_entry_by_text("CN", subject).expect("a name");
        let name = name.build();
        let mut builder = X509::builder().expect("a certificate");
        builder.set_version(2).expect("a version");
        let mut serial = BigNum::new().expect("a number");
        serial.rand(127, MsbOption::MAYBE_ZERO, false).expect("randomness");
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).expect("a number")).expect("a number");
        builder.set_subject_name(&name).expect("a subject");
        let issuer = authority.map_or(name.as_ref(), |authority| authority.certificate.subject_name());
        builder.set_issuer_name(issuer).expect("an issuer");
        builder.set_pubkey(&key).expect("a key");
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        builder.set_not_before(&Asn1Time::from_unix(now - 10 * 86_400).expect("a time")).expect("a time");
        builder.set_not_after(&Asn1Time::from_unix(now + days * 86_400).expect("a time")).expect("a time");
        if names.is_empty() {
            let extension = BasicConstraints::new().critical().ca().build().expect("an extension");
            builder.append_extension(extension).expect("an extension");
        } else {
            let mut alternatives = SubjectAlternativeName::new();
            for name in names {
                alternatives.dns(name);
            }
            let extension = alternatives.build(&builder.x509v3_context(None, None)).expect("an extension");
            builder.append_extension(extension).expect("an extension");
        }
        builder.sign(authority.map_or(&key, |authority| &authority.key), MessageDigest::sha256()).expect("a signature");
        Self { certificate: builder.build(), key }
    }
}

/// Writes the files that the cases name into `folder`; the servers, by the word that stands for them.
pub fn write(folder: &Path) -> Vec<(&'static str, SslAcceptor)> {
    std::fs::create_dir_all(folder).expect("a folder");
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).expect("the file is written");
    let authority = Pair::new("Test CA", &[], 10, None);
    write("ca.pem", authority.certificate.to_pem().expect("PEM"));
    for name in ["client", "other"] {
        let pair = Pair::new(name, &[format!("{name}.example")], 5, Some(&authority));
        let key = pair.key.private_key_to_pem_pkcs8().expect("PEM");
        write(&format!("{name}.pem"), pair.certificate.to_pem().expect("PEM"));
        write(&format!("{name}.key"), key);
        let pfx = Pkcs12::builder().name(name).pkey(&pair.key).cert(&pair.certificate).build2("secret").expect("PFX");
        write(&format!("{name}.pfx"), pfx.to_der().expect("DER"));
        if name == "client" {
            let key = pair.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").expect("PEM");
            write("encrypted.key", key);
        }
    }
    let names: Vec<String> = ["tls", "certificate", "flow"]
        .iter()
        .flat_map(|kind| (1..=40).map(move |number| format!("{kind}-{number}.localhost")))
        .chain(["localhost".to_owned()])
        .collect();
    let good = Pair::new("localhost", &names, 5, Some(&authority));
    let expired = Pair::new("localhost", &names, -1, Some(&authority));
    let other = Pair::new("other.example", &["other.example".to_owned()], 5, Some(&authority));
    let acceptor = |pair: &Pair, version: Option<SslVersion>| {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("a server");
        builder.set_private_key(&pair.key).expect("a key");
        builder.set_certificate(&pair.certificate).expect("a certificate");
        builder.set_min_proto_version(Some(version.unwrap_or(SslVersion::TLS1_2))).expect("a version");
        builder.set_max_proto_version(version).expect("a version");
        // The client's order of ciphers is what is looked at.
        builder.clear_options(openssl::ssl::SslOptions::CIPHER_SERVER_PREFERENCE);
        builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
        builder.build()
    };
    vec![
        ("TLS", acceptor(&good, None)),
        ("TLS12", acceptor(&good, Some(SslVersion::TLS1_2))),
        ("TLS13", acceptor(&good, Some(SslVersion::TLS1_3))),
        ("EXPIRED", acceptor(&expired, None)),
        ("OTHERHOST", acceptor(&other, None)),
    ]
}
