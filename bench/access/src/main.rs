//! `bulla_access::decide` beside cedar-policy: the same questions about a large organisation, the answers compared and
//! the time taken.
//!
//! Cedar's policies (`oracle::policies`) are a second statement of the rules, written from the specification. The need of
//! each action is taken from `bulla_access`, where a snapshot test holds it against the specification's tables.
//!
//! ```sh
//! cargo run --release --manifest-path bench/access/Cargo.toml
//! ```

mod organisation;
mod oracle;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bulla_access::{Decision, Plan, decide};
use organisation::Organisation;

/// Questions that both are asked.
const QUESTIONS: usize = 20_000;
/// Things in a list that is filtered.
const LIST: usize = 200;

fn main() -> ExitCode {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let organisation = Organisation::random(seed);
    println!("seed {seed}: {organisation}");
    let questions = organisation.questions(QUESTIONS);

    let begun = Instant::now();
    let ours: Vec<Decision> =
        questions.iter().map(|asked| decide(&asked.actor, asked.action, &asked.object, asked.plan)).collect();
    let mean = begun.elapsed() / u32::try_from(QUESTIONS).unwrap_or(u32::MAX);
    let (p50, p99) = percentiles(&questions, |asked| {
        black_box(decide(black_box(&asked.actor), asked.action, black_box(&asked.object), asked.plan));
    });
    println!("decide, grants at hand:       mean {mean:?}, p50 {p50:?}, p99 {p99:?} (a clock's own {:?})", clock());

    let (p50, p99) = percentiles(&questions, |asked| {
        let (actor, object) = organisation.loaded(asked);
        black_box(decide(&actor, asked.action, &object, asked.plan));
    });
    println!("decide, grants looked up:     p50 {p50:?}, p99 {p99:?}");

    let lists = organisation.lists(200, LIST);
    let (p50, p99) = percentiles(&lists, |(actor, objects, action)| {
        black_box(objects.iter().filter(|object| decide(actor, *action, object, Plan::Enterprise).allowed).count());
    });
    println!("a list of {LIST} filtered:      p50 {p50:?}, p99 {p99:?}");

    let oracle = oracle::Oracle::new();
    let slices: Vec<_> = questions.iter().map(|asked| oracle.slice(asked)).collect();
    let pairs: Vec<_> = questions.iter().zip(&slices).collect();
    let (p50, p99) = percentiles(&pairs, |(asked, slice)| {
        black_box(oracle.allows(asked, slice));
    });
    println!("cedar, entities at hand:      p50 {p50:?}, p99 {p99:?}");
    let (p50, p99) = percentiles(&questions, |asked| {
        black_box(oracle.allows(asked, &oracle.slice(asked)));
    });
    println!("cedar, entities made for it:  p50 {p50:?}, p99 {p99:?}");

    let mut differences = 0;
    let (mut allowed, mut hidden) = (0, 0);
    for ((asked, slice), ours) in pairs.iter().zip(&ours) {
        allowed += usize::from(ours.allowed);
        hidden += usize::from(!ours.visible);
        let theirs = (oracle.allows(asked, slice), oracle.shows(asked, slice));
        if theirs != (ours.allowed, ours.visible) {
            differences += 1;
            if differences <= 5 {
                println!("DIFFERENCE {asked:?}\n  ours {ours:?}\n  cedar (allowed, visible) {theirs:?}");
            }
        }
    }
    println!("{QUESTIONS} questions, {allowed} allowed, {hidden} hidden: {differences} differences");
    if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The median and the 99th percentile of the time that each takes.
fn percentiles<T>(of: &[T], mut run: impl FnMut(&T)) -> (Duration, Duration) {
    let mut times: Vec<_> = of
        .iter()
        .map(|one| {
            let begun = Instant::now();
            run(one);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// What reading the clock takes by itself: it is in every number above.
fn clock() -> Duration {
    percentiles(&[(); 10_000], |()| ()).0
}
