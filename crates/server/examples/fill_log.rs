//! Fills the audit log of an instance with real events, for `bench/audit.mjs`: a log as large as one that grew for years.
//!
//! ```sh
//! cargo run --release -p bulla-server --example fill_log -- sqlite data/bulla.sqlite 1000000
//! cargo run --release -p bulla-server --example fill_log -- postgres postgres://bulla@127.0.0.1/bulla 1000000
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use bulla_audit::{Actor, Change, Event, FORMAT, Field, Origin, Outcome, Target};
use bulla_db::{Database, sql};
use bulla_server::audit;

/// Events in one transaction.
const AT_ONCE: u64 = 10_000;
/// One day: the log goes back as far as ten of them for each million events.
const DAY: i64 = 24 * 60 * 60 * 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [dialect, place, count] = arguments.as_slice() else {
        return Err("say sqlite FILE COUNT, or postgres ADDRESS COUNT".into());
    };
    let database = match dialect.as_str() {
        "sqlite" => Database::open_sqlite(Path::new(place)).await?,
        _ => Database::open_postgres(place).await?,
    };
    let count: u64 = count.parse()?;
    let row = sql!("select team, at from audit_head order by size desc limit 1").one(database.read()).await?;
    let (team, last) = (row.text("team")?, row.integer("at")?);
    let people: Vec<_> = (0..500).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let things: Vec<_> = (0..20_000).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let actions = ["item.update", "request.send", "request.finish", "environment.update", "session.create"];
    let begun = Instant::now();
    for start in (0..count).step_by(usize::try_from(AT_ONCE)?) {
        let mut transaction = database.begin().await?;
        for number in start..(start + AT_ONCE).min(count) {
            let place = usize::try_from(number)?;
            let version = i64::try_from(number)?;
            let action = actions[place % actions.len()];

            let event = Event {
                format: FORMAT,
                id: uuid::Uuid::now_v7().to_string(),
                team: team.clone(),
                sequence: 0,
                at: last + i64::try_from(number)? * (10 * DAY) / 1_000_000,
                actor: Actor::Person { id: people[place * 7 % people.len()].clone() },
                action: action.to_owned(),
                target: Target { kind: "item".to_owned(), id: things[place * 13 % things.len()].clone() },
                outcome: if number % 97 == 0 { Outcome::Refused } else { Outcome::Done },
                because: None,
                changes: BTreeMap::from([(
                    "version".to_owned(),
                    Change { before: Some(Field::Number(version)), after: Some(Field::Number(version + 1)) },
                )]),
                origin: Origin {
                    request: Some(uuid::Uuid::now_v7().to_string()),
                    address: Some("192.0.2.7".to_owned()),
                    agent: Some("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36".to_owned()),
                    key: None,
                },
                commitments: BTreeMap::new(),
            };
            audit::append(&mut transaction, event, None).await?;
        }
        transaction.commit().await?;
        eprint!("\r{} of {count}", (start + AT_ONCE).min(count));
    }
    eprintln!(" in {:.0} s", begun.elapsed().as_secs_f64());
    database.close().await;
    Ok(())
}
