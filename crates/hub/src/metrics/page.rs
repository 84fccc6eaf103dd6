//! The numbers as Prometheus reads them (text format 0.0.4).

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use assay_hub_core::Counts;

use super::{BOUNDS_US, LaneCounts, Metrics, Times};

/// What Prometheus takes the page for.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is on the page.
pub(crate) struct Numbers<'a> {
    pub(crate) core: Counts,
    pub(crate) lanes: &'a [Arc<LaneCounts>],
    pub(crate) metrics: &'a Metrics,
    /// The end of the certificate, if the hub has one.
    pub(crate) certificate_expiry: Option<SystemTime>,
}

impl Numbers<'_> {
    /// The page.
    pub(crate) fn page(&self) -> String {
        let mut page = Page::default();
        self.hub(&mut page);
        self.history(&mut page);
        self.certificate(&mut page);
        self.reasons(&mut page);
        self.times(&mut page);
        process(&mut page);
        page.0
    }

    fn sum(&self, count: impl Fn(&LaneCounts) -> &AtomicU64) -> u64 {
        self.lanes
            .iter()
            .map(|lane| count(lane).load(Relaxed))
            .sum()
    }

    fn hub(&self, page: &mut Page) {
        let core = &self.core;
        page.gauge("subscribers", "Streams that are open.", core.subscribers);
        page.counter(
            "updates_published",
            "Updates that the history took and the hub handed on.",
            core.published,
        );
        page.counter(
            "deliveries",
            "Live updates handed to subscribers, one for each subscriber: to the socket of an HTTP/1.1 stream, to the queue of others.",
            self.sum(|lane| &lane.delivered) + core.queued,
        );
        page.counter(
            "updates_replayed",
            "Updates of the history for streams that resumed: handed to the socket of an HTTP/1.1 stream, read for others.",
            self.sum(|lane| &lane.replayed) + core.replayed,
        );
        let lanes = self.lanes.iter().map(|lane| lane.high_water.load(Relaxed));
        page.gauge(
            "queue_high_water",
            "The most updates that ever waited for one subscriber.",
            lanes.max().unwrap_or_default().max(core.queue_high_water),
        );
    }

    fn history(&self, page: &mut Page) {
        page.gauge(
            "history_reads",
            "Reads of the file of the history for streams that resume: waiting, or under way.",
            self.core.read_orders,
        );
        let Some(history) = self.core.history else {
            return;
        };
        page.gauge(
            "history_updates",
            "Updates in the history.",
            history.updates,
        );
        page.gauge("history_bytes", "Their size.", history.size_bytes);
        page.gauge(
            "history_oldest_age_seconds",
            "The age of the oldest of them; 0 if there is none.",
            history.oldest_age_ms as f64 / 1e3,
        );
    }

    fn certificate(&self, page: &mut Page) {
        if let Some(expiry) = self.certificate_expiry {
            let expiry = expiry.duration_since(UNIX_EPOCH).unwrap_or_default();
            page.gauge(
                "certificate_expiry_seconds",
                "When the certificate in use ends, in seconds since 1970.",
                expiry.as_secs(),
            );
        }
    }

    fn reasons(&self, page: &mut Page) {
        let mut ends = BTreeMap::new();
        self.metrics.ends.add_to(&mut ends);
        for lane in self.lanes {
            lane.ends.add_to(&mut ends);
        }
        page.by_reason("streams_closed", "Streams that ended, by reason.", &ends);
        let mut refusals = BTreeMap::new();
        self.metrics.refusals.add_to(&mut refusals);
        page.by_reason(
            "refusals",
            "Requests that were refused, by reason.",
            &refusals,
        );
        let mut connections = BTreeMap::new();
        self.metrics.connections.add_to(&mut connections);
        page.by_reason(
            "connections_refused",
            "Connections that were refused, by reason.",
            &connections,
        );
        let mut certificates = BTreeMap::new();
        self.metrics.certificates.add_to(&mut certificates);
        page.by_reason(
            "certificate_failures",
            "Orders of a certificate that failed, by reason.",
            &certificates,
        );
    }

    fn times(&self, page: &mut Page) {
        let lanes: Vec<_> = self.lanes.iter().map(|lane| &lane.fan_out).collect();
        page.histogram(
            "fan_out_seconds",
            "From the moment in which a thread that writes streams takes updates to its last write of them, once for each update and thread; without the wait for the thread, and not of HTTP/2.",
            &lanes,
        );
        page.histogram(
            "publish_seconds",
            "From the last byte of a publication to the answer of the history.",
            &[&self.metrics.publish],
        );
    }
}

/// What the system knows of this process.
fn process(page: &mut Page) {
    let descriptors = std::fs::read_dir("/proc/self/fd").ok();
    if let Some(descriptors) = descriptors {
        page.own("process_open_fds", "gauge", "Open files.");
        page.line("process_open_fds", descriptors.count());
    }
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = most_descriptors(&limits) {
        page.own(
            "process_max_fds",
            "gauge",
            "Open files that the system allows.",
        );
        page.line("process_max_fds", most);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident_kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.parse::<u64>().ok());
    if let Some(resident_kib) = resident_kib {
        let name = "process_resident_memory_bytes";
        page.own(name, "gauge", "Memory that is in use.");
        page.line(name, resident_kib * 1024);
    }
}

/// The soft limit, which the hub has raised as far as it may; none where there is none.
fn most_descriptors(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        let name = format!("assay_hub_{name}");
        self.own(&name, "gauge", help);
        self.line(&name, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let name = format!("assay_hub_{name}_total");
        self.own(&name, "counter", help);
        self.line(&name, value);
    }

    fn by_reason(&mut self, name: &str, help: &str, counts: &BTreeMap<(&str, &str), u64>) {
        let name = format!("assay_hub_{name}_total");
        self.own(&name, "counter", help);
        for ((area, code), count) in counts {
            self.line(&format!("{name}{{reason=\"{area}.{code}\"}}"), count);
        }
    }

    fn histogram(&mut self, name: &str, help: &str, all: &[&Times]) {
        let name = format!("assay_hub_{name}");
        self.own(&name, "histogram", help);
        let mut events = 0;
        let mut add = |range: usize| {
            let of_range = all.iter().map(|times| times.ranges[range].load(Relaxed));
            events += of_range.sum::<u64>();
            events
        };
        for (range, bound_us) in BOUNDS_US.iter().enumerate() {
            let bound_s = *bound_us as f64 / 1e6;
            let events = add(range);
            self.line(&format!("{name}_bucket{{le=\"{bound_s}\"}}"), events);
        }
        let events = add(BOUNDS_US.len());
        self.line(&format!("{name}_bucket{{le=\"+Inf\"}}"), events);
        let sum_us: u64 = all.iter().map(|times| times.sum_us.load(Relaxed)).sum();
        self.line(&format!("{name}_sum"), sum_us as f64 / 1e6);
        self.line(&format!("{name}_count"), events);
    }

    fn own(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_the_soft_one() {
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max processes             95145                95146                processes \n\
                 Max open files            {soft:<20} 524288               files     \n"
            )
        };
        for (limits, expected) in [
            (limits("1024"), Some(1024)),
            (limits("unlimited"), None),
            (String::new(), None),
        ] {
            assert_eq!(most_descriptors(&limits), expected, "{limits}");
        }
    }
}
