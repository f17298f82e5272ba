//! What is done for those who call this program as they called newman.
//!
//! `newman run ...` works if `newman` is a link to this program, and so does `bulla run ...` with a command line that was
//! written for newman: a flag of a reporter that there is not is left out with a warning.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;

/// The arguments as this program takes them.
pub fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let given: Vec<OsString> = given.collect();
    let called = given.first().and_then(|name| Path::new(name).file_stem()).is_some_and(|name| name == "newman");
    let mut arguments = Vec::new();
    let mut rest = given.into_iter().peekable();
    arguments.extend(rest.next());
    // newman's version is asked for in small letters.
    if called && rest.peek().is_some_and(|first| first == "-v") {
        rest.next();
        arguments.push("--version".into());
    }
    let Some(command) = rest.next() else { return arguments };
    let runs = command == "run";
    arguments.push(command);
    let known = flags();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        let flag = text.split('=').next().unwrap_or_default();
        if !runs || !flag.starts_with("--reporter-") || known.iter().any(|known| flag[2..] == **known) {
            arguments.push(argument);
            continue;
        }
        anstream::eprintln!("warning: {flag} belongs to a reporter that there is not here, and is left out");
        let has_value = !text.contains('=') && rest.peek().is_some_and(|next| !next.to_string_lossy().starts_with('-'));
        if has_value {
            rest.next();
        }
    }
    arguments
}

/// The long flags of `run`.
fn flags() -> Vec<String> {
    let command = crate::Bulla::command();
    let run = command.find_subcommand("run");
    let names = run.into_iter().flat_map(clap::Command::get_arguments);
    names
        .flat_map(|argument| {
            argument
                .get_long_and_visible_aliases()
                .into_iter()
                .chain(argument.get_all_aliases())
                .flatten()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_of_newman_is_taken() {
        for (given, expected) in [
            ("newman -v", "newman --version"),
            ("bulla -v", "bulla -v"),
            (
                "newman run c.json -r htmlextra --reporter-htmlextra-export x",
                "newman run c.json -r htmlextra --reporter-htmlextra-export x",
            ),
            ("newman run c.json --reporter-htmlextra-title T -n 1", "newman run c.json -n 1"),
            ("newman run c.json --reporter-x-dark --reporter-x-y=1 -k", "newman run c.json -k"),
            ("bulla run c.json --reporter-no-summary", "bulla run c.json --reporter-no-summary"),
            ("bulla serve --reporter-x", "bulla serve --reporter-x"),
        ] {
            let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(arguments(words(given).into_iter()), words(expected), "{given}");
        }
    }
}
