//! JSON values in and out of the engine.

use rquickjs::object::Property;
use rquickjs::{Array, Ctx, IntoAtom, IntoJs, Object, Value as JsValue};
use serde_json::{Map, Value};

/// `value` as the script sees it.
pub(crate) fn to_js<'js>(ctx: &Ctx<'js>, value: &Value) -> rquickjs::Result<JsValue<'js>> {
    match value {
        Value::Null => Ok(JsValue::new_null(ctx.clone())),
        Value::Bool(value) => Ok(JsValue::new_bool(ctx.clone(), *value)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).into_js(ctx),
        Value::String(text) => text.as_str().into_js(ctx),
        Value::Array(list) => {
            let array = Array::new(ctx.clone())?;
            for (index, value) in (0_u32..).zip(list) {
                define(array.as_object(), index, to_js(ctx, value)?)?;
            }
            Ok(array.into_value())
        }
        Value::Object(map) => Ok(object(ctx, map)?.into_value()),
    }
}

/// `map` as an object of the script.
pub(crate) fn object<'js>(ctx: &Ctx<'js>, map: &Map<String, Value>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for (key, value) in map {
        define(&object, key.as_str(), to_js(ctx, value)?)?;
    }
    Ok(object)
}

/// Not `set`: a key `__proto__` is a key like any other, and no setter of the script may run here.
fn define<'js>(object: &Object<'js>, key: impl IntoAtom<'js>, value: JsValue<'js>) -> rquickjs::Result<()> {
    object.prop(key, Property::from(value).writable().enumerable().configurable())
}

/// A value without parts as JSON; `undefined`, and numbers JSON cannot say, are null.
pub(crate) fn primitive(value: &JsValue<'_>) -> rquickjs::Result<Value> {
    if let Some(text) = value.as_string() {
        return Ok(Value::String(text.to_string()?));
    }
    if let Some(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Some(number) = value.as_float() {
        return Ok(self::number(number));
    }
    Ok(value.as_bool().map_or(Value::Null, Value::Bool))
}

/// A number as JSON writes it: whole ones without a fraction.
fn number(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range that f64 holds exactly")]
        let whole = number as i64;
        return whole.into();
    }
    serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
}
