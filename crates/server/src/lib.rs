//! The platform: people, workspaces, collections and environments behind an HTTP API, and the web app that uses it.
//!
//! Folders are capabilities: `mod.rs` holds types, rules and SQL, `http.rs` holds routes. HTTP knows rules; rules never
//! know HTTP. Every change of state goes through [`operation`].

pub mod access;
pub mod activity;
pub mod api_keys;
pub mod app;
mod attachment;
pub mod audit;
pub mod certificates;
pub mod collections;
pub mod config;
pub mod copying;
pub mod environments;
pub mod error;
pub mod groups;
pub mod id;
pub mod identity;
pub mod importing;
pub mod instance;
pub mod invites;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod moment;
pub mod notifications;
pub mod operation;
pub mod plans;
pub mod problem;
pub mod publishing;
pub mod runs;
pub mod trash;
pub mod watching;
pub mod workspaces;

mod schema;
mod serve;
mod web;

pub use app::{App, openapi, router};
pub use config::Config;
pub use schema::MIGRATIONS;
pub use serve::{Server, serve};
