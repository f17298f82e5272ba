//! Files come in whole or not at all, and go out as they came.

use std::path::{Path, PathBuf};

use crate::harness::Server;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

/// The real collections: files that others wrote.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/collections");
    let mut files = Vec::new();
    for inner in ["newman", "format-examples"] {
        let entries = std::fs::read_dir(folder.join(inner)).unwrap_or_else(|error| panic!("{inner}: {error}"));
        files.extend(
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json")),
        );
    }
    files.sort();
    files
}

/// The document in a file, however it is encoded.
fn document(bytes: &[u8]) -> Value {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).unwrap()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).unwrap(),
        _ => String::from_utf8(bytes.to_vec()).unwrap(),
    };
    serde_json::from_str(&text).unwrap()
}

/// Is it no collection, environment or globals file? Data for runs, and settings of newman.
fn is_something_else(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    ["_data.json", "_config.json", "upload-file.json"].iter().any(|ending| name.ends_with(ending))
}

on_both_databases! {
    async fn every_real_file_comes_back_equal(server: Server) {
        let ada = &server.admin;
        let (mut collections, mut sets) = (0, 0);
        for path in files() {
            let (name, bytes) = (path.display().to_string(), std::fs::read(&path).unwrap());
            let workspace = ada.workspace("Import", "team").await;
            let answer = ada.import(&workspace, bytes.clone()).await;
            if is_something_else(&path) {
                assert_eq!(answer.status, 422, "{name}: {answer}");
                continue;
            }
            assert_eq!(answer.status, 201, "{name}: {answer}");
            let (kind, id) = (answer.json["kind"].as_str().unwrap(), answer.id());
            let export = match kind {
                "collection" => {
                    collections += 1;
                    let format = answer.json["format"].as_str().unwrap();
                    ada.get(&format!("/api/collections/{id}/export?format={format}")).await
                }
                _ => {
                    sets += 1;
                    ada.get(&format!("/api/environments/{id}/export")).await
                }
            };
            assert_eq!(export.status, 200, "{name}: {export}");
            assert!(export.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
            assert_eq!(export.json, document(&bytes), "{name}");
        }
        assert!(collections > 40 && sets > 5, "{collections} collections, {sets} environments and globals");
    }

    async fn a_collection_can_be_taken_away_in_every_format(server: Server) {
        let ada = &server.admin;
        for path in files().iter().filter(|path| path.ends_with("v2.1.0.json") || path.ends_with("echo-v2.postman_collection.json")) {
            let workspace = ada.workspace("Formats", "team").await;
            let id = ada.import(&workspace, std::fs::read(path).unwrap()).await.id();
            for format in ["1.0.0", "2.0.0", "2.1.0"] {
                let export = ada.get(&format!("/api/collections/{id}/export?format={format}")).await;
                assert_eq!(export.status, 200, "{export}");
                let again = ada.import(&workspace, export.bytes).await;
                assert_eq!(again.json["format"], format, "{}: {again}", path.display());
            }
        }
        let workspace = ada.workspace("Formats", "team").await;
        let id = ada.collection(&workspace, "x").await;
        let answer = ada.get(&format!("/api/collections/{id}/export?format=3")).await;
        assert_eq!(answer.to_string(), "422 invalid: /format: must be 2.1.0, 2.0.0 or 1.0.0");
    }

    async fn examples_go_out_with_their_request(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Examples", "team").await;
        // More than are read at once, and requests without any between them.
        let requests: Vec<Value> = (0..400)
            .map(|request| {
                let examples: Vec<Value> =
                    (0..request % 5).map(|example| json!({ "name": format!("{request}.{example}") })).collect();
                json!({ "name": request.to_string(), "request": "http://x", "response": examples })
            })
            .collect();
        let document = json!({
            "info": { "name": "Many", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [{ "name": "Folder", "item": requests }]
        });
        let id = ada.import(&workspace, document.to_string()).await.id();
        assert_eq!(ada.get(&format!("/api/collections/{id}/export")).await.json, document);

        // One that was saved here, of a request that never had a list of them.
        let id = ada.collection(&workspace, "New").await;
        let first = ada.item(&id, None, "request", "First").await;
        ada.item(&id, None, "request", "Second").await;
        ada.item(&id, Some(&first), "example", "Saved here").await;
        let export = ada.get(&format!("/api/collections/{id}/export")).await;
        assert_eq!(export.json["item"][0]["response"][0]["name"], "Saved here", "{export}");
        assert_eq!(export.json["item"][1].get("response"), None, "{export}");
    }

    async fn what_is_no_collection_is_refused_with_the_place(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Bad", "team").await;
        let whole = r#"{"info":{"name":"x","schema":"v2.1.0"},"item":[{"name":"a","request":"http://x"}]}"#;
        let deep = format!("{{\"item\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        let folders = |levels: usize| {
            let (open, close) = (r#"{"name":"f","item":["#.repeat(levels), "]}".repeat(levels));
            format!(r#"{{"info":{{"name":"x","schema":"v2.1.0"}},"item":[{open}{close}]}}"#)
        };
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let odd_utf16 = [&[0xff, 0xfe][..], &utf16("{\"a\"")[..], &[0x00]].concat();
        for (bytes, code, place) in [
            (b"".to_vec(), "empty", ""),
            (b" \n\t ".to_vec(), "empty", ""),
            (b"<html>".to_vec(), "not_json", "line 1, column 1"),
            (b"{\n  \"info\": nonsense }".to_vec(), "not_json", "line 2"),
            (whole.as_bytes()[..40].to_vec(), "truncated", "line 1, column 40"),
            (b"[1, 2]".to_vec(), "not_a_collection", "a list"),
            (b"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"x\"}}".to_vec(), "not_a_collection", "OpenAPI"),
            (b"{\"info\":{\"name\":\"a\0b\"},\"item\":[]}".to_vec(), "nul_byte", "line 1, column 19"),
            (b"{\"info\":\"\xff\xfe\xfd\"}".to_vec(), "invalid_text", "offset 9"),
            (odd_utf16, "invalid_text", "UTF-16"),
            (deep.into_bytes(), "too_deep", "line 1, column"),
            (folders(1000).into_bytes(), "too_deep", "line 1, column"),
            (folders(55).into_bytes(), "too_deep", "more than 50 folders"),
            (b"{\"info\":{\"name\":\"x\",\"schema\":\"v2.1.0\"},\"item\":[7]}".to_vec(), "malformed", "/item/0"),
        ] {
            let answer = ada.import(&workspace, bytes).await;
            assert_eq!(answer.status, 422, "{code}: {answer}");
            assert_eq!(answer.json["code"], code, "{answer}");
            assert!(answer.json["detail"].as_str().unwrap().contains(place), "{code}: {answer}");
        }
        // Nothing of them stayed.
        let left = ada.get(&format!("/api/workspaces/{workspace}/collections")).await;
        assert_eq!(left.json["items"], json!([]));
        let whole = ada.import(&workspace, whole).await;
        assert_eq!(whole.status, 201, "{whole}");
    }

    async fn odd_encodings_are_understood(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Odd", "team").await;
        let text = r#"{"info":{"name":"Grüße \u0000 ☃","schema":"v2.1.0"},"item":[{"name":"a\u0000b","request":"http://x"}]}"#;
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&[0xef, 0xbb, 0xbf][..], text.as_bytes()].concat(),
            [&[0xff, 0xfe][..], &little].concat(),
            [&[0xfe, 0xff][..], &big].concat(),
        ] {
            let answer = ada.import(&workspace, bytes).await;
            assert_eq!(answer.status, 201, "{answer}");
            let export = ada.get(&format!("/api/collections/{}/export", answer.id())).await;
            // A NUL that JSON spells out is data, and stays.
            assert_eq!(export.json, serde_json::from_str::<Value>(text).unwrap());
        }
    }

    async fn fields_that_nobody_understands_come_back(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Unknown", "team").await;
        let file = json!({
            "info": { "name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", "x-a": 1 },
            "x-root": { "auth": [1, { "deep": null }] },
            "auth": null,
            "item": [
                {
                    "name": "f", "x-folder": [], "auth": { "type": "noauth" }, "variable": [], "item": [
                        { "name": 7, "request": null },
                        { "request": { "url": "http://x", "x-request": true }, "response": [] },
                        { "name": "r", "request": "http://x", "response": [{ "x": 1 }, { "name": "n", "auth": 3 }] },
                        { "name": "odd", "request": "http://x", "response": [1, "two"] },
                        { "name": "none", "request": "http://x", "response": null },
                        { "name": "empty folder", "item": [] },
                        {}
                    ]
                }
            ]
        });
        let id = ada.import(&workspace, file.to_string()).await.id();
        for path in [format!("/api/collections/{id}/export"), format!("/api/collections/{id}/export?format=2.1.0")] {
            assert_eq!(ada.get(&path).await.json, file);
        }
    }

    async fn globals_take_in_what_is_new_and_replace_what_has_the_same_name(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Globals", "team").await;
        for values in [
            json!([{ "key": "a", "value": "1" }, { "key": "b", "value": "2", "type": "secret" }]),
            json!([{ "key": "b", "value": "3", "type": "secret" }, { "key": "c", "value": "4" }]),
        ] {
            let file = json!({ "name": "G", "values": values, "_postman_variable_scope": "globals" });
            let answer = ada.import(&workspace, file.to_string()).await;
            assert_eq!(answer.json["kind"], "globals", "{answer}");
        }
        let globals = ada.get(&format!("/api/workspaces/{workspace}/globals")).await;
        let values = globals.json["values"].as_array().unwrap();
        let keys: Vec<_> = values.iter().map(|value| value["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["a", "b", "c"]);
        assert_eq!((&values[1]["value"], &values[1]["hasValue"]), (&Value::Null, &json!(true)));
        let path = format!("/api/environments/{}/values/{}/reveal", globals.id(), values[1]["id"].as_str().unwrap());
        assert_eq!(ada.post(&path, Value::Null).await.json["value"], "3");
    }

    async fn the_sample_calls_the_echo_service(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Sample", "team").await;
        let echo = ada.get("/api/meta").await.json["echoUrl"].as_str().unwrap().to_owned();
        let answer = ada.post(&format!("/api/workspaces/{workspace}/samples"), Value::Null).await;
        assert_eq!(answer.status, 201, "{answer}");
        let export = ada.get(&format!("/api/collections/{}/export", answer.id())).await;
        assert_eq!(export.json["variable"][0]["value"], echo);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused_in_words() {
    let server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    let ada = &server.admin;
    let workspace = ada.workspace("Large", "team").await;
    let bytes = Bytes::from(vec![b' '; 200 * 1024 * 1024]);
    let answer = ada.import(&workspace, bytes).await;
    assert_eq!(
        answer.to_string(),
        "413 too_large: the file has 200 MiB; at most 100 MiB can be imported. Split the collection and import its parts"
    );
    // The same for other bodies, which are smaller by far.
    let name = "x".repeat(40 * 1024 * 1024);
    let answer = ada.post("/api/workspaces", json!({ "name": name, "kind": "team" })).await;
    assert_eq!(answer.json["code"], "too_large", "{answer}");
    assert_eq!(ada.get(&format!("/api/workspaces/{workspace}/collections")).await.json["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_requests_come_in_and_go_out() {
    let server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    let ada = &server.admin;
    let workspace = ada.workspace("Large", "team").await;
    let request = |n: usize| {
        json!({ "name": format!("Request {n}"), "request": { "method": "GET", "header": [],
                "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "t" }] },
                "url": { "raw": format!("http://localhost/{n}"), "path": [n.to_string()] } } })
    };
    let requests: Vec<Value> = (0..50_000).map(request).collect();
    let file = json!({ "info": { "name": "Large", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
                       "item": [{ "name": "all", "item": requests }] });
    let answer = ada.import(&workspace, file.to_string()).await;
    assert_eq!(answer.status, 201, "{answer}");
    let id = answer.id();
    let export = ada.get(&format!("/api/collections/{id}/export")).await;
    assert!(export.json == file, "the export differs");
    let tree = ada.get(&format!("/api/collections/{id}/items")).await.json;
    let folder = tree["items"].as_array().unwrap().iter().find(|item| item["kind"] == "folder");
    if let Some(folder) = folder {
        assert_eq!(ada.delete(&format!("/api/items/{}", folder["id"].as_str().unwrap())).await.status, 204);
    }
    assert_eq!(ada.delete(&format!("/api/collections/{id}")).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_is_refused_with_the_place() {
    let server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    for (body, kind, code) in [
        ("{\"name\": }", "application/json", "bad_request"),
        ("{\"name\": 7, \"kind\": \"team\"}", "application/json", "bad_request"),
        ("{\"kind\": \"team\"}", "application/json", "bad_request"),
        ("{\"name\": \"x\", \"kind\": \"secret\"}", "application/json", "bad_request"),
        ("{}", "text/plain", "bad_request"),
        ("{\"name\": \"\", \"kind\": \"team\"}", "application/json", "invalid"),
        ("{\"name\": \"a\\nb\", \"kind\": \"team\"}", "application/json", "invalid"),
        ("{\"name\": \"a\\u0000b\", \"kind\": \"team\"}", "application/json", "invalid"),
    ] {
        let answer = server.admin.send(Method::POST, "/api/workspaces", Some(kind), Bytes::from(body)).await;
        assert!(answer.status.is_client_error(), "{body}: {answer}");
        assert_eq!(answer.json["code"], code, "{body}: {answer}");
        assert_eq!(answer.json["requestId"].as_str(), answer.headers["x-request-id"].to_str().ok());
    }
    let request = |method: &str, path: &str| {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", server.url))
            .header("x-bulla-request", "1")
            .body(Full::new(Bytes::new()))
            .unwrap()
    };
    let answer = server.admin.request(request("PUT", "/api/workspaces")).await;
    assert_eq!(answer.to_string(), "405 method_not_allowed: the path does not have this method");
    let answer = server.admin.request(request("GET", "/api/nothing")).await;
    assert_eq!(answer.to_string(), "404 no_route: the API has no such path");
}
