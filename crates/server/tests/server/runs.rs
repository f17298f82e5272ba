//! Sending and running on somebody's behalf: what streams, what is kept, and where nothing may be sent to.

use std::time::Duration;

use crate::harness::{Answer, Client, On, Server};
use bulla_db::sql;
use bulla_transport::Egress;
use serde_json::{Value, json};

/// The echo service of the instance.
async fn echo(server: &Server) -> String {
    server.admin.get("/api/meta").await.json["echoUrl"].as_str().unwrap().to_owned()
}

async fn send(client: &Client, workspace: &str, body: Value) -> Answer {
    let answer = client.post(&format!("/api/workspaces/{workspace}/send"), body).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer
}

async fn history(client: &Client, workspace: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/workspaces/{workspace}/history")).await;
    answer.json["items"].as_array().unwrap().clone()
}

/// Asks until `found` finds something in what is asked for.
async fn until<T>(client: &Client, path: &str, found: impl Fn(&Value) -> Option<T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Some(found) = found(&client.get(path).await.json) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{path} never said it"))
}

fn kinds(answer: &Answer) -> Vec<String> {
    answer.lines().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// The names of the requests of a run, in the order they were started.
fn order(answer: &Answer) -> Vec<String> {
    let started = answer.lines().into_iter().filter(|event| event["type"] == "itemStarted");
    started.map(|event| event["item"]["name"].as_str().unwrap().to_owned()).collect()
}

/// A collection of requests to `echo`: `one` and `two` in the folder `pair`, and `three`, which fails its test.
async fn collection(client: &Client, workspace: &str, echo: &str) -> String {
    let test =
        |claim: &str| json!([{ "listen": "test", "script": { "exec": [format!("pm.test('t', () => {claim})")] } }]);
    let request = |name: &str, claim: &str| json!({ "name": name, "event": test(claim), "request": format!("{echo}/get?row={{{{row}}}}&n={name}") });
    let file = json!({
        "info": { "name": "Trio", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "variable": [{ "key": "row", "value": "none" }],
        "item": [
            { "name": "pair", "item": [request("one", "pm.response.to.be.ok"), request("two", "pm.response.to.be.ok")] },
            request("three", "pm.expect(1).to.eql(2)"),
        ]
    });
    client.import(workspace, file.to_string()).await.id()
}

async fn items(client: &Client, collection: &str) -> impl Fn(&str) -> String + use<> {
    let tree = client.get(&format!("/api/collections/{collection}/items")).await.json;
    move |name| {
        let mut all = tree["items"].as_array().unwrap().iter();
        all.find(|item| item["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

on_both_databases! {
    async fn a_draft_is_sent_with_the_variables_of_its_place(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "variable": [{ "key": "who", "value": "collection" }, { "key": "deep", "value": "{{who}}!" }],
            "item": [{ "name": "users", "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "{{token}}" }] },
                "event": [{ "listen": "prerequest", "script": { "exec": ["pm.variables.set('step', 'folder')"] } }],
                "item": [{ "name": "read", "request": "http://127.0.0.1:1/never" }] }]
        });
        let collection = ada.import(&workspace, file.to_string()).await.id();
        let read = items(ada, &collection).await("read");
        let environment = ada.environment(&workspace, "Staging", json!([
            { "key": "token", "type": "secret", "enabled": true, "value": "shared-token" },
            { "key": "base", "type": "default", "enabled": true, "value": "http://127.0.0.1:1" },
        ])).await;
        let draft = json!({
            "name": "read",
            "event": [{ "listen": "test", "script": { "exec": [
                "pm.test('all of it arrived', () => {",
                "  const { args, headers } = pm.response.json();",
                "  pm.expect(args).to.eql({ deep: 'collection!', step: 'folder', host: 'local' });",
                "  pm.expect(headers.authorization).to.eql('Bearer shared-token');",
                "});",
                "pm.environment.set('seen', 'yes');",
            ] } }],
            "request": { "method": "GET", "url": "{{base}}/get?deep={{deep}}&step={{step}}&host={{host}}" }
        });
        let sent = send(ada, &workspace, json!({
            "itemId": read, "document": draft, "environmentId": environment,
            "locals": { "environment": [{ "key": "base", "value": echo }], "globals": [{ "key": "host", "value": "local" }] }
        })).await;
        assert_eq!(kinds(&sent), [
            "runStarted", "iterationStarted", "itemStarted", "variablesChanged", "requestSent", "responseReceived",
            "assertion", "variablesChanged", "itemFinished", "iterationFinished", "runFinished",
        ]);
        let assertion = sent.event("assertion");
        assert_eq!(assertion["passed"], true, "{assertion}");
        assert_eq!(sent.event("itemStarted")["item"], json!({ "id": read, "name": "read", "path": ["users"] }));
        let changes: Vec<_> = sent.lines().iter().filter_map(|event| event["changes"].get(0).cloned()).collect();
        assert_eq!(changes[0], json!({ "scope": "local", "op": "set", "key": "step", "value": "folder" }));
        assert_eq!(changes[1], json!({ "scope": "environment", "op": "set", "key": "seen", "value": "yes" }));

        // A line of history, as it was typed; two events of the audit log.
        let lines = history(ada, &workspace).await;
        assert_eq!(lines.len(), 1);
        let run = sent.event("runStarted")["runId"].clone();
        let line = &lines[0];
        assert_eq!(line["id"], run);
        assert_eq!(line["url"], "{{base}}/get?deep={{deep}}&step={{step}}&host={{host}}");
        for (field, expected) in [
            ("kind", json!("send")), ("method", json!("GET")), ("name", json!("read")), ("itemId", json!(read)),
            ("collectionId", json!(collection)), ("status", json!(200)), ("passed", json!(1)), ("failed", json!(0)),
        ] {
            assert_eq!(line[field], expected, "{field}");
        }
        assert!(line["durationMs"].is_i64());
        let events = ada.get("/api/audit/events?limit=1000").await;
        let about: Vec<_> = events.json["items"].as_array().unwrap().iter()
            .filter(|event| event["target"]["id"] == run)
            .map(|event| event["action"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(about, ["request.send", "request.finish"]);

        // What was not saved yet has its collection; what is in none has the globals alone.
        let draft = json!({ "request": format!("{echo}/get?who={{{{who}}}}") });
        let mine = json!([{ "key": "who", "value": "mine" }]);
        for (collection, local, expected) in [
            (json!(collection), json!([]), "collection"),
            (json!(collection), mine, "mine"),
            (Value::Null, json!([]), "{{who}}"),
        ] {
            let body = json!({ "collectionId": collection, "document": draft, "locals": { "collection": local } });
            let sent = send(ada, &workspace, body).await;
            let url = sent.event("requestSent")["request"]["url"].as_str().unwrap().to_owned();
            assert_eq!(url.split("who=").nth(1), Some(expected));
        }
    }

    async fn what_cannot_be_sent_says_why(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Pay", "team").await;
        let path = format!("/api/workspaces/{workspace}/send");
        for (document, expected) in [
            (json!({}), "422 invalid: /document: a draft is an object with a request"),
            (json!({ "request": 3 }), "422 invalid: /document: a draft is an object with a request"),
        ] {
            assert_eq!(ada.post(&path, json!({ "document": document })).await.to_string(), expected);
        }
        assert_eq!(ada.post(&path, json!({ "document": [] })).await.json["code"], "bad_request");
        let collection = ada.collection(&workspace, "C").await;
        let folder = ada.item(&collection, None, "folder", "F").await;
        let answer = ada.post(&path, json!({ "itemId": folder, "document": { "request": "http://127.0.0.1:1" } })).await;
        assert_eq!(answer.json["errors"][0]["path"], "/itemId", "{answer}");
        for (url, code) in [
            ("", "bad_url"),
            ("http://", "bad_url"),
            ("ftp://a.example/", "bad_url"),
            ("http://127.0.0.1:1/", "connect_failed"),
            ("http://{{host}}/", "no_address"),
            ("http://169.254.169.254/latest/meta-data", "egress_refused"),
            ("http://metadata.google.internal/", "egress_refused"),
        ] {
            let sent = send(ada, &workspace, json!({ "document": { "request": { "url": url } } })).await;
            let failed = sent.event("requestFailed");
            assert_eq!(failed["error"]["code"], code, "{url}: {failed}");
            assert_eq!(sent.event("runFinished")["reason"], "completed");
        }
        let lines = history(ada, &workspace).await;
        assert!(lines.iter().all(|line| line["status"].is_null() && line["failed"] == 1), "{lines:?}");
    }

    async fn a_collection_a_folder_or_chosen_requests_are_run(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let collection = collection(ada, &workspace, &echo).await;
        let item = items(ada, &collection).await;
        let path = format!("/api/workspaces/{workspace}/runs");
        let run = async |body: Value| {
            let mut body = body;
            body["collectionId"] = json!(collection);
            ada.post(&path, body).await
        };
        let whole = run(json!({})).await;
        assert_eq!(order(&whole), ["one", "two", "three"]);
        let finished = whole.event("runFinished");
        assert_eq!(finished["totals"]["assertions"], json!({ "total": 3, "failed": 1, "skipped": 0 }));
        assert_eq!(order(&run(json!({ "folderId": item("pair") })).await), ["one", "two"]);
        assert_eq!(order(&run(json!({ "itemIds": [item("three"), item("one")] })).await), ["three", "one"]);
        assert_eq!(order(&run(json!({ "itemIds": [item("three"), item("one")], "bail": "failure" })).await), ["three"]);
        let rows = run(json!({ "itemIds": [item("one")], "data": "row\na\nb\n", "dataName": "rows.csv" })).await;
        let urls: Vec<_> = rows.lines().iter().filter(|event| event["type"] == "requestSent")
            .map(|event| event["request"]["url"].as_str().unwrap().split("row=").nth(1).unwrap().to_owned())
            .collect();
        assert_eq!(urls, ["a&n=one", "b&n=one"]);
        assert_eq!(order(&run(json!({ "itemIds": [item("one")], "iterations": 3 })).await).len(), 3);

        for (body, expected) in [
            (json!({ "iterations": 0 }), "422 invalid: /iterations: must be from 1 to 100000"),
            (json!({ "delayMs": 600_001 }), "422 invalid: /delayMs: must be at most 600000"),
            (json!({ "parallel": 0 }), "422 invalid: /parallel: must be from 1 to 16"),
            (json!({ "parallel": 17 }), "422 invalid: /parallel: must be from 1 to 16"),
            (json!({ "timeoutMs": 21_600_001 }), "422 invalid: /timeoutMs: must be at most 21600000"),
            (json!({ "requestTimeoutMs": 600_001 }), "422 invalid: /requestTimeoutMs: must be at most 600000"),
            (json!({ "scriptTimeoutMs": 60_001 }), "422 invalid: /scriptTimeoutMs: must be at most 60000"),
            (json!({ "retry": { "times": 11 } }), "422 invalid: /retry/times: must be at most 10"),
            (json!({ "retry": { "times": 1, "pauseMs": 60_001 } }), "422 invalid: /retry/pauseMs: must be at most 60000"),
            (
                json!({ "retry": { "times": 1, "on": ["5xx", "never"] } }),
                "422 invalid: /retry/on/1: \"never\" is neither network nor a status such as 503, 5xx or 500-503",
            ),
            (json!({ "itemIds": [] }), "422 invalid: /itemIds: must name at least one request"),
            (json!({ "itemIds": [item("pair")] }), "422 invalid: /itemIds/0: is no request of the collection"),
            (json!({ "folderId": item("one") }), "422 invalid: /folderId: is no folder of the collection"),
            (
                json!({ "data": "a,b\n1,2,3", "dataName": "rows.csv" }),
                "422 invalid: /data: rows.csv: line 2: 3 values where the first line has 2 names",
            ),
        ] {
            assert_eq!(run(body).await.to_string(), expected);
        }
        let lines = history(ada, &workspace).await;
        assert_eq!(lines.len(), 6, "what was refused is no line: {lines:?}");
        let last = lines.last().unwrap();
        assert_eq!((&last["kind"], &last["name"], &last["passed"], &last["failed"]),
            (&json!("run"), &json!("Trio"), &json!(2), &json!(1)));
        assert_eq!(lines[4]["name"], "pair");
    }

    async fn a_run_goes_as_it_is_told_to(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let path = format!("/api/workspaces/{workspace}/runs");
        let item = |name: &str, script: &str, url: String| json!({
            "name": name, "event": [{ "listen": "test", "script": { "exec": [script] } }], "request": url
        });
        let import = async |items: Value| {
            let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
            ada.import(&workspace, json!({ "info": { "name": "C", "schema": schema }, "item": items }).to_string()).await.id()
        };
        let run = async |collection: &str, mut body: Value| {
            body["collectionId"] = json!(collection);
            let answer = ada.post(&path, body).await;
            assert_eq!(answer.status, 200, "{answer}");
            answer
        };
        let count = |answer: &Answer, kind: &str| kinds(answer).iter().filter(|found| *found == kind).count();

        // A status is tried again, and what comes of it last is what counts.
        let flaky = import(json!([item("flaky", "", format!("{echo}/status/503"))])).await;
        let once = run(&flaky, json!({ "retry": { "times": 2, "pauseMs": 0 } })).await;
        assert_eq!(count(&once, "requestSent"), 3);
        let never = run(&flaky, json!({ "retry": { "times": 2, "pauseMs": 0, "on": ["network", "500-502"] } })).await;
        assert_eq!(count(&never, "requestSent"), 1);

        // An error ends a run that is told to, where a test that fails does not.
        let broken = import(json!([
            item("test", "pm.test('t', () => pm.expect(1).to.eql(2))", format!("{echo}/get")),
            item("script", "throw new Error('no')", format!("{echo}/get")),
            item("after", "", format!("{echo}/get")),
        ])).await;
        assert_eq!(order(&run(&broken, json!({})).await), ["test", "script", "after"]);
        assert_eq!(order(&run(&broken, json!({ "bail": "failure" })).await), ["test"]);
        let ended = run(&broken, json!({ "bail": "folder" })).await;
        assert_eq!(order(&ended), ["test", "script"]);
        assert_eq!(ended.event("runFinished")["reason"], "failed");

        // Redirects, limits of time, bodies and dynamic variables.
        let moved = import(json!([item("moved", "", format!("{echo}/redirect-to?url={echo}/get?r={{{{$randomInt}}}}"))])).await;
        let stays = run(&moved, json!({ "ignoreRedirects": true })).await;
        assert_eq!(stays.event("responseReceived")["response"]["code"], 302);
        let slow = import(json!([item("slow", "", format!("{echo}/delay/10"))])).await;
        let late = run(&slow, json!({ "requestTimeoutMs": 50 })).await;
        assert_eq!(late.event("requestFailed")["error"]["code"], "timed_out");
        let over = run(&slow, json!({ "timeoutMs": 50 })).await;
        assert_eq!(over.event("runFinished")["reason"], "timedOut");
        let read = import(json!([item("read", "pm.test('t', () => pm.response.json())", format!("{echo}/get?r={{{{$randomInt}}}}"))])).await;
        let bare = run(&read, json!({ "discardBodies": true, "seed": 7 })).await;
        let body = &bare.event("responseReceived")["response"]["body"];
        assert!(body["text"].is_null() && body["truncated"] == true && body["size"].as_u64().unwrap() > 0, "{body}");
        assert_eq!(bare.event("assertion")["passed"], true, "scripts see it all the same");
        let url = |answer: &Answer| answer.event("requestSent")["request"]["url"].clone();
        assert_eq!(url(&bare), url(&run(&read, json!({ "seed": 7 })).await));

        // Virtual users take turns with the passes, and each pass is told as a whole.
        let many = run(&read, json!({ "parallel": 4, "iterations": 8 })).await;
        assert_eq!(count(&many, "iterationFinished"), 8);
        let told = kinds(&many);
        let starts: Vec<_> = told.iter().filter(|kind| kind.starts_with("iteration")).collect();
        assert!(starts.chunks(2).all(|pair| pair[0] == "iterationStarted" && pair[1] == "iterationFinished"), "{told:?}");

        // Cookies stay with those who want them.
        let set = import(json!([item("set", "", format!("{echo}/cookies/set?a=b"))])).await;
        let asked = import(json!([item("asked", "", format!("{echo}/cookies"))])).await;
        let cookies = async |body: Value| {
            let answer = run(&asked, body).await;
            let text = answer.event("responseReceived")["response"]["body"]["text"].as_str().unwrap().to_owned();
            serde_json::from_str::<Value>(&text).unwrap()["cookies"].clone()
        };
        for wish in ["copy", "fresh"] {
            run(&set, json!({ "cookies": wish })).await;
            assert_eq!(cookies(json!({})).await, json!({}), "{wish}");
        }
        run(&set, json!({})).await;
        assert_eq!(cookies(json!({ "cookies": "copy" })).await, json!({ "a": "b" }));
        assert_eq!(cookies(json!({ "cookies": "fresh" })).await, json!({}));
    }

    async fn the_reports_of_a_run_are_kept_for_whoever_ran_it(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let eve = server.person("Eve", "admin").await;
        let workspace = ada.workspace("Pay", "team").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", eve.person);
        assert_eq!(ada.put(&member, json!({ "role": "owner" })).await.status, 200);
        let environment = ada.environment(&workspace, "Staging", json!([
            { "key": "token", "type": "secret", "enabled": true, "value": "canary-of-a-token" },
        ])).await;
        let file = json!({
            "info": { "name": "Pay <b>", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [{ "name": "read", "request": format!("{echo}/get?token={{{{token}}}}&plain=seen"),
                "event": [{ "listen": "test", "script": { "exec": ["pm.test('it <holds>', () => {})"] } }] }]
        });
        let collection = ada.import(&workspace, file.to_string()).await.id();
        let runs = format!("/api/workspaces/{workspace}/runs");
        let body = json!({
            "collectionId": collection, "environmentId": environment, "reports": ["html", "junit", "json"]
        });
        let run = ada.post(&runs, body).await;
        let finished = run.event("runFinished");
        assert_eq!(finished["reports"], json!(["html", "junit", "json"]));
        let path = |format: &str| format!("/api/runs/{}/reports/{format}", finished["runId"].as_str().unwrap());
        assert_eq!(history(ada, &workspace).await[0]["reports"], finished["reports"]);

        let page = ada.get(&path("html")).await;
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert!(!page.headers.contains_key("content-disposition"));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("sandbox allow-scripts; ") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!policy.contains("allow-same-origin") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
        let saved = ada.get(&format!("{}?download=true", path("html"))).await;
        assert!(saved.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"Pay _b_.html\""));
        let (junit, json) = (ada.get(&path("junit")).await, ada.get(&path("json")).await);
        assert_eq!(junit.headers["content-type"], "application/xml");
        assert_eq!(json.json["run"]["stats"]["assertions"]["total"], 1);
        for report in [&page, &junit, &json] {
            let text = String::from_utf8_lossy(&report.bytes);
            assert!(!text.contains("canary-of-a-token"), "{text}");
            assert!(text.contains("read"), "{text}");
        }
        let text = String::from_utf8_lossy(&page.bytes);
        assert!(text.contains("plain=seen") && text.contains("it &lt;holds&gt;") && !text.contains("<b>Pay"), "{text}");
        let files = server.files();
        let kept: Vec<_> = files.iter().filter(|(name, _)| name.contains("/reports/")).collect();
        assert_eq!(kept.len(), 3);
        for (name, bytes) in kept {
            assert!(!bytes.windows(10).any(|window| window == b"plain=seen"), "{name}");
        }

        // For nobody else, though they own the workspace; and as long as the line of history.
        let never = eve.get(&format!("/api/runs/{}/reports/html", uuid::Uuid::now_v7())).await;
        let hidden = eve.get(&path("html")).await;
        assert_eq!((hidden.status.as_u16(), hidden.to_string()), (404, never.to_string()));
        assert_eq!(ada.get(&path("other")).await.status, 400);
        let bare = ada.post(&runs, json!({ "collectionId": collection })).await.event("runFinished");
        assert!(bare["reports"].is_null());
        let none = format!("/api/runs/{}/reports/html", bare["runId"].as_str().unwrap());
        assert_eq!(ada.get(&none).await.to_string(), "404 not_found: there is no such report, or you may not see it");
        assert_eq!(ada.delete(&format!("/api/workspaces/{workspace}/history")).await.status, 204);
        assert_eq!(ada.get(&path("html")).await.status, 404);
    }

    async fn whoever_leaves_ends_what_they_began(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let path = format!("/api/workspaces/{workspace}/send");
        let stream = ada.stream(&path, json!({ "document": { "request": format!("{echo}/delay/10") } })).await;
        let lines = history(ada, &workspace).await;
        assert!(lines[0]["durationMs"].is_null(), "it goes on: {lines:?}");
        drop(stream);
        let path = format!("/api/workspaces/{workspace}/history");
        let took = until(ada, &path, |history| history["items"][0]["durationMs"].as_i64()).await;
        assert!(took < 10_000, "{took}");
        let events = ada.get("/api/audit/events?limit=1000").await.json;
        let end = events["items"].as_array().unwrap().last().unwrap();
        assert_eq!((&end["action"], &end["changes"]["reason"]["after"]["text"]), (&json!("request.finish"), &json!("cancelled")));
    }

    async fn one_person_cannot_take_all_the_room(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let path = format!("/api/workspaces/{workspace}/send");
        let slow = json!({ "document": { "request": format!("{echo}/delay/10") } });
        let mut open = Vec::new();
        for _ in 0..16 {
            open.push(ada.stream(&path, slow.clone()).await);
        }
        let answer = ada.post(&path, slow.clone()).await;
        assert_eq!(answer.json["code"], "busy", "{answer}");
        let other = server.person("Eve", "developer").await;
        let own = other.workspace("Own", "personal").await;
        send(&other, &own, json!({ "document": { "request": format!("{echo}/get") } })).await;
        drop(open);
        let history = format!("/api/workspaces/{workspace}/history");
        until(ada, &history, |history| {
            history["items"].as_array()?.iter().all(|line| line["durationMs"].is_i64()).then_some(())
        }).await;
        send(ada, &workspace, json!({ "document": { "request": format!("{echo}/get") } })).await;
    }

    async fn a_long_body_is_kept_for_whoever_got_it(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let eve = server.person("Eve", "admin").await;
        let workspace = ada.workspace("Pay", "team").await;
        let path = format!("/api/workspaces/{workspace}/members/{}", eve.person);
        assert_eq!(ada.put(&path, json!({ "role": "owner" })).await.status, 200);
        let text = "never seen on disk ".repeat(100_000);
        let document = json!({ "request": { "method": "POST", "url": format!("{echo}/post"),
            "header": [{ "key": "Content-Type", "value": "text/plain" }], "body": { "mode": "raw", "raw": text } } });
        let sent = send(ada, &workspace, json!({ "document": document })).await;
        let body = &sent.event("responseReceived")["response"]["body"];
        assert_eq!(body["truncated"], true);
        assert_eq!(body["text"].as_str().unwrap().len(), 1024 * 1024);
        let path = format!("/api/bodies/{}", body["id"].as_str().unwrap());
        let whole = ada.get(&path).await;
        assert_eq!(whole.bytes.len() as u64, body["size"].as_u64().unwrap());
        assert_eq!(whole.json["data"], text);
        assert_eq!(whole.headers["content-type"], "application/octet-stream");
        assert_eq!(whole.headers["content-disposition"], "attachment; filename=\"response\"");

        // For nobody else, though they own the workspace; not on disk as it is; and not for ever.
        let never = eve.get(&format!("/api/bodies/{}", uuid::Uuid::now_v7())).await;
        let hidden = eve.get(&path).await;
        assert_eq!((hidden.status, hidden.to_string()), (never.status, never.to_string()));
        assert_eq!(hidden.status, 404);
        let files = server.files();
        let kept: Vec<_> = files.iter().filter(|(name, _)| name.contains("bodies")).collect();
        assert!(kept.iter().any(|(_, bytes)| bytes.len() > text.len()), "the body is in the object store");
        for (name, bytes) in kept {
            assert!(!bytes.windows(18).any(|window| window == b"never seen on disk"), "{name}");
        }
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("update kept_body set expires_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(ada.get(&path).await.status, 404);
        // The next one drops it; and what is too much for one person drops the oldest.
        send(ada, &workspace, json!({ "document": document })).await;
        let files = server.files();
        let kept = files.iter().filter(|(name, _)| name.contains("bodies")).count();
        assert_eq!(kept, 1);
        let mut transaction = database.begin().await.unwrap();
        sql!("update kept_body set size = 536870912").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        let sent = send(ada, &workspace, json!({ "document": document })).await;
        let files = server.files();
        let kept: Vec<_> = files.iter().filter(|(name, _)| name.contains("bodies")).collect();
        let id = sent.event("responseReceived")["response"]["body"]["id"].as_str().unwrap().to_owned();
        assert!(kept.len() == 1 && kept[0].0.ends_with(&id), "{id} alone is left");
    }

    async fn history_belongs_to_one_person(server: Server) {
        let ada = &server.admin;
        let eve = server.person("Eve", "admin").await;
        let workspace = ada.workspace("Pay", "team").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", eve.person);
        assert_eq!(ada.put(&member, json!({ "role": "owner" })).await.status, 200);
        for number in 0..5 {
            let url = format!("http://127.0.0.1:1/{number}");
            send(ada, &workspace, json!({ "document": { "request": url } })).await;
        }
        assert!(history(&eve, &workspace).await.is_empty());
        let path = format!("/api/workspaces/{workspace}/history");
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let page = ada.get(&format!("{path}?limit=2{next}")).await.json;
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(before) = page["next"].as_str() else { break };
            next = format!("&before={before}");
        }
        let urls: Vec<_> = seen.iter().map(|line| line["url"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
        assert_eq!(urls, ["4", "3", "2", "1", "0"]);
        let line = format!("/api/history/{}", seen[0]["id"].as_str().unwrap());
        assert_eq!(eve.delete(&line).await.status, 404);
        assert_eq!(ada.delete(&line).await.status, 204);
        assert_eq!(eve.delete(&path).await.status, 204);
        assert_eq!(history(ada, &workspace).await.len(), 4);
        // A line is kept for 30 days: its id says when it was made.
        let old = (std::time::SystemTime::now() - Duration::from_hours(31 * 24)).duration_since(std::time::UNIX_EPOCH);
        let old = bulla_server::id::new(i64::try_from(old.unwrap().as_millis()).unwrap());
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        let gone = seen[4]["id"].as_str().unwrap();
        let change = sql!("update history_entry set id = $1 where id = $2").bind(old).bind(gone);
        change.execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        send(ada, &workspace, json!({ "document": { "request": "http://127.0.0.1:1/new" } })).await;
        let urls: Vec<_> = history(ada, &workspace).await.iter().map(|line| line["url"].clone()).collect();
        assert_eq!(urls, ["/new", "/3", "/2", "/1"].map(|path| json!(format!("http://127.0.0.1:1{path}"))));
        assert_eq!(ada.delete(&path).await.status, 204);
        assert!(history(ada, &workspace).await.is_empty());
    }

    async fn cookies_stay_from_one_request_to_the_next(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let other = ada.workspace("Other", "team").await;
        let cookies = async |workspace: &str| {
            let sent = send(ada, workspace, json!({ "document": { "request": format!("{echo}/cookies") } })).await;
            let text = sent.event("responseReceived")["response"]["body"]["text"].as_str().unwrap().to_owned();
            serde_json::from_str::<Value>(&text).unwrap()["cookies"].clone()
        };
        send(ada, &workspace, json!({ "document": { "request": format!("{echo}/cookies/set?session=one") } })).await;
        assert_eq!(cookies(&workspace).await, json!({ "session": "one" }));
        assert_eq!(cookies(&other).await, json!({}));
        assert_eq!(ada.delete(&format!("/api/workspaces/{workspace}/cookies")).await.status, 204);
        assert_eq!(cookies(&workspace).await, json!({}));
    }

    async fn no_file_of_the_server_is_sent(server: Server) {
        let (ada, echo) = (&server.admin, echo(&server).await);
        let workspace = ada.workspace("Pay", "team").await;
        let sent = send(ada, &workspace, json!({ "document": { "request": { "method": "POST", "url": format!("{echo}/post"),
            "body": { "mode": "formdata", "formdata": [
                { "key": "f", "type": "file", "src": "/etc/passwd" }, { "key": "t", "type": "text", "value": "v" }] } } } })).await;
        assert!(!sent.to_string().contains("root:"));
        let line = sent.event("console");
        assert_eq!(line["level"], "warn");
        assert!(line["messages"][0].as_str().unwrap().contains("files of this machine are not sent from here"), "{line}");
    }
}

/// A server for others, with an echo service beside it that is not public.
async fn open_server(allow: &[&str]) -> (Server, String) {
    let egress = Egress::Public { allow: allow.iter().map(|rule| rule.parse().unwrap()).collect() };
    let mut server = Server::untouched(On::Sqlite, |config| config.egress = egress).await.unwrap();
    server.set_up().await;
    let echo = echo(&server).await;
    (server, echo)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_others_keeps_away_from_what_is_not_public() {
    let (server, echo) = open_server(&[]).await;
    let ada = &server.admin;
    let workspace = ada.workspace("Pay", "team").await;
    let script = format!("pm.sendRequest('{echo}/get?from=script', (error) => console.log(String(error)))");
    let sent = send(
        ada,
        &workspace,
        json!({ "document": {
        "event": [{ "listen": "prerequest", "script": { "exec": [script] } }],
        "request": format!("{echo}/get?from=request") } }),
    )
    .await;
    let failed: Vec<_> = sent.lines().into_iter().filter(|event| event["type"] == "requestFailed").collect();
    assert_eq!(failed.len(), 2, "{sent}");
    for failed in &failed {
        let error = &failed["error"];
        assert_eq!(error["code"], "egress_refused", "{error}");
        assert!(error["message"].as_str().unwrap().contains("the address is this machine's own (loopback)"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("egress-allow"), "{error}");
    }
    assert!(!kinds(&sent).contains(&"responseReceived".to_owned()));
    let run = sent.event("runStarted")["runId"].clone();
    let events = ada.get("/api/audit/events?limit=1000").await.json;
    let refused: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["target"]["id"] == run && event["outcome"] == "refused")
        .collect();
    assert_eq!(refused.len(), 1, "one target, one event: {refused:?}");
    assert_eq!(refused[0]["action"], "request.send");
    assert!(refused[0]["because"].as_str().unwrap().contains("127.0.0.1"), "{:?}", refused[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_allows_may_be_called_and_its_redirects_are_judged_again() {
    let (server, echo) = open_server(&["127.0.0.1"]).await;
    let ada = &server.admin;
    let workspace = ada.workspace("Pay", "team").await;
    let sent = send(ada, &workspace, json!({ "document": { "request": format!("{echo}/get") } })).await;
    assert_eq!(sent.event("responseReceived")["response"]["code"], 200);
    let port = echo.rsplit(':').next().unwrap();
    for target in
        [format!("http://127.0.0.2:{port}/get"), format!("http://[::1]:{port}/get"), "http://10.0.0.1/".to_owned()]
    {
        let sent =
            send(ada, &workspace, json!({ "document": { "request": format!("{echo}/redirect-to?url={target}") } }))
                .await;
        assert_eq!(sent.event("requestFailed")["error"]["code"], "egress_refused", "{target}: {sent}");
    }
}
