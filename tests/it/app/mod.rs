//! Apps under test: what they get wrong is found, and what is merely different is let be.

mod deliver;
mod examples;
mod live;
mod matrix;
mod process;
mod refusals;
