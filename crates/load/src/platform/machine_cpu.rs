//! How busy the CPUs of this machine are, all processes together.

use std::fs;

/// CPU time of the machine so far, in ticks of the kernel, all CPUs added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineCpu {
    busy: u64,
    all: u64,
}

impl MachineCpu {
    /// The share of all CPUs that was busy since; none when no time has passed.
    pub fn busy_share_since(self, before: Self) -> Option<f64> {
        let all = self.all.saturating_sub(before.all);
        let busy = self.busy.saturating_sub(before.busy);
        (all > 0).then(|| busy as f64 / all as f64)
    }
}

/// Looks; none where `/proc` does not tell.
pub fn machine_cpu() -> Option<MachineCpu> {
    parse(&fs::read_to_string("/proc/stat").ok()?)
}

/// `cpu user nice system idle iowait irq softirq steal …`: guest time is part of user time.
fn parse(stat: &str) -> Option<MachineCpu> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [user, nice, system, idle, waiting, ref rest @ ..] = ticks[..] else {
        return None;
    };
    let busy = user + nice + system + rest.iter().sum::<u64>();
    Some(MachineCpu {
        busy,
        all: busy + idle + waiting,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_idle_nor_waiting_is_busy() {
        let at = |text: &str| parse(text).unwrap();
        let before = at("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3 4 5\n");
        let after = at("cpu  160 0 60 820 50 5 5 0 60 0\n");
        assert_eq!(after.busy_share_since(before), Some(0.8));
        assert_eq!(before.busy_share_since(before), None);
        for bad in ["", "cpu0 1 2 3 4 5", "cpu 1 2", "cpu a b c d e f g h"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
