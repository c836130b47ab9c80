//! The kinds of tax ids, by country, in the order in which the real API tries them. Kinds that
//! Polar names and Python's `stdnum` has no check for are never valid there, and are not here.

/// What a number has to look like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// Only the shape: `9` is a digit, `A` a letter, `*` either; alternatives stand apart by `|`.
    Shape(&'static str),
    /// The shape of a European VAT number behind its prefix, and its check digits where known.
    EuropeanVat { prefix: &'static str, shape: &'static str, digits: fn(&str) -> bool },
    /// A shape with its check digits.
    Checked(&'static str, fn(&str) -> bool),
}

impl Check {
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::Shape(shape) => fits(text, shape),
            Self::EuropeanVat { shape, digits, .. } | Self::Checked(shape, digits) => {
                fits(text, shape) && digits(text)
            }
        }
    }
}

/// One kind of tax id of one country.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) country: &'static str,
    pub(super) name: &'static str,
    pub(super) check: Check,
}

const fn shape(country: &'static str, name: &'static str, shape: &'static str) -> Kind {
    Kind { country, name, check: Check::Shape(shape) }
}

const fn vat(
    country: &'static str,
    prefix: &'static str,
    shape: &'static str,
    digits: fn(&str) -> bool,
) -> Kind {
    Kind { country, name: "eu_vat", check: Check::EuropeanVat { prefix, shape, digits } }
}

const fn checked(
    country: &'static str,
    name: &'static str,
    shape: &'static str,
    digits: fn(&str) -> bool,
) -> Kind {
    Kind { country, name, check: Check::Checked(shape, digits) }
}

pub(super) static KINDS: &[Kind] = &[
    shape("AD", "ad_nrt", "A999999A"),
    shape("AE", "ae_trn", "999999999999999"),
    shape("AR", "ar_cuit", "99999999999"),
    vat("AT", "AT", "U99999999", unchecked),
    checked("AU", "au_abn", "99999999999", australian),
    vat("BE", "BE", "9999999999", belgian),
    vat("BG", "BG", "999999999|9999999999", unchecked),
    shape("BR", "br_cnpj", "99999999999999"),
    shape("BR", "br_cpf", "99999999999"),
    shape("CA", "ca_gst_hst", "999999999AA9999"),
    checked("CA", "ca_bn", "999999999", luhn),
    shape("CH", "ch_uid", "AAA999999999"),
    shape("CH", "ch_vat", "AAA999999999AAA|AAA999999999AAAA"),
    shape("CL", "cl_tin", "99999999*|9999999*"),
    shape("CO", "co_nit", "999999999|9999999999"),
    shape("CR", "cr_tin", "999999999|9999999999"),
    vat("CY", "CY", "99999999A", unchecked),
    vat("CZ", "CZ", "99999999|999999999|9999999999", unchecked),
    vat("DE", "DE", "999999999", iso_7064_mod_11_10),
    vat("DK", "DK", "99999999", danish),
    shape("EC", "ec_ruc", "9999999999999"),
    vat("EE", "EE", "999999999", unchecked),
    vat("ES", "ES", "*9999999*", unchecked),
    vat("FI", "FI", "99999999", unchecked),
    vat("FR", "FR", "**999999999", french),
    checked("GB", "gb_vat", "999999999|999999999999", british),
    shape("GE", "ge_vat", "999999999|99999999999"),
    vat("GR", "EL", "999999999", unchecked),
    vat("HR", "HR", "99999999999", iso_7064_mod_11_10),
    vat("HU", "HU", "99999999", unchecked),
    shape("ID", "id_npwp", "999999999999999|9999999999999999"),
    vat("IE", "IE", "9999999A|9999999AA|9A99999A|9*99999A", unchecked),
    shape("IL", "il_vat", "999999999"),
    shape("IN", "in_gst", "99AAAAA9999A*A*"),
    shape("IS", "is_vat", "99999|999999"),
    vat("IT", "IT", "99999999999", luhn),
    shape("JP", "jp_cn", "9999999999999"),
    shape("KE", "ke_pin", "A999999999A"),
    shape("KR", "kr_brn", "9999999999"),
    vat("LT", "LT", "999999999|999999999999", unchecked),
    vat("LU", "LU", "99999999", luxembourgish),
    vat("LV", "LV", "99999999999", unchecked),
    vat("MT", "MT", "99999999", unchecked),
    shape("MK", "mk_vat", "9999999999999"),
    shape("MU", "mu_tan", "99999999"),
    shape("MX", "mx_rfc", "AAA999999***|AAAA999999***"),
    vat("NL", "NL", "999999999B99", dutch),
    shape("NO", "no_vat", "999999999|999999999AAA"),
    shape("PE", "pe_ruc", "99999999999"),
    vat("PL", "PL", "9999999999", polish),
    vat("PT", "PT", "999999999", portuguese),
    vat("RO", "RO", "99|999|9999|99999|999999|9999999|99999999|999999999|9999999999", unchecked),
    shape("RS", "rs_pib", "999999999"),
    vat("SE", "SE", "999999999999", unchecked),
    shape("SG", "sg_uen", "99999999A|999999999A|*99**9999A"),
    vat("SI", "SI", "99999999", unchecked),
    vat("SK", "SK", "9999999999", slovak),
    shape("SV", "sv_nit", "99999999999999"),
    shape("TH", "th_vat", "9999999999999"),
    shape("TR", "tr_tin", "9999999999"),
    shape("TW", "tw_vat", "99999999"),
    shape("US", "us_ein", "999999999"),
    shape("VE", "ve_rif", "A999999999"),
    shape("VN", "vn_tin", "9999999999|9999999999999"),
    // Northern Ireland: no country of its own, but a prefix.
    vat("XI", "XI", "999999999|999999999999", british),
];

