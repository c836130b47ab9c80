//! The countries that a billing address may name.

use std::sync::LazyLock;

/// Under embargo: Polar's input schema leaves them out of ISO 3166.
const EMBARGOED: [&str; 5] = ["CU", "IR", "KP", "RU", "SY"];

/// A code of users' own, which ISO 3166 does not name: Kosovo.
const UNOFFICIAL: &str = "XK";

/// ISO 3166 alpha-2 codes in alphabetical order, as the real API lists them in its message.
pub(crate) static COUNTRIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut codes: Vec<_> = celes::Country::get_countries()
        .iter()
        .map(|country| country.alpha2)
        .filter(|code| !EMBARGOED.contains(code) && *code != UNOFFICIAL)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
});
