//! A file that cannot be imported is refused with the place and what to do.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use bulla_collection::{Limits, ReadError, read};

fn refusal(bytes: &[u8]) -> ReadError {
    read(bytes, &Limits::default()).expect_err("this file must be refused")
}

#[test]
fn each_kind_of_bad_file_has_its_own_words() {
    let utf16 =
        |text: &str| [&[0xFF, 0xFE][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("empty", b" \n".to_vec(), "empty", "the file is empty"),
        ("not JSON", b"<html>".to_vec(), "not_json", "line 1, column 1: not JSON"),
        ("a list", b"[]".to_vec(), "not_a_collection", "it holds a list"),
        ("another document", br#"{"openapi":"3.1.0","info":{"title":"x"}}"#.to_vec(), "not_a_collection", "OpenAPI"),
        ("truncated", br#"{"info":{"name":"x"},"item":["#.to_vec(), "truncated", "ends too early, at line 1"),
        ("invalid UTF-8", b"{\"a\":\"\xFF\"}".to_vec(), "invalid_text", "offset 6"),
        ("a NUL byte", b"{\"a\":\n\"\0\"}".to_vec(), "nul_byte", "line 2, column 2"),
        ("truncated UTF-16", utf16("{\"info\":"), "truncated", "ends too early"),
        ("item is no list", br#"{"info":{"schema":"/collection/v2.1.0/"},"item":3}"#.to_vec(), "malformed", "/item"),
        ("an item is text", br#"{"info":{},"item":[{"item":["x"]}]}"#.to_vec(), "malformed", "/item/0/item/0"),
    ];
    for (name, bytes, code, words) in cases {
        let error = refusal(&bytes);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
}

#[test]
fn a_thousand_folders_within_each_other_are_refused_with_the_place() {
    let open = r#"{"name":"f","item":["#.repeat(1000);
    let close = "]}".repeat(1000);
    let file = format!(r#"{{"info":{{"name":"deep"}},"item":[{open}{close}]}}"#);
    assert_eq!(refusal(file.as_bytes()).code(), "too_deep");
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert_eq!(read(&[b' '; 11], &limits).unwrap_err(), ReadError::TooLarge { bytes: 11, limit: 10 });
}

#[test]
fn fifty_thousand_requests_are_read() {
    let item = r#"{"name":"r","request":{"method":"GET","url":{"raw":"http://x/y"}}}"#;
    let file = format!(r#"{{"info":{{"name":"big"}},"item":[{}]}}"#, vec![item; 50_000].join(","));
    let import = read(file.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(import.report.kept[0].count, 50_000);
    let limits = Limits { items: 49_999, ..Limits::default() };
    assert_eq!(read(file.as_bytes(), &limits).unwrap_err(), ReadError::TooMany { limit: 49_999 });
}
