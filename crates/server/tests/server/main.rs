//! The tests of the server through its public face. One program for all of them: it is linked once, not twenty times.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

#[macro_use]
mod harness;

mod access;
mod accounts;
mod activity;
mod api_keys;
mod asvs;
mod audit;
mod certificates;
mod collections;
mod copying;
mod departure;
mod factors;
mod groups;
mod identity;
mod importing;
mod invites;
mod ledger;
mod letters;
mod mail;
mod notifications;
mod openapi;
mod passkeys;
mod people;
mod publishing;
mod routes;
mod runs;
mod secrets;
mod share_links;
mod statements;
mod streams;
mod teams;
mod transfer;
mod trash;
mod unseen_values;
mod visibility;
mod watching;
mod web;
mod workspaces;
