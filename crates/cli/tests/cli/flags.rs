//! What `bulla run` has beyond newman's flags, `bulla send`, and the program called as newman.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Echo, bulla, collection, ended, request, write};

fn tested(name: &str, url: &str, test: &str) -> Value {
    request(name, url, &[test])
}

fn plain(name: &str, url: &str) -> Value {
    request(name, url, &[])
}

#[test]
fn each_kind_of_failure_has_its_exit_code_if_asked_for() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}/get", echo.address);
    let failing = tested("a", &url, "pm.test('t', () => pm.expect(1).to.equal(2))");
    let broken = tested("b", &url, "nothing.at.all");
    for (items, code) in [
        (json!([plain("fine", &url)]), 0),
        (json!([failing]), 2),
        (json!([failing, broken]), 3),
        (json!([failing, broken, plain("gone", "http://127.0.0.1:1/")]), 4),
        (json!([plain("slow", &format!("http://{}/delay/10", echo.address))]), 5),
    ] {
        write(folder.path(), "c.json", &collection("c", items), "");
        let run =
            |flags: &[&str]| ended(bulla(folder.path()).args(["run", "c.json", "--timeout", "3000"]).args(flags)).code;
        assert_eq!(run(&["--exit-codes"]), code);
        if code != 5 {
            assert_eq!(run(&[]), i32::from(code != 0), "newman has these");
            assert_eq!(run(&["--exit-codes", "-x"]), 0);
        }
    }
    assert_eq!(ended(bulla(folder.path()).args(["run", "missing.json", "--exit-codes"])).code, 1);
}

#[test]
fn iterations_go_on_side_by_side_into_one_report() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let item = tested(
        "a",
        &format!("http://{}/get?n={{{{n}}}}", echo.address),
        "pm.test('n' + pm.response.json().args.n, () => {})",
    );
    write(folder.path(), "c.json", &collection("c", json!([item])), "");
    write(folder.path(), "d.json", &json!([{ "n": 0 }, { "n": 1 }, { "n": 2 }, { "n": 3 }, { "n": 4 }]), "");
    let ended = ended(bulla(folder.path()).args(["run", "c.json", "-d", "d.json", "--parallel", "3"]).args([
        "-r",
        "json,ndjson",
        "--reporter-json-export",
        "r.json",
        "--reporter-ndjson-export",
        "events",
    ]));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).expect("a report")).expect("JSON");
    let mut seen: Vec<(u64, String)> = report["run"]["executions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let iteration = one["cursor"]["iteration"].as_u64().expect("a number");
            (iteration, one["assertions"][0]["assertion"].as_str().expect("a name").to_owned())
        })
        .collect();
    seen.sort();
    let expected: Vec<(u64, String)> = (0..5).map(|n| (n, format!("n{n}"))).collect();
    assert_eq!(seen, expected);
    assert_eq!(report["run"]["stats"]["iterations"]["total"], 5);
    let events = std::fs::read_to_string(folder.path().join("events")).expect("events");
    assert_eq!(events.lines().filter(|line| line.contains("\"iterationFinished\"")).count(), 5);
}

#[test]
fn a_retry_that_is_answered_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    // Answers 503 once, then 200.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for answer in ["503 Busy", "200 OK"] {
            let (mut peer, _) = listener.accept().expect("a connection");
            let _ = peer.read(&mut [0; 4096]);
            let _ = peer
                .write_all(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
        }
    });
    let item = tested("a", &format!("http://{address}/"), "pm.test('ok', () => pm.response.to.have.status(200))");
    write(folder.path(), "c.json", &collection("c", json!([item])), "");
    let ended =
        ended(bulla(folder.path()).args(["run", "c.json", "--retry", "2", "--retry-on", "5xx", "--retry-delay", "1"]));
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.out.contains("503 Busy; retry 1 of 2 in 1 ms"), "{}", ended.out);
    let refused = crate::harness::ended(bulla(folder.path()).args(["run", "c.json", "--retry-on", "sometimes"]));
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("neither network nor a status"), "{}", refused.err);
}

