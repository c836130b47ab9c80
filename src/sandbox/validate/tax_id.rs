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
    let compact: String =
        number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | ',')).collect::<String>().to_uppercase();
    KINDS.iter().filter(|kind| kind.country == country).find_map(|kind| {
        let digits = match kind.check {
            Check::EuropeanVat { prefix, .. } => compact.strip_prefix(prefix).unwrap_or(&compact),
            _ => &compact,
        };
        kind.check.holds(digits).then(|| match kind.check {
            Check::EuropeanVat { prefix, .. } => (format!("{prefix}{digits}"), kind.name.to_owned()),
            _ => (compact.clone(), kind.name.to_owned()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::tax_id;

    #[test]
    fn numbers_are_kept_compact_with_their_kind() {
        for (number, country, kept, kind) in [
            ("FR61954506077", "FR", "FR61954506077", "eu_vat"),
            ("61 954 506 077", "FR", "FR61954506077", "eu_vat"),
            ("DE136695976", "DE", "DE136695976", "eu_vat"),
            ("91-1144442", "US", "911144442", "us_ein"),
            ("NL004495445B01", "NL", "NL004495445B01", "eu_vat"),
            ("980780684", "GB", "980780684", "gb_vat"),
        ] {
            assert_eq!(tax_id(number, country), Some((kept.to_owned(), kind.to_owned())), "{number}");
        }
    }

    #[test]
    fn wrong_check_digits_and_shapes_are_refused() {
        for (number, country) in
            [("123", "FR"), ("FR62954506077", "FR"), ("DE136695978", "DE"), ("1", "US"), ("1", "XX")]
        {
            assert_eq!(tax_id(number, country), None, "{number}");
        }
    }
}
