//! Folders of v3 whose files hold anything at all, read and written as v2.1.

#![no_main]

use std::collections::BTreeMap;

use bulla_collection::{Format, Imported, Limits, is_part, read_folder, steps};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], &[u8])| {
    let (path, definition, request) = input;
    // Whatever the path of a file is, it can be asked about.
    let _ = is_part(path);
    let files = BTreeMap::from([
        (".resources/definition.yaml".to_owned(), definition.to_vec()),
        ("a/.resources/definition.yml".to_owned(), definition.to_vec()),
        ("a/one.request.yaml".to_owned(), request.to_vec()),
        (path.to_owned(), request.to_vec()),
    ]);
    let Ok(import) = read_folder(&files, "name", &Limits::default()) else { return };
    let Imported::Collection(collection) = import.imported else { unreachable!("a folder is a collection") };
    // What was read can be run and written, and is read again as the same.
    let _ = steps::steps(&collection);
    let written = collection.export(Format::V2_1).to_string();
    let again = bulla_collection::read(written.as_bytes(), &Limits::default()).expect("what we write we read");
    let Imported::Collection(again) = again.imported else { unreachable!("it was a collection") };
    assert_eq!(collection.items, again.items);
});
