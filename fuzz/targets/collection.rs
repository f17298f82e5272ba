//! Files that say they are collections or environments. What is read is written again, and that is read too.

#![no_main]

use bulla_collection::{Imported, Limits, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(import) = read(bytes, &Limits::default()) else { return };
    let Imported::Collection(collection) = import.imported else { return };
    bulla_collection::steps::steps(&collection);
    let written = collection.export(collection.format()).to_string();
    read(written.as_bytes(), &Limits::default()).expect("what we write we read");
});
