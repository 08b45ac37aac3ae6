//! The cloud on loopback.
