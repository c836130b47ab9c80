//! tieback proves that a billing customer can be tied back to the right user in an app.
//!
//! This is the library behind the `tieback` command; its interface is the command line, and may
//! change here without notice.
//!
//! # The way of one scenario
//!
//! Data goes one way, from a file to a report:
//!
//! 1. [`scenario`] reads the file's text. Every mistake is a diagnostic on the user's own line.
//! 2. [`plan`] fills in the variables that are known before anything is sent, checks what depends
//!    on
//!    the command line, and marks what will be created.
//! 3. [`engine`] runs the plan: it sends requests through [`http`], waits for deliveries in the
//!    inbox of
//!    [`webhook`], compares, captures, and undoes what it made. What a target does is never an
//!    error in
//!    there, it is [`evidence`].
//! 4. [`diagnose`] reads the evidence of the whole scenario and names the cause.
//! 5. [`event`] is what the engine tells about all this while it happens, and the report at the
//!    end;
//!    [`report`] turns it into text, JSON, JUnit XML, TAP or a page.
//!
//! Beside that way stand [`app`], which starts the app under test; [`intercept`], which leads its
//! calls here; [`sandbox`], which imitates the real API and knows nothing of the rest;
//! [`cleanup`], which finds and removes what runs that were killed did not undo; [`provider`], the
//! facts about a billing provider; [`secret`], what must never be printed; [`printable`], what text
//! from outside looks like; [`duration`], how lengths of time are written; [`environment`], its
//! variables; [`exit`], the exit codes; [`init`], what the source of an app
//! says about it; and [`cli`], which puts everything together and which no
//! other module uses. A test holds the modules to that;
//! `docs/architecture.md` follows a scenario and a webhook through the files.

pub mod app;
pub mod cleanup;
pub mod cli;
pub mod diagnose;
pub mod duration;
pub mod engine;
pub mod environment;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod http;
pub mod init;
pub mod intercept;
pub mod plan;
pub mod printable;
pub mod provider;
pub mod report;
pub mod sandbox;
pub mod scenario;
pub mod secret;
pub mod variables;
pub mod webhook;
