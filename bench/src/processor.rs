//! What the system tells of a process, and on which core it runs. Linux tells;
//! elsewhere a figure is "not measured here".

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds of processor time, in the process and in the system for it.
    pub seconds: Option<f64>,
    /// The most memory that it had at a time, in megabytes.
    pub megabytes: Option<f64>,
}

/// The first two cores that may be used, if there are two: one for a function,
/// one for the cloud.
pub fn two_cores() -> Option<(usize, usize)> {
    let mut cores = system::cores().into_iter();
    Some((cores.next()?, cores.next()?))
}

pub use system::{pin, pin_this_thread, usage};

#[cfg(target_os = "linux")]
mod system {
    use rustix::param::clock_ticks_per_second;
    use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

    use super::Usage;

    pub fn cores() -> Vec<usize> {
        let allowed = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        (0..CpuSet::MAX_CPU)
            .filter(|core| allowed.is_set(*core))
            .collect()
    }

    /// Keeps a process that was just started on a core.
    pub fn pin(process: u32, core: Option<usize>) {
        let process = i32::try_from(process).ok().and_then(Pid::from_raw);
        if process.is_some() {
            pin_to(process, core);
        }
    }

    /// Keeps this thread on a core.
    pub fn pin_this_thread(core: Option<usize>) {
        pin_to(None, core);
    }

    fn pin_to(process: Option<Pid>, core: Option<usize>) {
        if let Some(core) = core {
            let mut only = CpuSet::new();
            only.set(core);
            // Where it is not allowed the figures are less steady, no more.
            let _ = sched_setaffinity(process, &only);
        }
    }

    /// What a process has used so far.
    pub fn usage(process: u32) -> Usage {
        Usage {
            seconds: seconds(process),
            megabytes: megabytes(process),
        }
    }

    fn seconds(process: u32) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name may hold anything, so what follows its last bracket counts.
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ').skip(11);
        let user: f64 = fields.next()?.parse().ok()?;
        let system: f64 = fields.next()?.parse().ok()?;
        let per_second = u32::try_from(clock_ticks_per_second()).ok()?;
        Some((user + system) / f64::from(per_second))
    }

    fn megabytes(process: u32) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Usage;

    pub fn cores() -> Vec<usize> {
        Vec::new()
    }

    /// Does nothing here.
    pub fn pin(_process: u32, _core: Option<usize>) {}

    /// Does nothing here.
    pub fn pin_this_thread(_core: Option<usize>) {}

    /// Nothing is known here.
    pub fn usage(_process: u32) -> Usage {
        Usage::default()
    }
}
