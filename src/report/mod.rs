//! Reporters: they consume [`crate::event::Event`]s and know nothing else.
