//! Scenarios about sales, run against the embedded sandbox as users run theirs.

use crate::support::program::Test;

#[test]
fn what_was_paid_reaches_the_user_who_paid() {
    Test::scenario(include_str!("scenarios/paid-access.yaml")).done();
}
