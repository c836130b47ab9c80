//! Taking the compression off a body that was read whole.
//!
//! Our own few lines around `flate2`, so that what comes out is bounded, names count in any case
//! (RFC 9110, 8.4.1), and a body that is not compressed as it says differs from one that was cut.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::failure::MAX_BODY;
use super::{Failure, FailureKind, Response};

/// What the target may use.
pub(super) const ACCEPTED: &str = "gzip, deflate";

/// The most layers of compression: more than one is a mistake, or an attack.
const MAX_LAYERS: usize = 3;

/// The body of `answer` as it was before it was compressed. What is compressed in a way that was
/// not asked for, or only called so, is left as it is.
pub(super) fn decoded(answer: &Response, mut body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let named = answer.headers.iter().filter(|(name, _)| name == "content-encoding");
    let named: Vec<_> = named
        .flat_map(|(_, value)| value.split(','))
        .map(|name| name.trim().to_lowercase())
        .collect();
    for (layer, name) in
        named.iter().rev().filter(|name| !matches!(name.as_str(), "" | "identity")).enumerate()
    {
        if body.is_empty() {
            break;
        }
        if layer == MAX_LAYERS {
            return Err(spoilt(format!("it is compressed more than {MAX_LAYERS} times")));
        }
        body = match name.as_str() {
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(body.as_slice()))?,
            // The name means the zlib format, and some send the bare one.
            "deflate" if is_zlib(&body) => read(ZlibDecoder::new(body.as_slice()))?,
            "deflate" => read(DeflateDecoder::new(body.as_slice()))?,
            _ => return Ok(body),
        };
    }
    Ok(body)
}

/// Reads to the end, or as far as is allowed.
fn read(from: impl Read) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let most = u64::try_from(MAX_BODY).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut body).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => spoilt("it ends too early".to_owned()),
        _ => spoilt(error.to_string()),
    })?;
    if body.len() > MAX_BODY { Err(Failure::too_large()) } else { Ok(body) }
}

/// Whether `body` starts with the two bytes of a zlib header, which check each other (RFC 1950).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

fn spoilt(detail: String) -> Failure {
    Failure { maybe_done: true, ..Failure::new(FailureKind::Undecodable, detail) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_as(encoding: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let headers = vec![("content-encoding".to_owned(), encoding.to_owned())];
        let url = Url::parse("http://localhost/").unwrap();
        decoded(&Response { status: 200, headers, body: Vec::new(), url }, body)
    }

    #[test]
    fn every_name_in_any_case_and_in_layers() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"{}").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(b"{}").unwrap();
        for (name, body) in [
            ("gzip", gzip(b"{}")),
            ("GZIP", gzip(b"{}")),
            (" X-Gzip ", gzip(b"{}")),
            ("identity, gzip", gzip(b"{}")),
            ("gzip,gzip", gzip(&gzip(b"{}"))),
            ("deflate", zlib.finish().unwrap()),
            ("Deflate", bare.finish().unwrap()),
            ("identity", b"{}".to_vec()),
            ("utf-8", b"{}".to_vec()),
            ("", b"{}".to_vec()),
        ] {
            assert_eq!(read_as(name, body).as_deref(), Ok(&b"{}"[..]), "{name}");
        }
        assert_eq!(read_as("gzip", Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_not_what_it_says_is_told() {
        let cut = gzip(b"{}")[..12].to_vec();
        for (name, body, why) in [
            ("gzip", b"{\"id\": \"not compressed at all\"}".to_vec(), "invalid gzip header"),
            ("gzip", cut, "ends too early"),
            ("deflate", vec![0x78, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], ""),
            ("gzip,gzip,gzip,gzip", gzip(&gzip(&gzip(&gzip(b"{}")))), "more than 3 times"),
        ] {
            let failure = read_as(name, body).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Undecodable);
            assert!(failure.detail.contains(why), "{}", failure.detail);
        }
    }

    #[test]
    fn a_bomb_is_given_up() {
        let bomb = gzip(&vec![0; MAX_BODY + 1]);
        let nested = gzip(&bomb);
        assert_eq!(read_as("gzip", bomb).unwrap_err(), Failure::too_large());
        assert_eq!(read_as("gzip, gzip", nested).unwrap_err(), Failure::too_large());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(body in any::<Vec<u8>>(), name in "(gzip|deflate|,| |x){0,6}") {
            let _ = read_as(&name, body);
        }
    }
}
