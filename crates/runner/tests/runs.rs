//! Runs of small collections against the echo service: what is told, in which order, and what is not sent.

use std::time::Duration;

use bulla_collection::{Collection, Imported, Limits, VariableSet, read};
use bulla_runner::*;
use bulla_transport::{Client, Config, CookieJar};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// An echo service on this machine; it ends with the test.
async fn echo() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    tokio::spawn(bulla_echo::serve(listener, std::future::pending()));
    address
}

fn collection(items: &Value, address: &str) -> Collection {
    let file = json!({
        "info": { "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": items,
    });
    let text = file.to_string().replace("HOST", address);
    match read(text.as_bytes(), &Limits::default()).expect("a file").imported {
        Imported::Collection(collection) => collection,
        Imported::Environment(_) | Imported::Globals(_) => unreachable!("it has a schema"),
    }
}

fn request(name: &str, before: &str, after: &str) -> Value {
    json!({
        "id": name, "name": name, "request": { "method": "GET", "url": format!("http://HOST/get?n={name}") },
        "event": [
            { "listen": "prerequest", "script": { "exec": [before] } },
            { "listen": "test", "script": { "exec": [after] } },
        ],
    })
}

/// All events of a run, and how it ended.
async fn events(plan: Plan) -> (Vec<Event>, Summary) {
    let client = Client::new(Config::default()).expect("a client");
    let (sink, mut told) = mpsc::channel(8);
    let listening = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = told.recv().await {
            events.push(event);
        }
        events
    });
    let summary = run(plan, client, CookieJar::new(), sink, CancellationToken::new()).await;
    (listening.await.expect("the listener"), summary)
}

/// One word for each event that says what a run did.
async fn story(plan: Plan) -> String {
    let (events, summary) = events(plan).await;
    words(&events, &summary)
}

fn words(events: &[Event], summary: &Summary) -> String {
    let mut words: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::ItemStarted(started) => Some(format!("[{}", started.item.name)),
            Event::ResponseReceived(received) => Some(received.response.code.to_string()),
            Event::RequestFailed(failed) => Some(failed.error.code.clone()),
            Event::Assertion(assertion) => {
                Some(format!("{}{}", if assertion.passed { "+" } else { "-" }, assertion.name))
            }
            Event::ScriptFailed(failed) => Some(format!("!{}", failed.error.name)),
            Event::ItemFinished(finished) if finished.skipped => Some("skipped]".to_owned()),
            Event::ItemFinished(_) => Some("]".to_owned()),
            Event::IterationFinished(_) => Some("/".to_owned()),
            _ => None,
        })
        .collect();
    words.push(format!("{:?}", summary.finished.reason));
    words.join(" ")
}

fn plan(items: &Value, address: &str) -> Plan {
    Plan::new("run".to_owned(), collection(items, address))
}

#[tokio::test]
async fn a_script_says_where_to_go_on_and_what_to_skip() {
    let address = echo().await;
    for (first, expected) in [
        ("", "[a 200 ] [b 200 ] [c 200 ] / Completed"),
        ("pm.execution.setNextRequest('c')", "[a 200 ] [c 200 ] / Completed"),
        ("pm.execution.setNextRequest(null)", "[a 200 ] / Completed"),
        ("pm.execution.setNextRequest('nowhere')", "[a 200 ] / Completed"),
        ("pm.execution.skipRequest()", "[a skipped] [b 200 ] [c 200 ] / Completed"),
    ] {
        let items = json!([request("a", first, ""), request("b", "", ""), request("c", "", "")]);
        assert_eq!(story(plan(&items, &address)).await, expected, "{first}");
    }
}

