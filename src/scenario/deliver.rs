//! What steps do that are about the app under test, as data: deliveries to its webhook handler,
//! what the app file stands in for, and faults of the sandbox beside it.

use super::word::Word;
use super::{Shape, Span, Template};

/// What a step takes from the app file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromApp {
    /// How a user is made.
    User,
    /// What the app knows about the user.
    State,
    /// How a user's account is deleted.
    Delete,
}

impl FromApp {
    /// The key in the app file, and the word after `use:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::State => "state",
            Self::Delete => "delete",
        }
    }
}

/// A program whose standard output is JSON. Only an app file names one.
#[derive(Debug, Clone)]
pub struct Exec {
    /// The program, then its arguments; never empty.
    pub command: Vec<Template>,
}

/// Webhooks for the app's handler, signed with the app's secret.
#[derive(Debug, Clone)]
pub struct Deliver {
    /// Names of kept webhooks, event types, [`EVERY`] or [`REFUSED`]; never empty.
    pub what: Vec<Word>,
    /// The payload of an event type; the provider's example when left out.
    pub payload: Option<Shape>,
    /// Merged into each payload before it is signed.
    pub change: Option<Shape>,
    /// How they are signed.
    pub sign: Sign,
    /// The way to make the key; the one that the secret stands for when left out.
    pub scheme: Option<KeyScheme>,
    /// How old the timestamp is, in seconds; negative is in the future.
    pub age: i64,
    /// Whether they go under other event ids than they came with.
    pub new_id: bool,
    /// How many copies of each.
    pub times: u32,
    /// Whether they go side by side.
    pub at_once: bool,
    /// Whether a refused one is sent again, as the API does.
    pub retry: bool,
}

/// In place of a name: every event type that the API sends, but the end of the customer.
pub const EVERY: &str = "every";
/// In place of a name: what the app has refused so far, once more.
pub const REFUSED: &str = "refused";

/// How a delivery is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// As the API signs.
    #[default]
    Valid,
    /// Not at all.
    None,
    /// With another key.
    Wrong,
    /// Well, and then the body is changed.
    Tampered,
    /// Well, and the body ends half way.
    Cut,
}

impl Sign {
    /// All of them, with the word that stands for each.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Valid, "valid"),
        (Self::None, "none"),
        (Self::Wrong, "wrong"),
        (Self::Tampered, "tampered"),
        (Self::Cut, "cut"),
    ];
}

/// A way to make the key out of a webhook secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScheme {
    /// Base64 after the prefix.
    Standard,
    /// The bytes of the whole secret.
    Legacy,
}

impl KeyScheme {
    /// All of them, with the word that stands for each.
    pub const ALL: [(Self, &str); 2] = [(Self::Standard, "standard"), (Self::Legacy, "legacy")];
}

/// A fault that the sandbox is told to show. It is disarmed when the scenario ends.
#[derive(Debug, Clone)]
pub struct FaultStep {
    /// Its name, or [`NO_FAULT`].
    pub name: Word,
    /// What it is aimed at, such as `PATCH /v1/customers/*`.
    pub on: Option<Template>,
    /// How many occasions it passes over first, as a number.
    pub after: Option<Shape>,
    /// How many times it shows, as a number; always when left out.
    pub times: Option<Shape>,
    /// How long it takes, for faults that take time.
    pub duration: Option<Word>,
    /// Where the step's `fault` stands.
    pub span: Span,
}

/// In place of a fault's name: everything that the scenario armed is disarmed.
pub const NO_FAULT: &str = "none";
