//! Bringing a schema forward, one numbered step at a time, and refusing one that is ahead of us.

use crate::{Database, Dialect, Error, Result, sql};

/// One step of the schema, with its text for each database.
pub struct Migration {
    /// 1, 2, 3, without gaps.
    pub version: i64,
    /// What it brings, for the person who reads `schema_version`.
    pub name: &'static str,
    /// Statements for SQLite.
    pub sqlite: &'static str,
    /// Statements for PostgreSQL.
    pub postgres: &'static str,
}

const TABLE: &str =
    "create table if not exists schema_version (version bigint not null primary key, name text not null)";

pub(crate) async fn version(database: &Database) -> Result<i64> {
    let mut transaction = database.begin().await?;
    database.raw(&mut transaction, TABLE).await?;
    let row = sql!("select coalesce(max(version), 0) as version from schema_version").one(&mut transaction).await?;
    transaction.commit().await?;
    row.integer("version")
}

pub(crate) async fn current(database: &Database) -> Result<i64> {
    let row = sql!("select coalesce(max(version), 0) as version from schema_version").one(database.read()).await?;
    row.integer("version")
}

pub(crate) async fn migrate(database: &Database, migrations: &[Migration]) -> Result<i64> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    let found = version(database).await?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for migration in migrations.iter().filter(|migration| migration.version > found) {
        let mut transaction = database.begin().await?;
        // Another node may have been faster: the row makes one of the two fail and read again.
        let there = sql!("select version from schema_version where version = $1")
            .bind(migration.version)
            .optional(&mut transaction)
            .await?;
        if there.is_some() {
            continue;
        }
        sql!("insert into schema_version (version, name) values ($1, $2)")
            .bind(migration.version)
            .bind(migration.name)
            .execute(&mut transaction)
            .await?;
        let text = match database.dialect() {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        };
        database.raw(&mut transaction, text).await?;
        transaction.commit().await?;
        tracing::info!(version = migration.version, name = migration.name, "schema migrated");
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration {
        version: 1,
        name: "things",
        sqlite: "create table thing (id text primary key, size integer)",
        postgres: "create table thing (id text primary key, size bigint)",
    };

    async fn temporary() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("test.sqlite")).await.unwrap();
        (folder, database)
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_and_left_alone() {
        let (_folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        let refusal = database.migrate(&[]).await.unwrap_err();
        assert!(matches!(refusal, Error::Newer { found: 1, known: 0 }), "{refusal}");
        assert_eq!(database.version().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let (_folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        let refusal = sql!("insert into thing (id, size) values ('a', 1)").all(database.read()).await;
        assert!(refusal.is_err());
    }

    #[tokio::test]
    async fn a_dropped_transaction_changes_nothing_and_a_committed_one_is_seen() {
        let (_folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        for (keep, expected) in [(false, 0), (true, 1)] {
            let mut transaction = database.begin().await.unwrap();
            sql!("insert into thing (id, size) values ($1, $2)")
                .bind("a")
                .bind(None::<i64>)
                .execute(&mut transaction)
                .await
                .unwrap();
            if keep {
                transaction.commit().await.unwrap();
            } else {
                drop(transaction);
            }
            let count = sql!("select count(*) as n from thing").one(database.read()).await.unwrap();
            assert_eq!(count.integer("n").unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_backup_of_a_busy_database_is_whole_and_never_overwrites() {
        let (folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        sql!("insert into thing (id, size) values ('unfinished', 1)").execute(&mut transaction).await.unwrap();
        let target = folder.path().join("copy.sqlite");
        database.backup(&target).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(database.backup(&target).await.is_err());
        let copy = Database::open_sqlite(&target).await.unwrap();
        let count = sql!("select count(*) as n from thing").one(copy.read()).await.unwrap();
        assert_eq!(count.integer("n").unwrap(), 0);
    }

    #[tokio::test]
    async fn many_rows_go_in_with_few_statements() {
        let (_folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        let insert = || sql!("insert into thing (id, size) values ($1, $2)");
        let rows = (0..250_i64).map(|n| vec![format!("{n:03}").into(), n.into()]);
        assert_eq!(insert().execute_rows(&mut transaction, rows).await.unwrap(), 250);
        assert_eq!(insert().execute_rows(&mut transaction, []).await.unwrap(), 0);
        assert!(insert().execute_rows(&mut transaction, [vec!["x".into()]]).await.is_err(), "a value is missing");
        transaction.commit().await.unwrap();
        let rows = sql!("select id, size from thing order by id").all(database.read()).await.unwrap();
        assert_eq!(rows.len(), 250);
        for (n, row) in (0..).zip(&rows) {
            assert_eq!((row.text("id").unwrap(), row.integer("size").unwrap()), (format!("{n:03}"), n));
        }
    }

    #[tokio::test]
    async fn a_snapshot_sees_one_state_and_cannot_write() {
        let (_folder, database) = temporary().await;
        database.migrate(&[ONE]).await.unwrap();
        let mut snapshot = database.snapshot().await.unwrap();
        let count = || sql!("select count(*) as n from thing");
        assert_eq!(count().one(&mut snapshot).await.unwrap().integer("n").unwrap(), 0);
        let mut transaction = database.begin().await.unwrap();
        sql!("insert into thing (id) values ('later')").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count().one(&mut snapshot).await.unwrap().integer("n").unwrap(), 0);
        assert_eq!(count().one(database.read()).await.unwrap().integer("n").unwrap(), 1);
        assert!(sql!("delete from thing").execute(&mut snapshot).await.is_err());
    }
}