#[tokio::test]
async fn a_failure_ends_the_run_as_the_plan_says() {
    let address = echo().await;
    let items = json!([
        request("a", "", "pm.test('x', () => pm.expect(1).to.equal(2))"),
        request("b", "throw new TypeError('y')", "pm.test('z', () => {})"),
        request("c", "", ""),
    ]);
    for (bail, expected) in [
        (Bail::default(), "[a 200 -x ] [b !TypeError 200 +z ] [c 200 ] / Completed"),
        (Bail { on_failure: true, on_error: false }, "[a 200 -x ] / Bailed"),
        (Bail { on_failure: false, on_error: true }, "[a 200 -x ] [b !TypeError ] / Failed"),
    ] {
        let mut plan = plan(&items, &address);
        plan.bail = bail;
        assert_eq!(story(plan).await, expected, "{bail:?}");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_told_and_its_tests_run() {
    let items = json!([
        { "name": "a", "request": "http://127.0.0.1:1/",
          "event": [{ "listen": "test", "script": { "exec": ["pm.test('t', () => {})"] } }] },
        { "name": "b", "request": "http://{{host}}/" },
    ]);
    let (events, summary) = events(plan(&items, "")).await;
    assert_eq!(summary.failures, 2);
    let failed: Vec<&RequestFailed> = events
        .iter()
        .filter_map(|event| if let Event::RequestFailed(failed) = event { Some(failed) } else { None })
        .collect();
    assert!(failed[0].error.message.contains("refused"), "{:?}", failed[0].error);
    assert!(failed[1].error.hint.as_deref().unwrap_or_default().contains("variable host"), "{:?}", failed[1].error);
    assert!(events.iter().any(|event| matches!(event, Event::Assertion(assertion) if assertion.passed)));
}

#[tokio::test]
async fn each_pass_has_its_row_and_keeps_the_variables() {
    let address = echo().await;
    let script = "pm.environment.set('seen', (pm.environment.get('seen') || '') + pm.iterationData.get('word'));";
    let mut plan = plan(&json!([request("a", script, "")]), &address);
    plan.environment = Some(VariableSet { name: "e".to_owned(), ..VariableSet::default() });
    plan.data = ["x", "y"].map(|word| json!({ "word": word }).as_object().cloned().expect("a row")).to_vec();
    plan.iterations = Some(3);
    let (_, summary) = events(plan).await;
    // Beyond the last row it is the last row again, as in newman.
    assert_eq!(summary.shown_environment()["values"][0]["value"], "xyy");
}

#[tokio::test]
async fn only_what_is_selected_is_run_in_the_order_given() {
    let address = echo().await;
    let items = json!([
        { "id": "f", "name": "F", "item": [request("a", "", ""), request("b", "", "")] },
        request("c", "", ""),
    ]);
    for (selection, expected) in [
        (Selection::Folders(vec!["F".to_owned()]), "[a 200 ] [b 200 ] / Completed"),
        (Selection::Items(vec!["c".to_owned(), "a".to_owned()]), "[c 200 ] [a 200 ] / Completed"),
        (Selection::Folders(vec!["G".to_owned()]), "Failed"),
    ] {
        let mut plan = plan(&items, &address);
        plan.selection = selection;
        assert_eq!(story(plan).await, expected);
    }
}

#[tokio::test]
async fn a_file_is_sent_from_the_working_directory_and_from_nowhere_else() {
    let address = echo().await;
    let root = tempfile::tempdir().expect("a folder");
    let inside = root.path().join("work");
    std::fs::create_dir(&inside).expect("a folder");
    std::fs::write(inside.join("in.txt"), "inside").expect("a file");
    std::fs::write(root.path().join("out.txt"), "outside").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path().join("out.txt"), inside.join("link.txt")).expect("a link");
    let allowed = |outside| Files::Allowed { root: inside.clone(), outside };
    for (files, source, expected) in [
        (Files::Refused, "in.txt", ""),
        (allowed(false), "in.txt", "inside"),
        (allowed(false), "../out.txt", ""),
        (allowed(false), "link.txt", ""),
        (allowed(true), "../out.txt", "outside"),
        (allowed(true), "missing.txt", ""),
    ] {
        let items = json!([{ "name": "a", "request": { "method": "POST", "url": "http://HOST/post",
            "header": [{ "key": "Content-Type", "value": "text/plain" }],
            "body": { "mode": "file", "file": { "src": source } } } }]);
        let mut plan = plan(&items, &address);
        plan.files = files.clone();
        let (events, _) = events(plan).await;
        let sent = events.iter().find_map(|event| match event {
            Event::ResponseReceived(received) => serde_json::from_slice::<Value>(&received.response.body.bytes).ok(),
            _ => None,
        });
        let data = sent.expect("an answer")["data"].clone();
        assert_eq!(data.as_str().unwrap_or_default(), expected, "{source} {files:?}");
        let warned =
            events.iter().any(|event| matches!(event, Event::Console(console) if console.level == Level::Warn));
        assert_eq!(warned, expected.is_empty(), "{source} {files:?}");
    }
}

#[tokio::test]
async fn a_run_that_is_cancelled_ends_at_once_and_says_so() {
    let address = echo().await;
    for script in ["", "while (true) {}"] {
        let items = json!([request("a", script, ""), { "name": "slow", "request": "http://HOST/delay/10" }]);
        let client = Client::new(Config::default()).expect("a client");
        let (sink, mut told) = mpsc::channel(8);
        let cancel = CancellationToken::new();
        let running = tokio::spawn(run(plan(&items, &address), client, CookieJar::new(), sink, cancel.clone()));
        let waits_for = if script.is_empty() { "slow" } else { "a" };
        let mut last = None;
        while let Some(event) = told.recv().await {
            if matches!(&event, Event::ItemStarted(started) if started.item.name == waits_for) {
                cancel.cancel();
            }
            last = Some(event);
        }
        let ended = tokio::time::timeout(Duration::from_secs(5), running).await.expect("it ends").expect("no panic");
        assert_eq!(ended.finished.reason, Reason::Cancelled);
        assert!(matches!(last, Some(Event::RunFinished(_))), "{last:?}");
    }
}

#[tokio::test]
async fn a_run_ends_when_nobody_listens() {
    let address = echo().await;
    let items = json!([request("a", "pm.execution.setNextRequest('a')", "")]);
    let client = Client::new(Config::default()).expect("a client");
    let (sink, told) = mpsc::channel(8);
    drop(told);
    let ended = run(plan(&items, &address), client, CookieJar::new(), sink, CancellationToken::new()).await;
    assert_eq!(ended.finished.reason, Reason::Cancelled);
}

#[tokio::test]
async fn a_draft_is_sent_with_what_its_folders_give_it() {
    let address = echo().await;
    let items = json!([{ "name": "F", "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "t0k3n" }] },
        "event": [{ "listen": "test", "script": { "exec": ["pm.test('of the folder', () => {})"] } }],
        "item": [request("a", "", "")] }]);
    let draft = json!({ "name": "a", "request": { "method": "POST", "url": format!("http://{address}/post") } });
    let plan = Plan::single("run".to_owned(), collection(&items, &address), Some("a"), draft).expect("a plan");
    let (events, _) = events(plan).await;
    let sent = events.iter().find_map(|event| if let Event::RequestSent(sent) = event { Some(sent) } else { None });
    let sent = &sent.expect("a request").request;
    assert_eq!(sent.method, "POST");
    assert!(sent.headers.iter().any(|header| header.key == "Authorization" && header.value == "Bearer t0k3n"));
    assert!(
        events.iter().any(|event| matches!(event, Event::Assertion(assertion) if assertion.name == "of the folder"))
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_random_values() {
    let address = echo().await;
    let items = json!([{ "name": "a", "request": "http://HOST/get?a={{$randomInt}}{{$guid}}" }]);
    let mut urls = Vec::new();
    for seed in [Some(1), Some(1), Some(2), None] {
        let mut plan = plan(&items, &address);
        plan.seed = seed;
        let (events, _) = events(plan).await;
        let url = events
            .iter()
            .find_map(|event| if let Event::RequestSent(sent) = event { Some(sent.request.url.clone()) } else { None });
        urls.push(url.expect("a request"));
    }
    assert_eq!(urls[0], urls[1]);
    assert!(urls[1] != urls[2] && urls[2] != urls[3], "{urls:?}");
}

#[tokio::test]
async fn virtual_users_go_on_beside_one_another_and_share_nothing() {
    let address = echo().await;
    let before = r"
        const seen = (pm.environment.get('seen') || '') + pm.info.iteration;
        pm.environment.set('seen', seen);
        pm.cookies.jar().set('http://HOST/', 'user', seen, () => {});";
    let after = "pm.test(pm.response.json().headers.cookie + ' ' + pm.environment.get('seen'), () => {})";
    let items = json!([request("a", before, after), { "name": "slow", "request": "http://HOST/delay/1" }]);
    let mut plan = plan(&items, &address);
    plan.environment = Some(VariableSet { name: "e".to_owned(), ..VariableSet::default() });
    plan.iterations = Some(4);
    plan.parallel = 2;
    let started = std::time::Instant::now();
    let (events, summary) = events(plan).await;

    // Four passes of a second each.
    assert!(started.elapsed() < Duration::from_millis(3500), "{:?}", started.elapsed());
    let (mut open, mut seen) = (None, Vec::new());
    for event in &events {
        match event {
            Event::IterationStarted(begun) => assert_eq!(open.replace(begun.iteration), None, "passes are not mixed"),
            Event::IterationFinished(_) => open = None,
            Event::Assertion(assertion) => {
                assert_eq!(Some(assertion.iteration), open);
                seen.push(assertion.name.clone());
            }
            _ => {}
        }
    }
    seen.sort();
    assert_eq!(seen, ["user=0 0", "user=02 02", "user=1 1", "user=13 13"]);
    assert_eq!(summary.finished.totals.iterations.total, 4);
    assert_eq!(summary.finished.totals.requests.total, 8);
    assert_eq!(summary.finished.totals.assertions.total, 4);
    assert_eq!(summary.shown_environment()["values"][0]["value"], "13");
}

#[tokio::test]
async fn what_one_virtual_user_fails_at_ends_them_all() {
    let address = echo().await;
    let script = "if (pm.info.iteration === 1) throw new Error('x')";
    let mut plan =
        plan(&json!([request("a", script, ""), { "name": "slow", "request": "http://HOST/delay/10" }]), &address);
    plan.iterations = Some(3);
    plan.parallel = 3;
    plan.bail = Bail { on_failure: true, on_error: false };
    let (events, summary) = tokio::time::timeout(Duration::from_secs(8), events(plan)).await.expect("it ends");
    assert_eq!(summary.finished.reason, Reason::Bailed);
    assert_eq!(summary.failures, 1);
    assert_eq!(events.iter().filter(|event| matches!(event, Event::IterationFinished(_))).count(), 3);
}

/// A peer that answers 503, then closes the connection, then answers 200.
async fn stumbling() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        for answer in ["503 Busy", "", "200 OK"] {
            let (mut peer, _) = listener.accept().await.expect("a connection");
            let _ = peer.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = peer.write_all(if answer.is_empty() { b"" } else { head.as_bytes() }).await;
        }
    });
    address
}

