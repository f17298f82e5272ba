//! The cookies of a run, as scripts see and change them.

use bulla_sandbox::CookieCall;
use bulla_transport::CookieJar;
use serde_json::Value;

/// Does what a script asks of the jar. Refused and not ignored, until the sandbox says what a call holds.
pub(crate) fn answer(_jar: &CookieJar, _call: CookieCall) -> Result<Value, String> {
    Err("pm.cookies.jar() is not supported yet".to_owned())
}
