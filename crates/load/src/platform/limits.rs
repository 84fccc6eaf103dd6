//! What the system lets this process open: file descriptors and ephemeral ports.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::ops::RangeInclusive;

/// How many file descriptors this process may have open now (the soft limit); none means unlimited.
pub fn open_file_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Raises the soft limit on file descriptors to the hard one and returns the limit that then holds; none means unlimited.
/// The error is the system's refusal; the old limit stays.
pub fn raise_open_file_limit() -> io::Result<Option<u64>> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )?;
    Ok(open_file_limit())
}

/// How many file descriptors this process has open; none where `/proc` does not tell.
pub fn open_files_of_self() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    // One of them is the directory being read.
    Some(entries.count().saturating_sub(1) as u64)
}

/// The ports that the kernel gives to outgoing connections of one source address; none where `/proc` does not tell.
pub fn ephemeral_ports() -> Option<RangeInclusive<u16>> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    parse_port_range(&text)
}

fn parse_port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut ports = text.split_whitespace().map(str::parse);
    let (first, last) = (ports.next()?.ok()?, ports.next()?.ok()?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_range_is_two_numbers_in_order() {
        assert_eq!(parse_port_range("32768\t60999\n"), Some(32_768..=60_999));
        for bad in ["", "32768", "x y", "9 8", "1 70000"] {
            assert_eq!(parse_port_range(bad), None, "{bad:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_opened_file_is_counted() {
        let limit = open_file_limit().unwrap_or(u64::MAX);
        let _file = std::fs::File::open("/proc/self/stat").unwrap();
        let open = open_files_of_self().unwrap();
        assert!((4..=limit).contains(&open), "{open} of {limit}");
    }
}