#[tokio::test]
async fn a_request_is_sent_again_until_it_is_answered_well() {
    let items = json!([request("a", "", "pm.test('ok', () => pm.response.to.have.status(200))")]);
    for (times, on_network, on_statuses, expected) in [
        (2, true, vec![500..=599], "[a 503 200 +ok ] / Completed"),
        (1, true, vec![500..=599], "[a 503 closed_early -ok ] / Completed"),
        (2, false, vec![503..=503], "[a 503 closed_early -ok ] / Completed"),
        (2, true, vec![], "[a 503 -ok ] / Completed"),
        (0, true, vec![500..=599], "[a 503 -ok ] / Completed"),
    ] {
        let mut plan = plan(&items, &stumbling().await);
        plan.retry = Retry { times, wait: Duration::from_millis(1), on_network, on_statuses };
        let (events, summary) = events(plan).await;
        assert_eq!(words(&events, &summary), expected, "{times} {on_network}");
        let told = events.iter().filter(|event| matches!(event, Event::RequestRetried(_)));
        assert_eq!(
            told.count() as u32,
            expected.matches("503 closed").count() as u32 + 2 * u32::from(expected.contains("200"))
        );
    }
}

#[tokio::test]
async fn a_script_runs_another_request_with_its_scripts() {
    let address = echo().await;
    let calls = "const r = await pm.execution.runRequest('login', { variables: { who: 'Ada' } }); \
                 pm.test(r.json().args.who + ' ' + pm.environment.get('token') + ' ' + pm.variables.get('who'), () => {})";
    let mut login = request(
        "login",
        "pm.variables.set('local', 1)",
        "pm.environment.set('token', 't' + pm.response.code); pm.test('in', () => {})",
    );
    login["request"]["url"] = json!("http://HOST/get?who={{who}}");
    let mut plan = plan(&json!([request("a", calls, ""), login]), &address);
    plan.selection = Selection::Items(vec!["a".to_owned()]);
    let (events, summary) = events(plan).await;
    assert_eq!(words(&events, &summary), "[a 200 +in +Ada t200 undefined 200 ] / Completed");
    let of: Vec<&str> = events
        .iter()
        .filter_map(
            |event| if let Event::Assertion(assertion) = event { Some(assertion.item.name.as_str()) } else { None },
        )
        .collect();
    assert_eq!(of, ["login", "a"]);
    assert_eq!(summary.shown_environment()["values"][0]["value"], "t200");
}

