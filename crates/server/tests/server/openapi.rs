//! The description of the API that the web app is built from is the one that the server has.

#[test]
fn the_committed_description_is_the_servers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let ours = bulla_server::openapi();
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    if std::env::var_os("BULLA_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &ours).unwrap();
    } else {
        assert!(committed == ours, "web/openapi.json is not the server's; run: cargo xtask openapi");
    }
}
