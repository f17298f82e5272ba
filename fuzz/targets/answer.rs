//! Answers of peers that say anything at all.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, &[u8])| {
    let (lenient, answer) = input;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(bulla_transport::read_answer(answer, lenient));
});
