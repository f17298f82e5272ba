//! Files, scripts and servers that are not as they should be: each gives an error that names the place.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::harness::{bulla, collection, ended, request, write};
use serde_json::json;

/// The error of `bulla run` with `bytes` as its collection.
fn error_for(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("c.json"), bytes).expect("the file is written");
    let ended = ended(bulla(folder.path()).args(["run", "c.json"]));
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert_eq!(ended.out, "");
    ended.err
}

#[test]
fn a_file_that_is_no_collection_is_refused_with_its_place() {
    for (bytes, words) in [
        (&b"hello"[..], &["c.json", "line 1", "not JSON"][..]),
        (b"", &["empty"]),
        (b"   \n", &["empty"]),
        (b"{\n  \"info\": {\"name\": \"x\"},\n  \"item\": [", &["line 3", "cut"]),
        (b"{\"a\": 1}", &["no Postman collection"]),
        (b"[1, 2]", &["list"]),
        (b"{\"info\": {\"name\": \"a\0b\"}, \"item\": []}", &["NUL"]),
        (b"{\"info\": {\"name\": \"\xff\xfe\"}, \"item\": []}", &["UTF-8"]),
        (b"{\"info\": {\"name\": \"x\", \"schema\": \"v2.1.0\"}, \"item\": {}}", &["/item", "list of items"]),
        (b"{\"name\": \"env\", \"values\": []}", &["an environment", "--environment"]),
    ] {
        let error = error_for(bytes);
        for word in words {
            assert!(error.contains(word), "{:?}: no {word:?} in\n{error}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn a_collection_in_another_encoding_is_read() {
    let text = collection("Grüße", json!([])).to_string();
    let units = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for bytes in [
        [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        [&b"\xff\xfe"[..], &units(u16::to_le_bytes)].concat(),
        [&b"\xfe\xff"[..], &units(u16::to_be_bytes)].concat(),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("c.json"), &bytes).expect("the file is written");
        let ended = ended(bulla(folder.path()).args(["run", "c.json"]));
        assert_eq!(ended.code, 0, "{}", ended.err);
        assert!(ended.out.contains("Grüße"), "{}", ended.out);
    }
}

#[test]
fn too_many_folders_within_folders_are_refused() {
    // Text built by hand: a tree this deep is more than the JSON library of this test can write.
    let depth = 1000;
    let open = r#"{"name": "f", "item": ["#.repeat(depth);
    let close = "]}".repeat(depth);
    let head = r#"{"info": {"name": "deep", "schema": "v2.1.0"}, "item": ["#;
    let error = error_for(format!("{head}{open}{close}]}}").as_bytes());
    assert!(error.contains("levels deep"), "{error}");
}

#[test]
fn a_file_of_more_than_200_mb_is_refused_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = std::fs::File::create(folder.path().join("c.json")).expect("the file is made");
    file.set_len(200 * 1024 * 1024 + 1).expect("a sparse file");
    let ended = ended(bulla(folder.path()).args(["run", "c.json"]));
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("the limit is"), "{}", ended.err);
}

#[test]
fn fifty_thousand_requests_are_read_and_one_of_them_is_run() {
    let echo = crate::harness::Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let items: Vec<_> = (0..50_000)
        .map(|n| json!({ "name": format!("r{n}"), "request": { "method": "GET", "url": "http://HOST/get" } }))
        .collect();
    write(folder.path(), "c.json", &collection("many", items.into()), &echo.address);
    let ended = ended(bulla(folder.path()).args(["run", "c.json", "--folder", "r49999"]));
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("→ r49999") && !ended.out.contains("→ r49998"), "{}", ended.out);
}

#[test]
fn a_missing_file_or_folder_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "collection.json", &collection("c", json!([])), "");
    for (arguments, words) in [
        (&["run", "colection.json"][..], &["colection.json", "no such file", "did you mean", "collection.json"][..]),
        (&["run", "collection.json", "-e", "nope.json"], &["nope.json", "environment"]),
        (&["run", "collection.json", "-d", "nope.csv"], &["nope.csv", "iteration data"]),
        (&["run", "collection.json", "--folder", "Nope"], &["\"Nope\""]),
        (&["run", "collection.json", "-n", "0"], &["0", "--iteration-count"]),
        (&["run", "collection.json", "--env-var", "x"], &["NAME=VALUE"]),
        (&["run", "."], &["a folder"]),
        (&["run", "http://127.0.0.1:1/c.json"], &["could not be fetched", "127.0.0.1:1"]),
        (&["run"], &["FILE|URL"]),
    ] {
        let ended = ended(bulla(folder.path()).args(arguments));
        assert_eq!(ended.code, 1, "{arguments:?}: {}{}", ended.out, ended.err);
        for word in words {
            let said = format!("{}{}", ended.out, ended.err);
            assert!(said.contains(word), "{arguments:?}: no {word:?} in\n{said}");
        }
    }
}

#[test]
fn data_that_is_no_table_is_refused_with_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "c.json", &collection("c", json!([])), "");
    std::fs::write(folder.path().join("d.json"), r#"[{"a": 1}, 2]"#).expect("the file is written");
    let ended = ended(bulla(folder.path()).args(["run", "c.json", "-d", "d.json"]));
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("d.json: row 2"), "{}", ended.err);
}

