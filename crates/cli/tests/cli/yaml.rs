//! Collections of v3: folders with a YAML file for each request.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Echo, bulla, ended};

/// Writes `text` to a file below `root`, with `HOST` replaced by `address`.
fn put(root: &Path, name: &str, text: &str, address: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
    std::fs::write(path, text.replace("HOST", address)).expect("the file");
}

fn shop(root: &Path, address: &str) {
    for (name, text) in [
        (
            ".resources/definition.yaml",
            r"$kind: collection
name: Shop
variables:
  base: http://HOST
  plain: no
auth:
  type: bearer
  credentials:
    - key: token
      value: t0k3n
scripts:
  - type: http:beforeRequest
    language: text/javascript
    code: |-
      pm.variables.set('seen', 'before');
      // a second line
",
        ),
        (
            "second.request.yaml",
            r"$kind: http-request
name: Second one
method: POST
url: '{{base}}/post'
order: 2000
headers:
  - key: X-One
    value: 1
  - key: X-Off
    value: x
    enabled: false
body:
  type: json
  content: |-
    { 'seen': '{{seen}}' }
settings:
  followRedirects: false
scripts:
  - type: afterResponse
    code: |-
      pm.test('sent', () => {
        const echoed = pm.response.json();
        pm.expect(echoed.headers['x-one']).to.equal('1');
        pm.expect(echoed.headers['x-off']).to.equal(undefined);
        pm.expect(echoed.headers.authorization).to.equal('Bearer t0k3n');
        pm.expect(echoed.data).to.include('before');
      });
",
        ),
        (
            "first.request.yaml",
            r"$kind: http-request
method: GET
url: '{{base}}/get?dropped=1'
order: 1000
queryParams:
  - key: kept
    value: 'yes'
  - key: off
    value: x
    disabled: true
scripts:
  - type: afterResponse
    code: |-
      pm.test('query', () => pm.expect(pm.response.json().args).to.eql({ kept: 'yes' }));
",
        ),
        (
            "People/.resources/definition.yaml",
            "$kind: collection\nname: The people\norder: 500\nauth:\n  type: noauth\n",
        ),
        (
            "People/one.request.yml",
            r"$kind: http-request
url: '{{base}}/:kind/:name'
pathVariables:
  kind: get
  name: ada
scripts:
  - type: afterResponse
    code: |-
      pm.test('path', () => pm.expect(pm.request.url.getPath()).to.equal('/get/ada'));
      pm.test('nobody', () => pm.expect(pm.request.headers.get('authorization')).to.equal(undefined));
",
        ),
        (
            "People/form.request.yaml",
            r"$kind: http-request
method: POST
url: '{{base}}/post'
body:
  type: urlencoded
  content:
    a: 1
    b: two
scripts:
  - type: afterResponse
    code: |-
      pm.test('form', () => pm.expect(pm.response.json().form).to.eql({ a: '1', b: 'two' }));
",
        ),
        ("stream.request.yaml", "$kind: grpc-request\nurl: grpc.example\n"),
        // Belongs to a request, and is none.
        (".resources/first.resources/examples/OK.request.yaml", "nonsense: ["),
        ("notes.yaml", "nonsense: ["),
    ] {
        put(root, name, text, address);
    }
}

#[test]
fn a_folder_is_run_in_the_order_that_it_asks_for() {
    let echo = Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    shop(&folder.path().join("shop"), &echo.address);
    let ended = ended(bulla(folder.path()).args(["run", "shop", "-r", "json", "--reporter-json-export", "r.json"]));
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("r.json")).expect("a report")).expect("JSON");
    assert_eq!(ended.code, 0, "{:#}", report["run"]["failures"]);
    assert_eq!(report["collection"]["info"]["name"], "Shop");
    let names: Vec<&str> = report["run"]["executions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|execution| execution["item"]["name"].as_str())
        .collect();
    assert_eq!(names, ["form", "one", "first", "Second one"]);
    assert_eq!(report["run"]["stats"]["assertions"]["total"], 5);
    assert!(ended.err.contains("stream.request.yaml") && ended.err.contains("grpc-request"), "{}", ended.err);
}

#[test]
fn a_folder_that_is_no_collection_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |name: &str| ended(bulla(folder.path()).args(["run", name]));
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    let empty = run("empty");
    assert!(empty.code == 1 && empty.err.contains("NAME.request.yaml"), "{}", empty.err);
    let deep = format!("{}a.request.yaml", "d/".repeat(60));
    for (name, file, text, why) in [
        ("broken", "a.request.yaml", "url: [", "a.request.yaml: line "),
        ("list", "a.request.yaml", "- a\n", "a.request.yaml: it holds a list where a mapping is expected"),
        ("braces", "a.request.yaml", "url: {{base}}/get\n", "a.request.yaml: "),
        ("body", "a.request.yaml", "url: x\nbody:\n  type: sound\n", "body.type: sound is not known"),
        ("headers", "a.request.yaml", "url: x\nheaders: 1\n", "headers: expected a list or a mapping, found a number"),
        ("twice", "a.request.yaml", "url: x\nurl: y\n", "a.request.yaml: line 2"),
        ("deep", &deep, "url: x\n", "folders within each other"),
        (
            "bomb",
            "a.request.yaml",
            "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f, *f, *f, *f, *f, *f]\nurl: x\n",
            "a.request.yaml: ",
        ),
    ] {
        put(&folder.path().join(name), file, text, "");
        let ended = run(name);
        assert_eq!(ended.code, 1, "{name}: {}", ended.out);
        assert!(ended.err.contains(why), "{name}: {}", ended.err);
    }
}
