//! Language tags by their meaning, as Python's `langcodes` reads them for the real API: valid are
//! the tags whose parts IANA has registered, and what is kept is the tag that is used today.
//!
//! Two crates know the two halves: `language-tags` the registry, `icu_locale` what CLDR adds to it,
//! three-letter codes (`eng`) and regions under other codes (`UK`, `840`).

use icu_locale::{Locale, LocaleCanonicalizer};
use language_tags::{LanguageTag, ValidationError};
use serde_json::Value;

use super::Validator;

/// Reads a language tag and writes it the usual way: `en_us` as `en-US`, `i-klingon` as `tlh`.
pub(crate) fn locale(validator: &mut Validator, value: &Value) -> Option<String> {
    let Value::String(text) = value else {
        return validator.flaw("string_type", "Input should be a valid string", value);
    };
    standard(text).or_else(|| validator.value_error("Invalid IETF BCP 47 language tag", value))
}

fn standard(text: &str) -> Option<String> {
    let tag = LanguageTag::parse(&text.replace('_', "-")).ok()?;
    // Said before the tag is brought up to date, which takes the second one away.
    if matches!(
        tag.validate(),
        Err(ValidationError::DuplicateVariant | ValidationError::DuplicateExtension)
    ) {
        return None;
    }
    let tag = LanguageTag::parse(&renamed(&tag)).ok()?.canonicalize().ok()?;
    // Which language a variant was made for does not matter.
    if !matches!(tag.validate(), Ok(()) | Err(ValidationError::WrongVariantPrefix))
        || !has_language(&tag)
    {
        return None;
    }
    let mut variants: Vec<_> = tag.variant_subtags().collect();
    variants.sort_unstable();
    let mut parts = vec![tag.full_language()];
    parts.extend([tag.script(), tag.region()].into_iter().flatten());
    parts.extend(variants);
    parts.extend([tag.extension(), tag.private_use()].into_iter().flatten());
    Some(parts.join("-"))
}

/// `und` and private tags (`x-…`) name none. The crate takes all of `qb` to `qt` for private codes,
/// as `qaa` to `qtz` are.
fn has_language(tag: &LanguageTag) -> bool {
    let language = tag.primary_language();
    match language.len() {
        2 => !language.starts_with('q') || language == "qu",
        3 => language != "und",
        _ => false,
    }
}

/// The tag with what CLDR calls otherwise: a language that is not registered (`eng`) or stands for
/// one in a script (`sh`), and a region.
fn renamed(tag: &LanguageTag) -> String {
    let mut parts: Vec<String> = tag.as_str().split('-').map(str::to_owned).collect();
    if let Some(region) = tag.region()
        && let Some(new) = alias(&format!("und-{region}")).and_then(|locale| locale.id.region)
        && let Some(part) = parts.iter_mut().skip(1).find(|part| *part == region)
    {
        *part = new.to_string();
    }
    let language = tag.primary_language();
    let registered = LanguageTag::parse(language).is_ok_and(|tag| tag.is_valid());
    let Some(new) = alias(language) else { return parts.join("-") };
    if let Some(script) = new.id.script.filter(|_| tag.script().is_none()) {
        parts.insert(1, script.to_string());
    }
    if !registered || new.id.script.is_some() {
        parts[0] = new.id.language.to_string();
    }
    parts.join("-")
}

fn alias(text: &str) -> Option<Locale> {
    let mut locale = Locale::try_from_str(text).ok()?;
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Some(locale)
}

#[cfg(test)]
mod tests {
    use super::standard;

    /// Each as `langcodes` 3.5.1 answers.
    #[test]
    fn tags_are_read_by_their_meaning() {
        for (text, kept) in [
            ("en", "en"),
            ("en_US", "en-US"),
            ("EN-us", "en-US"),
            ("es-419", "es-419"),
            ("i-klingon", "tlh"),
            ("en-GB-oed", "en-GB-oxendict"),
            ("en-Latn", "en"),
            ("eng-latn", "en"),
            ("ger", "de"),
            ("iw", "he"),
            ("mo", "ro"),
            ("sh", "sr-Latn"),
            ("sh-QU", "sr-Latn-EU"),
            ("no", "no"),
            ("cmn-Hans-CN", "cmn-Hans-CN"),
            ("zh_Hant_TW", "zh-Hant-TW"),
            ("sgn-US", "ase"),
            ("en-uk", "en-GB"),
            ("en-840", "en-US"),
            ("ru-SU", "ru-RU"),
            ("sl-rozaj-biske", "sl-biske-rozaj"),
            ("ja-latn-hepburn", "ja-Latn-hepburn"),
            ("ca-valencia", "ca-valencia"),
            ("de-de-u-co-phonebk", "de-DE-u-co-phonebk"),
            ("en-x-Foo", "en-x-foo"),
            ("qaa-Qaaa-QM-x-southern", "qaa-Qaaa-QM-x-southern"),
        ] {
            assert_eq!(standard(text).as_deref(), Some(kept), "{text}");
        }
    }

    #[test]
    fn what_is_not_registered_is_refused() {
        for text in [
            "",
            "xx",
            "jp",
            "qb",
            "C",
            "english",
            "en-XYZ1",
            "en-000",
            "en-foobar",
            "en-US-GB",
            "en-GB-Latn",
            "de-1901-1901",
            "en-a-bbb-a-ddd",
            "en-",
            "en--US",
            "en-US.UTF-8",
            "und",
            "und-US",
            "x-foo",
            "é",
            "en US",
            " en",
            "en-u",
            "en\0",
        ] {
            assert_eq!(standard(text), None, "{text}");
        }
    }
}
