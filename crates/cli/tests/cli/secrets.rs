//! No report and no output shows the value of a secret variable.

use crate::harness::{Echo, bulla, collection, ended, write};
use serde_json::json;

/// With signs that each part of a URL, JSON and XML write in another way. What a server cuts in pieces (a raw `&`) or
/// changes (a raw `+`) is another text; see "Secrets" in docs/compatibility.md.
const CANARY: &str = "s3cr3t canary/\"?";

#[test]
fn a_secret_value_is_in_no_output_and_no_report() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "e.json",
        &json!({ "name": "e", "values": [
            { "key": "secret", "value": CANARY, "type": "secret", "enabled": true },
            { "key": "other", "value": "first value", "type": "secret", "enabled": true },
            { "key": "plain", "value": "{{secret}}", "type": "default", "enabled": true },
        ]}),
        "",
    );
    let mut items = json!([
        {
            "name": "everywhere",
            "request": {
                "method": "POST",
                "url": "http://HOST/post?a={{secret}}&b={{plain}}",
                "header": [{ "key": "X-Secret", "value": "{{secret}}" },
                           { "key": "X-Marked", "value": "marked by its header", "type": "secret" }],
                "auth": { "type": "basic", "basic": [
                    { "key": "username", "value": "user" }, { "key": "password", "value": "{{secret}}" }] },
                "body": { "mode": "raw", "raw": "{\"a\": \"{{secret}}\"}", "options": { "raw": { "language": "json" } } },
            },
            "event": [
                { "listen": "prerequest", "script": { "exec": [
                    "pm.environment.set('other', 'second ' + pm.environment.get('secret').toUpperCase());",
                    "pm.environment.set('copy', pm.environment.get('secret'));",
                    "console.log('the value is', pm.environment.get('secret'), { in: [pm.environment.get('other')] });",
                    "pm.sendRequest('http://HOST/get?s=' + encodeURIComponent(pm.environment.get('secret')), () => {});",
                ] } },
                { "listen": "test", "script": { "exec": [
                    "pm.test('it is ' + pm.environment.get('secret'), () => pm.expect(pm.response.text()).to.eql(pm.environment.get('secret')));",
                    "throw new Error('broken by ' + pm.environment.get('secret'));",
                ] } },
            ],
        },
        {
            "name": "nowhere",
            "request": { "method": "GET", "url": "http://127.0.0.1:1/{{secret}}" },
        },
        {
            "name": "reflected",
            "request": { "method": "GET", "url": "http://HOST/response-headers?X-Back={{secret}}" },
        },
    ]);
    items[0]["description"] = json!("nothing secret");
    let address = &echo.address;
    write(folder.path(), "c.json", &collection("canary", items), address);
    let ended = ended(bulla(folder.path()).args([
        "run",
        "c.json",
        "-e",
        "e.json",
        "--verbose",
        "-r",
        "cli,json,junit",
        "--reporter-json-export",
        "o.json",
        "--reporter-junit-export",
        "o.xml",
        "--export-environment",
        "after.json",
        "--color",
        "on",
    ]));
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    let reports = ["o.json", "o.xml", "after.json"].map(|name| {
        (name, std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    let said = [("output", ended.out), ("errors", ended.err)];
    let upper = CANARY.to_uppercase();
    for (place, text) in reports.iter().chain(&said.map(|(place, text)| (place, text))) {
        // `copy` is an ordinary variable with that value: the exported file of the user is not a report.
        if *place == "after.json" {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(document["values"][0]["value"], "");
            assert_eq!(document["values"][1]["value"], "");
            continue;
        }
        for spelling in [
            CANARY.to_owned(),
            CANARY.replace('"', "\\\""),
            CANARY.replace('"', "\\\\\\\""),
            CANARY.replace('"', "&quot;"),
            "s3cr3t%20canary".to_owned(),
            "s3cr3t canary".to_owned(),
            "s3cr3t+canary".to_owned(),
            "czNjcjN0IGNhbmFyeS8iPw".to_owned(),
            "dXNlcjpzM2NyM3QgY2FuYXJ5".to_owned(),
            "first value".to_owned(),
            "marked by its header".to_owned(),
            upper.clone(),
        ] {
            let at = text.find(&spelling);
            assert!(at.is_none(), "{spelling:?} in {place}: ...{}...", around(text, at.unwrap_or(0)));
        }
        if *place == "o.json" {
            let bytes = CANARY.as_bytes().iter().map(u8::to_string).collect::<Vec<_>>().join(",");
            assert!(!text.contains(&bytes), "the bytes of a body in {place}");
            assert!(text.contains("••••••"), "something is masked in {place}");
        }
    }
}

fn around(text: &str, at: usize) -> &str {
    &text[text.floor_char_boundary(at.saturating_sub(80))..text.floor_char_boundary((at + 80).min(text.len()))]
}
