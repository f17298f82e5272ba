//! Every real file reads, and its export equals it.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::{Path, PathBuf};

use bulla_collection::{Format, Imported, Limits, read};
use serde_json::Value;

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/collections");
    let mut found = Vec::new();
    for folder in ["format-examples", "newman"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the collections are there") {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let document = folder == "format-examples"
                || ["_collection.json", "_environment.json", "_globals.json"].iter().any(|end| name.ends_with(end));
            if document {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "found {}", found.len());
    found
}

/// The document as any JSON parser reads it, whatever the encoding of the file.
fn plain(bytes: &[u8]) -> Value {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).unwrap()
        }
        _ => String::from_utf8(bytes.to_vec()).unwrap(),
    };
    serde_json::from_str(text.trim_start_matches('\u{FEFF}')).unwrap()
}

#[test]
fn every_real_file_gives_back_what_it_was() {
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let import = read(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let exported = match &import.imported {
            Imported::Collection(collection) => collection.export(import.format),
            Imported::Environment(set) | Imported::Globals(set) => set.to_value(),
        };
        let expected = plain(&bytes);
        assert!(exported == expected, "{}\nexpected {expected:#}\nfound {exported:#}", path.display());
    }
}

#[test]
fn every_collection_reads_again_after_a_change_of_format() {
    for path in files() {
        let import = read(&std::fs::read(&path).unwrap(), &Limits::default()).unwrap();
        let Imported::Collection(collection) = import.imported else { continue };
        let requests = bulla_collection::steps::steps(&collection).len();
        for format in [Format::V1, Format::V2_0, Format::V2_1] {
            let bytes = serde_json::to_vec(&collection.export(format)).unwrap();
            let Ok(again) = read(&bytes, &Limits::default()) else { panic!("{} as {}", path.display(), format.name()) };
            let Imported::Collection(again) = again.imported else { panic!("{}", path.display()) };
            assert_eq!(
                bulla_collection::steps::steps(&again).len(),
                requests,
                "{} as {}",
                path.display(),
                format.name()
            );
        }
    }
}
