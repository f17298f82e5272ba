//! The bytecode that `build.rs` made of `js/`.

#![expect(unsafe_code, reason = "the engine cannot check bytecode; this is our own, made by the same engine")]

use rquickjs::{Ctx, Module, Value};

include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

static PM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pm.js.bin"));

/// The `boot` function of the pm layer.
pub(crate) fn pm<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
    export(ctx, PM, "boot")
}

/// The factory of a library, or `None` if there is no such library.
pub(crate) fn library<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Option<Value<'js>>> {
    match LIBRARIES.iter().find(|(known, _)| *known == name) {
        Some((_, bytes)) => export(ctx, bytes, "default").map(Some),
        None => Ok(None),
    }
}

fn export<'js>(ctx: &Ctx<'js>, bytes: &'static [u8], name: &str) -> rquickjs::Result<Value<'js>> {
    // SAFETY: `build.rs` wrote these bytes with the same version of the engine, and they live as long as the program,
    // as the engine wants of what it reads as read-only data.
    let module = unsafe { Module::load(ctx.clone(), bytes)? };
    let (module, _) = module.eval()?;
    module.get(name)
}
