//! Answers that are streams of events, and WebSockets, from the command line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::harness::{bulla, collection, ended, request, write};

/// Begins to answer one request with events. What becomes of the connection is up to the caller.
fn events(listener: &TcpListener) -> TcpStream {
    let (mut peer, _) = listener.accept().expect("a connection");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte).expect("a request");
        request.extend_from_slice(&byte);
    }
    peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n").expect("a head");
    peer
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    (listener, address)
}

#[test]
fn events_are_printed_while_the_server_goes_on() {
    for as_json in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        write(
            folder.path(),
            "e.json",
            &json!({ "name": "e", "values": [{ "key": "k", "value": "s3cr3t-word", "type": "secret" }] }),
            "",
        );
        let (listener, address) = listener();
        let mut command = bulla(folder.path());
        command.args(["send", &format!("http://{address}/"), "-e", "e.json"]).args(as_json.then_some("--json"));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = |count: usize| -> Vec<String> {
            (0..count)
                .map(|_| {
                    let mut line = String::new();
                    out.read_line(&mut line).expect("a line");
                    line.trim_end().to_owned()
                })
                .collect()
        };
        let mut peer = events(&listener);
        // The next is said when the one before was printed: nothing waits for the end of the stream.
        peer.write_all(b": a comment\n\ndata: one\n\n").expect("an event");
        let first = if as_json { lines(1) } else { lines(2) };
        peer.write_all(b"event: price\r\nid: 7\r\ndata: two s3cr3t-word\r\ndata: three\r\n\r\n").expect("an event");
        if as_json {
            let read = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
            assert_eq!(read(&first[0]), json!({ "event": "message", "id": null, "data": "one" }));
            let data = read(&lines(1)[0])["data"].as_str().map(str::to_owned).expect("data");
            assert!(data.starts_with("two ") && data.ends_with("\nthree") && !data.contains("s3cr3t"), "{data}");
        } else {
            assert_eq!(first, ["data: one", ""]);
            let second = lines(5);
            assert_eq!(
                (second[0].as_str(), second[1].as_str(), second[3].as_str()),
                ("event: price", "id: 7", "data: three")
            );
            assert!(!second[2].contains("s3cr3t"), "{second:?}");
        }
        drop(peer);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest.contains("\"httpVersion\""), as_json, "{rest}");
        assert!(child.wait().expect("its end").success());
    }
}

#[test]
fn a_stream_without_end_ends_in_a_run_and_its_scripts_see_what_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let (listener, address) = listener();
    let peer = std::thread::spawn(move || {
        let mut peer = events(&listener);
        peer.write_all(b"data: one\n\ndata: two\n\n").expect("events");
        // It goes on until the other side has enough.
        peer.read(&mut [0; 1]).unwrap_or(0)
    });
    let test = "pm.test('both', () => pm.expect(pm.response.text()).to.equal('data: one\\n\\ndata: two\\n\\n'))";
    write(folder.path(), "c.json", &collection("c", json!([request("a", &format!("http://{address}/"), &[test])])), "");
    let ended = ended(bulla(folder.path()).args(["run", "c.json", "--timeout-stream", "500", "-r", "cli,ndjson"]));
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.out.contains("what came within 500 ms is the answer"), "{}", ended.out);
    let told = ended.out.lines().filter(|line| line.contains("\"serverSentEvent\"")).count();
    assert_eq!(told, 2, "{}", ended.out);
    assert_eq!(peer.join().expect("the peer"), 0);
}

/// A WebSocket server that greets with the subprotocol, the header `x-own` and a ping, repeats messages of text, turns
/// those of bytes around, and closes at `bye` with the code behind it.
fn server() -> String {
    let (listener, address) = listener();
    listener.set_nonblocking(true).expect("a listener");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                let mut own = String::new();
                #[allow(clippy::result_large_err, reason = "the library wants it so")]
                let accept = |request: &Request, mut response: Response| {
                    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
                    own = header("x-own").unwrap_or("nothing").to_owned();
                    if let Some(offered) = header("sec-websocket-protocol") {
                        let last = offered.rsplit(", ").next().expect("one").parse().expect("a value");
                        response.headers_mut().insert("sec-websocket-protocol", last);
                    }
                    Ok(response)
                };
                let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await else { continue };
                let _ = socket.send(Message::Ping("there?".into())).await;
                let _ = socket.send(Message::text(format!("hello {own}"))).await;
                while let Some(Ok(message)) = socket.next().await {
                    let answer = match message {
                        Message::Text(text) => match text.as_str().strip_prefix("bye ") {
                            Some(code) => {
                                let code = code.parse::<u16>().expect("a code").into();
                                Message::Close(Some(CloseFrame { code, reason: "as you wish".into() }))
                            }
                            None => Message::text(format!("echo {}", text.as_str())),
                        },
                        Message::Binary(bytes) => Message::binary(bytes.iter().rev().copied().collect::<Vec<_>>()),
                        Message::Pong(bytes) => Message::text(format!("pong {}", String::from_utf8_lossy(&bytes))),
                        _ => continue,
                    };
                    let _ = socket.send(answer).await;
                }
            }
        });
    });
    address
}