fn fits(text: &str, shapes: &str) -> bool {
    shapes.split('|').any(|shape| {
        shape.len() == text.len()
            && shape.bytes().zip(text.bytes()).all(|(want, got)| match want {
                b'9' => got.is_ascii_digit(),
                b'A' => got.is_ascii_alphabetic(),
                b'*' => got.is_ascii_alphanumeric(),
                literal => literal == got,
            })
    })
}

fn digits(text: &str) -> impl Iterator<Item = u32> {
    text.chars().filter_map(|c| c.to_digit(10))
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

fn weighted(text: &str, weights: &[u32]) -> u32 {
    digits(text).zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn last(text: &str) -> u32 {
    digits(text).last().unwrap_or_default()
}

fn unchecked(_: &str) -> bool {
    true
}

fn luhn(text: &str) -> bool {
    let digits: Vec<_> = digits(text).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

fn iso_7064_mod_11_10(text: &str) -> bool {
    let mut check = 5;
    for digit in digits(text) {
        check = ((if check == 0 { 10 } else { check }) * 2 % 11 + digit) % 10;
    }
    check == 1
}

fn australian(text: &str) -> bool {
    let sum = weighted(text, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    text.as_bytes()[0] > b'0' && (sum - 10).is_multiple_of(89)
}

fn belgian(text: &str) -> bool {
    (number(&text[..8]) + number(&text[8..])).is_multiple_of(97)
}

fn british(text: &str) -> bool {
    let rest = weighted(&text[..9], &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    rest == 0 || (number(&text[..3]) >= 100 && matches!(rest, 42 | 55))
}

fn danish(text: &str) -> bool {
    weighted(text, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

fn dutch(text: &str) -> bool {
    let sum = weighted(&text[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum % 11 == last(&text[..9]) || dutch_sole_trader(text)
}

/// The numbers given since 2020: the whole number with its prefix, letters as 10 to 35, is 1 modulo
/// 97.
fn dutch_sole_trader(text: &str) -> bool {
    let remainder =
        format!("NL{text}").chars().filter_map(|c| c.to_digit(36)).fold(0, |rest, digit| {
            if digit > 9 { (rest * 100 + digit) % 97 } else { (rest * 10 + digit) % 97 }
        });
    remainder == 1
}

fn french(text: &str) -> bool {
    let (key, siren) = text.split_at(2);
    if !luhn(siren) && !siren.starts_with("000") {
        return false;
    }
    // Keys with letters follow another formula; their shape is enough here.
    !key.bytes().all(|byte| byte.is_ascii_digit()) || number(key) == (number(siren) * 100 + 12) % 97
}

fn luxembourgish(text: &str) -> bool {
    number(&text[..6]) % 89 == number(&text[6..])
}

fn polish(text: &str) -> bool {
    weighted(&text[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == last(text)
}

fn portuguese(text: &str) -> bool {
    let rest = weighted(&text[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    (if rest < 2 { 0 } else { 11 - rest }) == last(text)
}

fn slovak(text: &str) -> bool {
    number(text).is_multiple_of(11)
}
