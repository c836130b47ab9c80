//! A report is always written, in every format, whatever came of the run.

use super::program::Test;
use super::server::{Behaviour, Kind, Reply, Server};

/// A server for each exit code, with the diagnosis it owes.
fn servers() -> [(Server, i32, &'static str); 3] {
    let refuses = |status: u16| {
        Server::start(
            Behaviour::correct()
                .instead(move |request, _| (request.kind == Kind::Create).then(|| Reply::empty(status))),
        )
    };
    [(Server::correct(), 0, ""), (refuses(500), 1, "server_error"), (refuses(401), 3, "unauthorized")]
}

#[test]
fn on_stdout_in_every_format() {
    for (server, status, code) in servers() {
        for format in ["human", "json", "junit", "tap"] {
            let finished = Test::run("customer-mapping").format(format).against(&server).status(status);
            let finished = finished.done();
            assert!(finished.stdout.contains("Create the customer"), "{format}{finished}");
            assert!(finished.stdout.contains(code), "{format}{finished}");
            assert!(finished.stderr.starts_with(&format!("target: {} (loopback)", server.url())), "{finished}");
        }
    }
}

#[test]
fn in_files_beside_stdout() {
    let files = ["--report", "json=a.json", "--report", "junit=b.xml", "--report", "tap=c.tap"];
    for (server, status, code) in servers() {
        let test = Test::run("customer-mapping").args(files).args(["--report", "human=d.txt"]);
        let finished = test.against(&server).status(status).done();
        assert_eq!(finished.file("a.json"), finished.stdout);
        assert!(finished.file("b.xml").contains("<testsuites"), "{finished}");
        assert!(finished.file("c.tap").starts_with("TAP version 14"), "{finished}");
        for file in ["a.json", "b.xml", "c.tap", "d.txt"] {
            assert!(finished.file(file).contains(code), "{file}{finished}");
        }
    }
}

#[test]
fn nothing_is_sent_where_a_report_cannot_be_written() {
    let server = Server::correct();
    let test = Test::run("customer-mapping").args(["--report", "json=no/such/folder.json"]).against(&server);
    let finished = test.status(2).done();
    assert!(finished.stderr.contains("no/such/folder.json"), "{finished}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn scenarios_stand_in_the_order_in_which_they_were_selected() {
    let slow = Behaviour::correct().answered(|request, reply| {
        if request.kind == Kind::Create && request.nth == 0 {
            reply.wire = super::server::Wire::Drip(std::time::Duration::from_micros(500));
        }
    });
    let server = Server::start(slow);
    let test = Test::run("customer-lookup").args(["customer-mapping", "--jobs", "2"]).against(&server).done();
    let report = test.report();
    assert_eq!(report["scenarios"][0]["name"], "customer-lookup");
    assert_eq!(report["scenarios"][1]["name"], "customer-mapping");
    assert_eq!(report["summary"]["passed"], 2);
}
