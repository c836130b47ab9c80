//! What `tieback init` says that it saw, and what it guessed.

use crate::init::{App, Known, Step};

/// A line for each thing.
pub(super) fn said(app: &App) -> Vec<String> {
    let mut lines = vec![line(&app.framework, app.framework.value.name())];
    if let Some(auth) = &app.auth {
        lines.push(line(auth, auth.value.name()));
    }
    lines.push(line(&app.command, &format!("it is started by `{}`", app.command.value)));
    lines.push(line(&app.port, &format!("it listens on port {}", app.port.value)));
    lines.push(match &app.handler {
        Some(handler) => line(handler, &format!("webhooks go to {}", handler.value)),
        None => guess("no webhook handler was seen: the usual paths are tried"),
    });
    for (name, holds, seen) in &app.env {
        lines.push(match seen {
            Some(seen) => format!("saw    {name}, which gets ${{{holds}}} in a run ({seen})"),
            None => guess(&format!("{name} gets ${{{holds}}} in a run")),
        });
    }
    for (name, seen) in &app.kept {
        lines.push(format!("saw    {name}, which is left as it is ({seen})"));
    }
    if app.intercept {
        lines.push(guess(
            "no variable says where the API is: calls to it are led to the API under test",
        ));
    }
    lines.push(line(&app.user, &format!("somebody signs up by {}", step(&app.user.value))));
    if let Some(delete) = &app.delete {
        lines.push(line(delete, &format!("an account is deleted by DELETE {}", delete.value)));
    }
    lines.push(line(&app.state, &format!("what a user has is told by {}", step(&app.state.value))));
    let (key, value) = &app.access.value;
    lines.push(line(&app.access, &format!("a user with access has `{key}: {value}` there")));
    lines.push(line(&app.product, &format!("a product has the id {}", app.product.value)));
    lines
}

fn line<T>(known: &Known<T>, what: &str) -> String {
    match &known.seen {
        Some(seen) => format!("saw    {what} ({seen})"),
        None => guess(what),
    }
}

fn guess(what: &str) -> String {
    format!("guess  {what}")
}

/// `POST /api/sign-up`, or the program.
pub(super) fn step(step: &Step) -> String {
    match step {
        Step::Request { method, path, .. } => format!("{method} {path}"),
        Step::Exec(command) => format!("`{}`", command.join(" ")),
    }
}
