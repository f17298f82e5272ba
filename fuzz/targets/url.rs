//! URLs as people type them: taken apart, completed, and encoded for the wire.

#![no_main]

use bulla_collection::url;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parts = url::parse(text);
    let sent = url::sent(&parts, &[("id".to_owned(), text.to_owned())], false);
    // Nothing of path and query may end the line of a request. Host and port stand as they were typed: the transport
    // takes no such URL.
    let authority = sent.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let target = sent.split_once("://").map_or("", |(_, rest)| &rest[authority.len()..]);
    assert!(!target.contains(['\r', '\n', ' ']), "{sent:?}");
    // What is encoded stays as it is when it is encoded again.
    assert_eq!(url::sent(&url::parse(&sent), &[], false), sent, "{text:?}");
    let _ = url::written(&url::completed(serde_json::Value::from(text)));
});
