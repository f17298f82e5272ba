//! Bundles the TypeScript and the npm libraries of `js/`, and compiles them to QuickJS bytecode.
//!
//! The engine that compiles is the one that runs: bytecode is only good for its own version. Needs Node; what npm has
//! to fetch is fetched once.

#![expect(clippy::disallowed_methods, reason = "cargo tells a build script by its environment where things are")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rquickjs::module::{WriteOptions, WriteOptionsEndianness};
use rquickjs::{Context, Module, Runtime};

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build.rs", "js/src", "js/build.mjs", "js/package-lock.json"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let js = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR")?).join("js");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    install(&js)?;
    run(Command::new("node").arg("build.mjs").arg(&out).current_dir(&js), "node", "bundle the scripts' libraries")?;

    let listed = fs::read_to_string(out.join("libraries.txt"))?;
    let libraries = listed.lines().filter_map(|line| line.split_once('\t')).collect::<Vec<_>>();
    compile(&out, "pm", "pm.js")?;
    let mut table = String::from(
        "/// Every library, by the name scripts ask for.\npub(crate) static LIBRARIES: &[(&str, &[u8])] = &[\n",
    );
    for (name, file) in &libraries {
        compile(&out, name, file)?;
        table += &format!("    ({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.bin\"))),\n");
    }
    table += "];\n";
    fs::write(out.join("libraries.rs"), table)?;
    Ok(())
}

/// Fetches the npm packages, unless they are there and the lockfile has not changed since.
fn install(js: &Path) -> Result<(), Box<dyn Error>> {
    let modified = |path: &str| fs::metadata(js.join(path)).and_then(|data| data.modified());
    if modified("node_modules/.package-lock.json")
        .is_ok_and(|have| modified("package-lock.json").is_ok_and(|want| want <= have))
    {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(js);
    run(&mut command, npm, "fetch the scripts' libraries")
}

fn run(command: &mut Command, program: &str, task: &str) -> Result<(), Box<dyn Error>> {
    let done = command.output().map_err(|error| {
        format!(
            "{program} could not be run to {task} ({error}); building bulla-sandbox needs Node 20 or newer, with npm"
        )
    })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("{program} could not {task}:\n{said}{}", String::from_utf8_lossy(&done.stdout)).into())
}

/// Compiles one module of `out` into the file of the same name with `.bin` behind it.
fn compile(out: &Path, name: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let source = fs::read(out.join(file))?;
    let runtime = Runtime::new()?;
    let context = Context::full(&runtime)?;
    let bytecode = context.with(|ctx| -> Result<Vec<u8>, String> {
        let written = Module::declare(ctx.clone(), format!("bulla:{name}"), source).and_then(|module| {
            module.write(WriteOptions {
                endianness: match env::var("CARGO_CFG_TARGET_ENDIAN").as_deref() {
                    Ok("big") => WriteOptionsEndianness::Big,
                    _ => WriteOptionsEndianness::Little,
                },
                strip_source: true,
                ..WriteOptions::default()
            })
        });
        written.map_err(|error| format!("{name} does not compile: {error} {:?}", ctx.catch()))
    })?;
    fs::write(out.join(format!("{file}.bin")), bytecode)?;
    Ok(())
}
