//! What a run does, in order: each request with what it inherits.

use serde_json::{Map, Value};

use crate::document::{Collection, Item};

/// A script and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// JavaScript.
    pub source: String,
    /// `collection`, `folder Users`, `request Get user`: for messages.
    pub at: String,
}

/// One request of a run, with what its collection and folders give it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The item's id, or a made-up one that is stable for this document.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Names of the folders above it, outermost first.
    pub path: Vec<String>,
    /// Ids of the folders above it, outermost first.
    pub folders: Vec<String>,
    /// The request as an object of v2.1.
    pub request: Value,
    /// The `auth` that holds: its own, or that of the nearest parent that has one.
    pub auth: Option<Value>,
    /// Scripts before the request, outermost first.
    pub prerequest: Vec<Script>,
    /// Scripts after the response, outermost first.
    pub test: Vec<Script>,
    /// `protocolProfileBehavior`, the nearest value of each key.
    pub behavior: Map<String, Value>,
}

/// What an item inherits.
#[derive(Clone, Default)]
struct Inherited {
    path: Vec<String>,
    folders: Vec<String>,
    auth: Option<Value>,
    prerequest: Vec<Script>,
    test: Vec<Script>,
    behavior: Map<String, Value>,
}

/// Every request of `collection` in order.
pub fn steps(collection: &Collection) -> Vec<Step> {
    let mut inherited = Inherited::default();
    inherited.take(&collection.head, "collection");
    let mut steps = Vec::new();
    collect(&collection.items, &inherited, "", &mut steps);
    steps
}

/// Those of `steps` that lie in a folder or are a request called `name` (or with that id), as newman's `--folder`.
pub fn within<'s>(steps: &'s [Step], name: &str) -> Vec<&'s Step> {
    let inside =
        |step: &&Step| step.folders.iter().any(|id| id == name) || step.path.iter().any(|folder| folder == name);
    let found: Vec<&Step> = steps.iter().filter(inside).collect();
    if !found.is_empty() {
        return found;
    }
    steps.iter().filter(|step| step.id == name || step.name == name).collect()
}

fn collect(items: &[Item], inherited: &Inherited, place: &str, steps: &mut Vec<Step>) {
    for (index, item) in items.iter().enumerate() {
        let place = format!("{place}/{index}");
        let id = item.id().map_or_else(|| format!("item{place}"), str::to_owned);
        let name = item.name();
        let mut own = inherited.clone();
        if let Some(children) = &item.items {
            own.take(&item.raw, &format!("folder {name}"));
            own.path.push(name);
            own.folders.push(id);
            collect(children, &own, &place, steps);
            continue;
        }
        let Some(request) = item.request() else { continue };
        own.take(&item.raw, &format!("request {name}"));
        let request = as_object(request);
        let auth = request.get("auth").filter(|auth| auth.is_object()).cloned().or(own.auth);
        steps.push(Step {
            id,
            name,
            path: own.path,
            folders: own.folders,
            request,
            auth,
            prerequest: own.prerequest,
            test: own.test,
            behavior: own.behavior,
        });
    }
}

/// A request that is only a URL as an object.
fn as_object(request: &Value) -> Value {
    match request {
        Value::String(url) => {
            serde_json::json!({ "method": "GET", "header": [], "url": crate::url::completed(url.as_str().into()) })
        }
        Value::Object(object) => {
            let mut object = object.clone();
            if let Some(url) = object.get_mut("url") {
                *url = crate::url::completed(url.take());
            }
            object.entry("method").or_insert_with(|| "GET".into());
            Value::Object(object)
        }
        _ => Value::Null,
    }
}

impl Inherited {
    fn take(&mut self, raw: &Map<String, Value>, at: &str) {
        if let Some(auth) = raw.get("auth").filter(|auth| auth.is_object()) {
            self.auth = Some(auth.clone());
        }
        self.prerequest.extend(scripts(raw, "prerequest", at));
        self.test.extend(scripts(raw, "test", at));
        if let Some(Value::Object(behavior)) = raw.get("protocolProfileBehavior") {
            for (key, value) in behavior {
                self.behavior.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The enabled scripts of one kind (`prerequest`, `test`) that an item or collection has itself.
pub fn scripts(raw: &Map<String, Value>, listen: &str, at: &str) -> Vec<Script> {
    let events = raw.get("event").and_then(Value::as_array);
    events
        .into_iter()
        .flatten()
        .filter(|event| event.get("listen").and_then(Value::as_str) == Some(listen))
        .filter(|event| event.get("disabled") != Some(&Value::Bool(true)))
        .filter_map(|event| {
            let script = event.get("script")?;
            let exec = script.get("exec").unwrap_or(script);
            let source = match exec {
                Value::String(text) => text.clone(),
                Value::Array(lines) => {
                    lines.iter().map(|line| line.as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n")
                }
                _ => return None,
            };
            (!source.trim().is_empty()).then(|| Script { source, at: at.to_owned() })
        })
        .collect()
}