#[test]
fn a_variable_cycle_is_sent_as_it_stands() {
    let echo = crate::harness::Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut document = collection(
        "c",
        json!([request(
            "r",
            "http://HOST/get?a={{a}}",
            &["pm.test('a variable is left', () => pm.expect(pm.response.json().args.a).to.match(/^{{[ab]}}$/))",]
        )]),
    );
    document["variable"] = json!([{ "key": "a", "value": "{{b}}" }, { "key": "b", "value": "{{a}}" }]);
    write(folder.path(), "c.json", &document, &echo.address);
    let ended = ended(bulla(folder.path()).args(["run", "c.json"]));
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

/// What `bulla run` says of one request with this test script.
fn run_script(script: &str, flags: &[&str]) -> crate::harness::Ended {
    let echo = crate::harness::Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let items = json!([
        request("r", "http://HOST/get", &[script]),
        request("next", "http://HOST/get", &["pm.test('goes on', () => {})"])
    ]);
    write(folder.path(), "c.json", &collection("c", items), &echo.address);
    ended(bulla(folder.path()).args(["run", "c.json"]).args(flags))
}

#[test]
fn a_script_that_never_ends_is_stopped_and_the_run_goes_on() {
    let ended = run_script("while (true) {}", &["--timeout-script", "300"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("execution timeout") && ended.out.contains("✓  goes on"), "{}{}", ended.out, ended.err);
}

#[test]
fn a_script_that_eats_memory_is_stopped_and_the_run_goes_on() {
    let ended = run_script("const all = []; while (true) all.push(new Array(100000).fill(1));", &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("memory") && ended.out.contains("✓  goes on"), "{}{}", ended.out, ended.err);
}

#[test]
fn a_script_that_calls_itself_for_ever_is_stopped_and_the_run_goes_on() {
    let ended = run_script("(function f() { f(); })()", &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("✓  goes on"), "{}{}", ended.out, ended.err);
}

#[test]
fn a_script_with_an_error_in_its_text_is_named() {
    let ended = run_script("let x = ;", &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("SyntaxError") && ended.out.contains("✓  goes on"), "{}{}", ended.out, ended.err);
}

/// A server that does `answer` with every connection, until the test ends.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    address
}

/// Reads the head of a request.
fn head(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        seen.push(byte[0]);
    }
}

fn run_against(address: &str, folder: &Path, flags: &[&str]) -> crate::harness::Ended {
    write(folder, "c.json", &collection("c", json!([request("r", "http://HOST/", &[])])), address);
    ended(bulla(folder).args(["run", "c.json"]).args(flags))
}

#[test]
fn a_server_that_misbehaves_gives_an_error_that_says_how() {
    type Answer = fn(TcpStream);
    let never: Answer = |stream| {
        std::mem::forget(stream);
    };
    let lies: Answer = |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    };
    let resets: Answer = |mut stream| head(&mut stream);
    let garbage: Answer = |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"SMTP ready\r\n\r\n");
    };
    let huge: Answer = |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n");
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..2048 {
            if stream.write_all(&piece).is_err() {
                break;
            }
        }
    };
    let endless: Answer = |mut stream| {
        head(&mut stream);
        let target = stream.local_addr().expect("the address");
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://{target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    };
    for (what, answer, flags) in [
        ("no answer", never, &["--timeout-request", "300"][..]),
        ("a lie about its length", lies, &[]),
        ("a closed connection", resets, &[]),
        ("no HTTP", garbage, &[]),
        ("2 GB", huge, &[]),
        ("redirects for ever", endless, &[]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = run_against(&server(answer), folder.path(), flags);
        assert_eq!(ended.code, 1, "{what}: {}{}", ended.out, ended.err);
        assert!(ended.out.contains("[errored]"), "{what}: {}", ended.out);
        eprintln!(
            "{what}:{}",
            ended.out.lines().skip_while(|line| !line.contains("[errored]")).nth(1).unwrap_or_default()
        );
    }
}

#[test]
fn a_run_that_takes_too_long_ends_with_its_reports() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = server(std::mem::forget);
    let ended = run_against(
        &address,
        folder.path(),
        &["--timeout", "300", "-r", "cli,json", "--reporter-json-export", "o.json"],
    );
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("--timeout"), "{}", ended.out);
    let report = std::fs::read(folder.path().join("o.json")).expect("the report");
    serde_json::from_slice::<serde_json::Value>(&report).expect("whole JSON");
}

#[test]
fn an_unknown_host_and_a_closed_port_are_told_apart() {
    for (url, words) in
        [("http://127.0.0.1:1/", "127.0.0.1:1"), ("http://no-such-host.invalid/", "no-such-host.invalid")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "c.json", &collection("c", json!([request("r", url, &[])])), "");
        let ended = ended(bulla(folder.path()).args(["run", "c.json"]));
        assert_eq!(ended.code, 1);
        assert!(ended.out.contains(words) && ended.out.contains("[errored]"), "{url}: {}", ended.out);
    }
}
