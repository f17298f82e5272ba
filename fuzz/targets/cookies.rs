//! `Set-Cookie` headers, and what a jar that keeps them sends.

#![no_main]

use bulla_transport::CookieJar;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: Vec<&str>| {
    let jar = CookieJar::new();
    for header in headers {
        let _ = jar.store_header("https://a.b.example/path/of/it", header);
    }
    for url in ["https://a.b.example/path/of/it/too", "http://b.example/", "https://example/"] {
        let sent = jar.header(url).unwrap_or_default();
        assert!(!sent.contains(['\r', '\n', '\0']), "{sent:?}");
    }
    let copy = CookieJar::from_json(&jar.to_json()).expect("what we write we read");
    assert_eq!(copy.all().len(), jar.all().len());
});
