//! Every SQL statement of the program is understood by both databases.

use std::path::Path;

use bulla_db::{Database, statements};
use bulla_server::MIGRATIONS;

/// How many times `sql!` stands in the sources of the server: as many statements must have been found.
fn written(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| match entry.path() {
            path if path.is_dir() => written(&path),
            path => std::fs::read_to_string(path).unwrap().matches("sql!(").count(),
        })
        .sum()
}

async fn prepare_all(database: &Database) {
    // Names the routes, so that the linker keeps every module that has statements.
    let _ = bulla_server::openapi();
    database.migrate(MIGRATIONS).await.unwrap();
    let mut problems = Vec::new();
    let mut ours = 0;
    for statement in statements() {
        ours += usize::from(statement.file.contains("server/src"));
        if let Err(problem) = database.prepare(statement).await {
            problems.push(problem.to_string());
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert_eq!(ours, written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), "statements in the sources");
}

#[tokio::test]
async fn sqlite_understands_every_statement() {
    let folder = tempfile::tempdir().unwrap();
    prepare_all(&Database::open_sqlite(&folder.path().join("test.sqlite")).await.unwrap()).await;
}

#[tokio::test]
async fn postgres_understands_every_statement() {
    let Some(url) = crate::harness::postgres_for_tests() else { return };
    let name = crate::harness::database_name();
    let database = Database::open_postgres(&Database::create_postgres(&url, &name).await.unwrap()).await.unwrap();
    prepare_all(&database).await;
    database.close().await;
    Database::drop_postgres(&url, &name).await.unwrap();
}
