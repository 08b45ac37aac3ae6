//! Arithmetic on what was measured.

use std::time::Duration;

/// Milliseconds as a number to calculate with.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The middle one, which one slow process among several does not move.
pub fn median(figures: &[f64]) -> f64 {
    percentile(figures, 0.5)
}

/// The smallest figure that at least this share of all do not exceed.
pub fn percentile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wanted = share * count(sorted.len());
    let at = (1..sorted.len()).find(|at| count(*at) >= wanted);
    let at = at.map_or(sorted.len().saturating_sub(1), |at| at - 1);
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// A small number as one to calculate with.
pub fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let figures = [4.0, 1.0, 3.0, 2.0];
        assert!((median(&figures) - 2.0).abs() < f64::EPSILON);
        assert!((percentile(&figures, 0.99) - 4.0).abs() < f64::EPSILON);
        assert!((percentile(&figures, 0.25) - 1.0).abs() < f64::EPSILON);
        assert!((median(&[7.0]) - 7.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }
}
