//! An address where nothing listens, and nothing else can for as long as the test holds it.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// Bound and never listening, so that every connection is refused.
pub struct Refusing(Socket);

impl Refusing {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        let address = self.0.local_addr().expect("a bound address");
        address.as_socket().expect("an IP address")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}
