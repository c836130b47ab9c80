//! What a scenario can say, seen from the server: `tieback run`, the built program, against small
//! servers that a scenario has to get along with.

mod bodies;
mod captures;
mod cookies;
mod environment;
mod others;
mod rows;
mod statuses;
mod undo;
mod waits;

use crate::support::program;
use crate::support::server;

use self::program::{Finished, Test};
use self::server::{Behaviour, Reply, Request, Server};

/// A server that gives these answers, whatever a billing API would say.
fn server(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(Behaviour::correct().instead(move |request, _| Some(answer(request))))
}

/// Runs a scenario with these steps, which has to end with `status`.
fn run(server: &Server, steps: &str, status: i32) -> Finished {
    Test::scenario(&format!("name: test\nsteps:\n{steps}")).against(server).status(status).done()
}

/// The body of a request as text.
fn text(request: &Request) -> String {
    String::from_utf8(request.body.clone()).expect("a text")
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The requests for a path, as method and target.
fn lines(server: &Server) -> Vec<String> {
    let line = |request: &Request| format!("{} {}", request.method, request.target);
    server.requests().iter().map(line).collect()
}
