//! What this program's imitation of a provider has beside the API.

/// The paths of a sandbox that control it.
#[derive(Debug, Clone, Copy)]
pub struct Sandbox {
    /// What all of them begin with. A GET of it describes the sandbox.
    pub control: &'static str,
    /// Faults are armed by a POST, and disarmed by a DELETE of one of them.
    pub faults: &'static str,
    /// Paths whose requests change what everybody sees: what goes wrong, and the time.
    pub for_all: &'static [&'static str],
}
