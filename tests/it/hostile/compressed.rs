//! Compressed bodies, honest and not.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::row::{Row, run_all};
use crate::support::server::{Behaviour, Kind};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory does not run out");
    encoder.finish().expect("memory does not run out")
}

/// `megabytes` of zeros: a thousandth of that.
pub fn bomb(megabytes: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..megabytes {
        encoder.write_all(&zeros).expect("memory does not run out");
    }
    encoder.finish().expect("memory does not run out")
}

fn called(
    kind: Kind,
    name: &'static str,
    encode: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> Behaviour {
    Behaviour::correct().spoils(kind, move |reply| {
        reply.body = encode(&reply.body);
        reply.headers.push(("content-encoding".to_owned(), name.to_owned()));
    })
}

#[test]
fn what_is_compressed_as_it_says() {
    let zlib = |bytes: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory does not run out");
        encoder.finish().expect("memory does not run out")
    };
    run_all(vec![
        Row::harmless("gzip", called(Kind::Create, "gzip", gzip)),
        Row::harmless("in capitals", called(Kind::Create, "GZIP", gzip)),
        Row::harmless("the old name", called(Kind::Create, "x-gzip", gzip)),
        Row::harmless("deflate", called(Kind::Create, "Deflate", zlib)),
        Row::harmless(
            "deflate without its header",
            called(Kind::Create, "deflate", move |bytes| zlib(bytes)[2..].to_vec()),
        ),
        Row::harmless("twice", called(Kind::Create, "gzip, gzip", |bytes| gzip(&gzip(bytes)))),
        Row::harmless(
            "in two parts",
            called(Kind::Create, "gzip", |bytes| [gzip(&bytes[..9]), gzip(&bytes[9..])].concat()),
        ),
        Row::harmless(
            "not at all, and called so",
            called(Kind::Create, "identity", <[u8]>::to_vec),
        ),
        Row::harmless(
            "a charset in the wrong place",
            called(Kind::Create, "utf-8", <[u8]>::to_vec),
        ),
    ]);
}

#[test]
fn what_is_not() {
    let half = |bytes: &[u8]| {
        let whole = gzip(bytes);
        whole[..whole.len() / 2].to_vec()
    };
    let flipped = |bytes: &[u8]| {
        let mut whole = gzip(bytes);
        let middle = whole.len() / 2;
        whole[middle] ^= 0x55;
        whole
    };
    run_all(vec![
        Row::fault("plain", "not_json", called(Kind::Create, "gzip", <[u8]>::to_vec))
            .mentions("compressed"),
        Row::fault("truncated", "not_json", called(Kind::Create, "gzip", half))
            .mentions("too early"),
        Row::fault("damaged", "not_json", called(Kind::Create, "gzip", flipped)),
        Row::fault("and not called so", "not_json", called(Kind::Create, "identity", gzip)),
        Row::fault(
            "in another way",
            "not_json",
            called(Kind::Create, "br", |_| b"\x0b\x02\x80{}\x03".to_vec()),
        ),
        Row::fault(
            "four times",
            "not_json",
            called(Kind::Create, "gzip,gzip,gzip,gzip", |bytes| gzip(&gzip(&gzip(&gzip(bytes))))),
        )
        .mentions("more than 3 times"),
        Row::fault(
            "with more after the end",
            "not_json",
            called(Kind::Create, "gzip", |bytes| [gzip(bytes).as_slice(), b"more"].concat()),
        ),
        Row::error(
            "larger than the limit",
            "connection_lost",
            called(Kind::Create, "gzip", |_| bomb(11)),
        )
        .mentions("10 MiB"),
        Row::error(
            "larger inside",
            "connection_lost",
            called(Kind::Create, "gzip, gzip", |_| gzip(&bomb(11))),
        )
        .mentions("10 MiB"),
    ]);
}
