//! Files with what a run left: variables, collection, cookies.

use std::path::Path;

use bulla_collection::{Collection, VariableSet};
use bulla_runner::Summary;
use bulla_transport::CookieJar;
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::destination;
use crate::problem::Problem;

/// Writes everything that `arguments` ask for.
///
/// Values of secret variables are left out unless `--export-secrets` is given: exported files are kept and shared.
pub fn all(
    arguments: &Arguments,
    summary: &Summary,
    collection: Option<&Collection>,
    jar: &CookieJar,
) -> Result<(), Problem> {
    let mut left_out = 0;
    let empty = VariableSet::default();
    for (path, scope, set) in [
        (&arguments.export_environment, "environment", summary.environment.as_ref().unwrap_or(&empty)),
        (&arguments.export_globals, "globals", &summary.globals),
    ] {
        let Some(path) = path else { continue };
        let (set, hidden) = exported(set, arguments.export_secrets);
        left_out += hidden;
        let mut document = match set.to_value() {
            Value::Array(values) => json!({ "values": values }),
            document => document,
        };
        if let Some(document) = document.as_object_mut() {
            document.entry("name").or_insert_with(|| json!(scope));
            document.insert("_postman_variable_scope".to_owned(), json!(scope));
            document.insert("_postman_exported_at".to_owned(), json!(now()));
            document
                .insert("_postman_exported_using".to_owned(), json!(format!("Bulla/{}", env!("CARGO_PKG_VERSION"))));
        }
        write(path, &format!("bulla-{scope}"), &document)?;
    }
    if let (Some(path), Some(collection)) = (&arguments.export_collection, collection) {
        let mut document = collection.export(collection.format());
        let (set, hidden) = exported(&summary.collection_variables, arguments.export_secrets);
        left_out += hidden;
        if !set.values.is_empty() {
            document["variable"] = set.values.iter().map(bulla_collection::Variable::to_value).collect();
        }
        write(path, "bulla-collection", &document)?;
    }
    if let Some(path) = &arguments.export_cookie_jar {
        write(path, "bulla-cookie-jar", &jar.to_json())?;
    }
    if left_out > 0 {
        let values = if left_out == 1 { "value was" } else { "values were" };
        anstream::eprintln!(
            "note: {left_out} secret {values} left out of the exported files; --export-secrets writes them"
        );
    }
    Ok(())
}

/// `set` as it is written, and how many secret values it lost.
fn exported(set: &VariableSet, secrets: bool) -> (VariableSet, usize) {
    let mut set = set.clone();
    let mut hidden = 0;
    if !secrets {
        for variable in set.values.iter_mut().filter(|variable| variable.is_secret()) {
            variable.value = json!("");
            hidden += 1;
        }
    }
    (set, hidden)
}

fn write(path: &Path, name: &str, document: &Value) -> Result<(), Problem> {
    let path = destination(Some(&path.to_owned()), name, "json");
    let unwritable = |error: std::io::Error| Problem::in_file(&path, format_args!("cannot be written: {error}"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    std::fs::write(&path, format!("{document:#}\n")).map_err(unwritable)
}

fn now() -> String {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    bulla_collection::dynamic::iso_time(now as i64)
}
