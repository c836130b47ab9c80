//! What the benchmarks measure with, and what they measure against.

// Each benchmark is a crate of its own and uses what it needs.
#![allow(dead_code)]

pub mod bare;
pub mod server;

use std::time::{Duration, Instant};

/// What one round took.
pub struct Sample {
    pub wall: Duration,
    pub cpu: Option<Duration>,
}

/// Measures `work`, with the CPU time that `cpu` reads before and after.
pub fn measure(cpu: fn() -> Option<Duration>, work: impl FnOnce()) -> Sample {
    let (started, before) = (Instant::now(), cpu());
    work();
    let spent = before.zip(cpu()).map(|(before, after)| after.saturating_sub(before));
    Sample { wall: started.elapsed(), cpu: spent }
}

/// The CPU time of this thread so far.
pub fn of_this_thread() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The CPU time of all processes that this one started and that have ended, to a hundredth of a
/// second.
pub fn of_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    // `cutime` and `cstime`, counted in hundredths of a second on every Linux there is.
    Some(Duration::from_millis((ticks(13)? + ticks(14)?) * 10))
}

/// The median of what `of` finds in the samples.
pub fn median(samples: &[Sample], of: fn(&Sample) -> Option<Duration>) -> Option<Duration> {
    let mut values: Vec<_> = samples.iter().filter_map(of).collect();
    values.sort();
    values.get(values.len() / 2).copied()
}
