//! Tax ids: which kinds a country has, and whether a number looks like one of them.
//!
//! Simplified: the real API checks every kind's check digits with Python's `stdnum`. Here the shape
//! is checked for all, the check digits for the commonest; see `docs/sandbox.md`.

mod checks;

/// The number as it is kept, and the kind as Polar and Stripe name it.
pub(crate) type TaxId = (String, String);

use checks::{Check, KINDS};

/// Reads `number` as a tax id of `country`.
pub(crate) fn tax_id(number: &str, country: &str) -> Option<TaxId> {
    let compact: String = number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | ','))
        .collect::<String>()
        .to_uppercase();
    KINDS.iter().filter(|kind| kind.country == country).find_map(|kind| {
        let kept = match kind.check {
            Check::EuropeanVat { .. } => european(&compact),
            // The country in front of these is passed over.
            _ if matches!(kind.name, "gb_vat" | "ge_vat") => {
                let digits = compact.strip_prefix(kind.country).unwrap_or(&compact);
                kind.check.holds(digits).then(|| digits.to_owned())
            }
            _ => kind.check.holds(&compact).then(|| compact.clone()),
        };
        kept.map(|number| (number, kind.name.to_owned()))
    })
}

/// A European VAT number names its own country, which need not be that of the address; without its
/// prefix it is none (`stdnum.eu.vat`). Greece has two prefixes; Belgium and Greece had shorter
/// numbers, which have got a zero in front since.
fn european(compact: &str) -> Option<String> {
    let (prefix, digits) = compact.split_at_checked(2)?;
    let own = if prefix == "GR" { "EL" } else { prefix };
    let kind = KINDS
        .iter()
        .find(|kind| matches!(kind.check, Check::EuropeanVat { prefix, .. } if prefix == own))?;
    let padded = matches!(own, "BE" | "EL").then(|| format!("0{digits}"));
    let held =
        std::iter::once(digits.to_owned()).chain(padded).find(|digits| kind.check.holds(digits))?;
    Some(format!("{prefix}{held}"))
}

#[cfg(test)]
mod tests {
    use super::tax_id;

    #[test]
    fn numbers_are_kept_compact_with_their_kind() {
        for (number, country, kept, kind) in [
            ("FR61954506077", "FR", "FR61954506077", "eu_vat"),
            ("fr 61 954 506 077", "DE", "FR61954506077", "eu_vat"),
            ("DE136695976", "DE", "DE136695976", "eu_vat"),
            ("91-1144442", "US", "911144442", "us_ein"),
            ("NL004495445B01", "NL", "NL004495445B01", "eu_vat"),
            ("BE598790698", "BE", "BE0598790698", "eu_vat"),
            ("GR094259216", "GR", "GR094259216", "eu_vat"),
            ("XI110305878", "IE", "XI110305878", "eu_vat"),
            ("GB 980 7806 84", "GB", "980780684", "gb_vat"),
            ("980780684", "GB", "980780684", "gb_vat"),
        ] {
            assert_eq!(
                tax_id(number, country),
                Some((kept.to_owned(), kind.to_owned())),
                "{number}"
            );
        }
    }

    #[test]
    fn wrong_check_digits_and_shapes_are_refused() {
        for (number, country) in [
            ("123", "FR"),
            ("61954506077", "FR"),
            ("FR61954506077", "US"),
            ("FR62954506077", "FR"),
            ("DE136695978", "DE"),
            ("1", "US"),
            ("1", "XX"),
        ] {
            assert_eq!(tax_id(number, country), None, "{number}");
        }
    }
}