#[tokio::test]
async fn requests_that_run_one_another_come_to_an_end() {
    let address = echo().await;
    let items = json!([
        request("a", "await pm.execution.runRequest('a')", ""),
        request("b", "await pm.execution.runRequest('none')", "")
    ]);
    let (events, summary) = events(plan(&items, &address)).await;
    let messages: Vec<&str> = events
        .iter()
        .filter_map(
            |event| if let Event::ScriptFailed(failed) = event { Some(failed.error.message.as_str()) } else { None },
        )
        .collect();
    assert!(messages[0].contains("more than 5 deep"), "{messages:?}");
    assert!(messages.last().is_some_and(|message| message.contains("no request called \"none\"")), "{messages:?}");
    assert_eq!(summary.finished.reason, Reason::Completed);
}

#[tokio::test]
async fn the_vault_is_for_scripts_and_requests_and_shown_nowhere() {
    let address = echo().await;
    let before = "console.log(await pm.vault.get('key')); await pm.vault.set('more', 'n3w-secret'); console.log('now n3w-secret')";
    let after =
        "pm.test(pm.response.json().args.k === 'v4ult-secret' ? 'sent' : 'not', () => {}); await pm.vault.unset('key')";
    let mut item = request("a", before, after);
    item["request"]["url"] = json!("http://HOST/get?k={{vault:key}}");
    let mut plan =
        plan(&json!([item, request("b", "pm.test(String(await pm.vault.get('key')), () => {})", "")]), &address);
    plan.vault = [("key".to_owned(), "v4ult-secret".to_owned())].into();
    let (events, summary) = events(plan).await;
    assert_eq!(words(&events, &summary), "[a 200 +sent ] [b +undefined 200 ] / Completed");
    let told = serde_json::to_string(&events).expect("JSON");
    assert!(!told.contains("v4ult-secret") && !told.contains("n3w-secret"), "{told}");
}

