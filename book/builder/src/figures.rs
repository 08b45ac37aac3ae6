//! Figures that are drawn from what is tested.

pub mod architecture;
pub mod trail;