#[test]
fn messages_are_said_and_heard_on_a_websocket() {
    let address = server();
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "e.json",
        &json!({ "name": "e", "values": [{ "key": "own", "value": "hidden-word", "type": "secret" }] }),
        "",
    );
    let url = format!("ws://{address}/chat");
    let ws = |flags: &[&str]| ended(bulla(folder.path()).args(["ws", &url]).args(flags));

    let said = ws(&["-m", "one", "-m", "{{x}}", "--env-var", "x=two", "--receive", "4"]);
    assert_eq!(said.code, 0, "{}", said.err);
    // Its ping was answered without our doing.
    for line in ["hello nothing", "pong there?", "echo one", "echo two"] {
        assert!(said.out.lines().any(|heard| heard == line), "{line}: {}", said.out);
    }

    let hidden = ws(&["-H", "X-Own: {{own}}", "-e", "e.json", "--receive", "1"]);
    assert!(hidden.out.starts_with("hello ") && !hidden.out.contains("hidden-word"), "{}", hidden.out);

    let all = ws(&["-m", "bye 1000", "-s", "soap", "-s", "chat", "--json", "--wait", "0"]);
    assert_eq!(all.code, 0, "{}", all.err);
    let lines: Vec<Value> = all.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines[0]["type"].as_str(), lines[0]["subprotocol"].as_str()), (Some("open"), Some("chat")));
    assert_eq!(lines[1], json!({ "type": "ping", "base64": "dGhlcmU/" }));
    assert_eq!(lines.last(), Some(&json!({ "type": "close", "code": 1000, "reason": "as you wish" })));

    std::fs::write(folder.path().join("bytes"), [0, 1, 254, 255]).expect("a file");
    let bytes = ws(&["-m", "@bytes", "--binary", "--json", "--receive", "3"]);
    assert!(bytes.out.lines().any(|line| line == r#"{"type":"binary","base64":"//4BAA=="}"#), "{}", bytes.out);
    let no_text = ws(&["-m", "@bytes"]);
    assert_eq!(no_text.code, 1);
    assert!(no_text.err.contains("--binary"), "{}", no_text.err);

    // Lines of the input are messages, and what comes after the last is waited for.
    let mut child = bulla(folder.path())
        .args(["ws", &url, "--receive", "4"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(b"first\nsecond\n").expect("lines");
    let output = child.wait_with_output().expect("its end");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("echo first\n") && out.contains("echo second\n"), "{out}");
}

#[test]
fn a_websocket_that_is_none_or_ends_badly_says_why() {
    let address = server();
    let folder = tempfile::tempdir().expect("a folder");
    let ws = |flags: &[&str]| ended(bulla(folder.path()).arg("ws").args(flags));
    let url = format!("ws://{address}/");
    let closed = ws(&[&url, "-m", "bye 1011", "--wait", "0"]);
    assert_eq!(closed.code, 1);
    assert!(closed.err.contains("the server closed the connection with 1011: as you wish"), "{}", closed.err);
    let large = ws(&[&url, "-m", &"x".repeat(2000), "--max-message", "1000", "--wait", "0"]);
    assert_eq!(large.code, 1);
    assert!(large.err.contains("over 1000 bytes"), "{}", large.err);

    let (plain, address) = listener();
    let peer = std::thread::spawn(move || {
        let (mut peer, _) = plain.accept().expect("a connection");
        let mut head = [0; 4096];
        let count = peer.read(&mut head).expect("a handshake");
        peer.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").expect("an answer");
        String::from_utf8_lossy(&head[..count]).into_owned()
    });
    let refused = ws(&[&format!("ws://name:word@{address}/a?b=c")]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("answered 403 and does not switch to WebSocket"), "{}", refused.err);
    let head = peer.join().expect("the peer");
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n") && head.contains("Basic bmFtZTp3b3Jk"), "{head}");

    let nobody = ws(&["wss://127.0.0.1:1/"]);
    assert!(nobody.err.contains("connection refused"), "{}", nobody.err);
    assert!(ws(&["ftp://127.0.0.1/"]).err.contains("ftp is not ws or wss"));
    let sent = ended(bulla(folder.path()).args(["send", &url]));
    assert!(sent.code == 1 && sent.err.contains(&format!("bulla ws {url}")), "{}", sent.err);
}