#[tokio::test]
async fn ntlm_signs_one_connection_in() {
    use base64::Engine;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let (told, mut heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut challenge = b"NTLMSSP\0\x02\0\0\0".to_vec();
        challenge.extend([0; 12]);
        challenge.extend([1; 24]);
        challenge[32..].fill(0);
        let challenge = base64::engine::general_purpose::STANDARD.encode(challenge);
        for connection in 0.. {
            let (mut peer, _) = listener.accept().await.expect("a connection");
            let mut asked = 0;
            let mut head = Vec::new();
            while peer.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
                if !head.ends_with(b"\r\n\r\n") {
                    continue;
                }
                let text = String::from_utf8(std::mem::take(&mut head)).expect("text");
                let given = text.lines().find_map(|line| line.strip_prefix("Authorization: NTLM ")).map(str::to_owned);
                let _ = told.send((connection, given));
                let answer = match asked {
                    0 => "401 No\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM".to_owned(),
                    1 => format!("401 No\r\nWWW-Authenticate: NTLM {challenge}"),
                    _ => "200 OK".to_owned(),
                };
                asked += 1;
                let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                let _ = peer.write_all(answer.as_bytes()).await;
            }
        }
    });
    let mut item = request("a", "", "");
    item["request"]["auth"] = json!({ "type": "ntlm", "ntlm": [
        { "key": "username", "value": "FIRM\\ada" }, { "key": "password", "value": "word" }] });
    assert_eq!(story(plan(&json!([item]), &address)).await, "[a 401 401 200 ] / Completed");
    let mut given = Vec::new();
    while let Ok((connection, value)) = heard.try_recv() {
        assert_eq!(connection, 0);
        let bytes = value.map(|value| base64::engine::general_purpose::STANDARD.decode(value).expect("base64"));
        given.push(bytes.unwrap_or_default());
    }
    assert!(given[0].is_empty() && given[1].starts_with(b"NTLMSSP\0\x01") && given[2].starts_with(b"NTLMSSP\0\x03"));
    let names = String::from_utf8_lossy(&given[2]).replace('\0', "");
    assert!(names.contains("FIRMada") && !names.contains("word"), "{names}");
}
