//! Threads that hand one another work all the time, kept on one core: to wake a thread on another core that sleeps costs a
//! virtual machine more than most of what the thread then does.

/// Keeps this thread, and those that it starts from now on, on the `n`-th of the cores that it may use, counted round.
/// Where that cannot be done it stays as it is: it is about time alone.
pub fn stay_on(n: usize) {
    #[cfg(target_os = "linux")]
    {
        use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
        use nix::unistd::Pid;
        let me = Pid::from_raw(0);
        let Ok(allowed) = sched_getaffinity(me) else { return };
        let cores: Vec<usize> = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false)).collect();
        let mut one = CpuSet::new();
        if !cores.is_empty() && one.set(cores[n % cores.len()]).is_ok() {
            let _ = sched_setaffinity(me, &one);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = n;
}