#[test]
fn one_request_is_sent_from_the_command_line() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let address = &echo.address;
    std::fs::write(folder.path().join("body.txt"), "from a file").expect("a file");
    write(
        folder.path(),
        "e.json",
        &json!({ "name": "e", "values": [{ "key": "base", "value": format!("http://{address}") }] }),
        "",
    );
    let send = |flags: &[&str]| ended(bulla(folder.path()).arg("send").args(flags));
    let json = |flags: &[&str]| serde_json::from_str::<Value>(&send(flags).out).expect("JSON");

    let answer =
        json(&["{{base}}/get?a={{x}}", "-e", "e.json", "--env-var", "x=1", "-H", "X-One: two", "--bearer", "t0k3n"]);
    assert_eq!(answer["args"]["a"], "1");
    assert_eq!(answer["headers"]["x-one"], "two");
    assert_eq!(answer["headers"]["authorization"], "Bearer t0k3n");
    let post = format!("http://{address}/post");
    assert_eq!(json(&[&post, "--form", "a=b c", "--form", "d=e"])["form"], json!({ "a": "b c", "d": "e" }));
    assert!(json(&[&post, "-F", "f=@body.txt", "-F", "a=1"])["files"]["body.txt"].is_string());
    assert_eq!(
        json(&["PUT", &format!("http://{address}/put"), "-d", "@body.txt", "-H", "Content-Type: text/plain"])["data"],
        "from a file"
    );
    assert_eq!(json(&[&format!("http://{address}/basic-auth"), "-u", "postman:password"])["authenticated"], true);

    let head = send(&[&format!("http://{address}/status/404"), "-i"]);
    assert!(head.out.starts_with("HTTP/1.1 404 Not Found\n"), "{}", head.out);
    assert_eq!(head.code, 0);
    assert_eq!(send(&[&format!("http://{address}/status/404"), "--fail"]).code, 22);
    let whole = json(&[&format!("http://{address}/get"), "--json"]);
    assert_eq!((whole["request"]["method"].as_str(), whole["response"]["code"].as_u64()), (Some("GET"), Some(200)));
    assert!(whole["response"]["timing"]["total"].as_f64().is_some_and(|ms| ms > 0.0));
    send(&[&format!("http://{address}/get"), "-o", "out.json"]);
    assert!(std::fs::read_to_string(folder.path().join("out.json")).expect("a file").contains("args"));

    let failed = send(&["http://127.0.0.1:1/"]);
    assert_eq!((failed.code, failed.out.as_str()), (1, ""));
    assert!(failed.err.contains("connection refused"), "{}", failed.err);
    let missing = send(&["{{nowhere}}/get"]);
    assert!(missing.err.contains("the variable nowhere has no value"), "{}", missing.err);
}

#[cfg(unix)]
#[test]
fn the_program_called_as_newman_is_newman() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let newman = folder.path().join("newman");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bulla"), &newman).expect("a link");
    write(folder.path(), "c.json", &collection("c", json!([plain("a", &format!("http://{}/get", echo.address))])), "");
    let run = |flags: &[&str]| ended(Command::new(&newman).args(flags).current_dir(folder.path()));
    assert_eq!(run(&["-v"]).code, 0);
    let ended = run(&[
        "run",
        "c.json",
        "-r",
        "cli,htmlextra",
        "--reporter-htmlextra-export",
        "out.html",
        "--reporter-htmlextra-title",
        "Mine",
        "-n",
        "2",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("Iteration 2/2"), "{}", ended.out);
    assert!(ended.err.contains("--reporter-htmlextra-title"), "{}", ended.err);
    assert!(std::fs::read_to_string(folder.path().join("out.html")).expect("the page").starts_with("<!doctype html>"));
}

#[cfg(unix)]
#[test]
fn a_watched_collection_is_run_again_when_it_changes() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}/get", echo.address);
    write(folder.path(), "c.json", &collection("c", json!([plain("before", &url)])), "");
    let mut child = bulla(folder.path())
        .args(["run", "c.json", "--watch", "--color", "off"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bulla starts");
    let mut errors = BufReader::new(child.stderr.take().expect("its errors are piped"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("a line");
    assert!(line.starts_with("watching c.json"), "{line}");
    write(folder.path(), "c.json", &collection("c", json!([plain("the one afterwards", &url)])), "");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let seen: Vec<String> =
        lines.map(|line| line.expect("text")).take_while(|line| !line.contains("afterwards")).collect();
    child.kill().expect("it ends");
    child.wait().expect("it has ended");
    assert!(seen.iter().any(|line| line.contains("before")), "{seen:?}");
}

#[test]
fn secrets_come_from_a_vault_and_are_shown_nowhere() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}/get?a={{{{vault:file}}}}&b={{{{vault:own}}}}", echo.address);
    let test = "pm.test(JSON.stringify(Object.values(pm.response.json().args).map((text) => text.length)), () => {}); console.log(await pm.vault.get('file'))";
    write(folder.path(), "c.json", &collection("c", json!([tested("a", &url, test)])), "");
    write(folder.path(), "v.json", &json!({ "file": "from-the-file" }), "");
    write(folder.path(), "e.json", &json!({ "values": [{ "key": "file", "value": "from-the-file" }] }), "");
    for vault in ["v.json", "e.json"] {
        let mut command = bulla(folder.path());
        command.args(["run", "c.json", "--vault", vault, "--verbose"]).env("BULLA_VAULT_own", "from-the-system");
        let ended = ended(&mut command);
        assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
        assert!(ended.out.contains("[13,15]"), "{}", ended.out);
        assert!(!ended.out.contains("from-the"), "{}", ended.out);
    }
    std::fs::write(folder.path().join("v.json"), "[1]").expect("a file");
    let refused = ended(bulla(folder.path()).args(["run", "c.json", "--vault", "v.json"]));
    assert!(refused.err.contains("v.json: a vault is a JSON object"), "{}", refused.err);
}
