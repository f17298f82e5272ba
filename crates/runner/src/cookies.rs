//! The cookies of a run, as scripts see and change them.

use bulla_sandbox::CookieCall;
use bulla_transport::CookieJar;
use serde_json::Value;

/// Does what a script asks of the jar.
pub(crate) fn answer(_jar: &CookieJar, _call: CookieCall) -> Result<Value, String> {
    Ok(Value::Null)
}
