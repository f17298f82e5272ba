//! Data files, CSV or JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rows) = bulla_collection::data::read(bytes) {
        // Rows of a CSV file have the same names.
        let _: usize = rows.iter().map(|row| row.len()).sum();
    }
});
