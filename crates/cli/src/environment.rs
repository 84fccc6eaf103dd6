//! Where a run happens: machine, program, command line. Read once, at the start of a run.

use std::fs;
use std::time::SystemTime;

use assay_results::{Assay, Environment, Machine, redact_command_line};

/// Looks everything up; what the system does not tell stays absent.
pub(crate) fn environment() -> Environment {
    // The name, not the place, of the program: a report is read on other machines.
    let arguments: Vec<String> = std::iter::once(env!("CARGO_BIN_NAME").to_owned())
        .chain(
            std::env::args_os()
                .skip(1)
                .map(|argument| argument.to_string_lossy().into_owned()),
        )
        .collect();
    Environment {
        machine: machine(),
        assay: program(),
        started_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        command_line: redact_command_line(&arguments),
    }
}

/// The program, for run documents.
fn program() -> Assay {
    Assay {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("ASSAY_COMMIT").map(str::to_owned),
    }
}

fn machine() -> Machine {
    let uname = rustix::system::uname();
    Machine {
        cpus: std::thread::available_parallelism()
            .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        cpu_model: field_of("/proc/cpuinfo", "model name"),
        memory_bytes: field_of("/proc/meminfo", "MemTotal")
            .and_then(|kib| Some(kib.strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        kernel: Some(uname.release().to_string_lossy().into_owned()),
        fd_limit: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
    }
}

/// The first `name : value` line of a file of the kernel's.
fn field_of(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

/// `2026-11-24T10:15:00Z` as part of a file name: `20261124-101500`.
pub(crate) fn compact_utc(moment: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.replace(['-', ':', 'Z'], "").replace('T', "-")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::compact_utc;

    #[test]
    fn a_moment_in_a_file_name() {
        assert_eq!(
            compact_utc(UNIX_EPOCH + Duration::from_secs(951_782_399)),
            "20000228-235959"
        );
    }
}
