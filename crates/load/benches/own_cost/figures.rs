//! What one workbench measured of itself, and the row that is made of it.

use assay_results::{LoadRun, Metric, Quantile, Validity};

/// Of one run. CPU time is of the measured phase, but that of the books.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) subscribers: u64,
    /// Deliveries of the measured phase.
    pub(crate) events: u64,
    pub(crate) cpu_us: u64,
    /// Of which the threads that read.
    pub(crate) reading_us: u64,
    /// What ledger, percentiles and document took afterwards, all deliveries of the run together.
    pub(crate) books_us: u64,
    /// Resident when all were connected.
    pub(crate) connected_bytes: u64,
    /// The most that ever was resident: all records, the books and the document beside each other.
    pub(crate) peak_bytes: u64,
    /// Wrong deliveries: a null hub makes none.
    pub(crate) wrong: u64,
    pub(crate) valid: u64,
    pub(crate) read_lag_p99_us: u64,
    pub(crate) event_last_p99_us: u64,
}

impl Figures {
    /// What the document says.
    pub(crate) fn told_by(run: &LoadRun) -> Self {
        let record = run.record();
        let p99_us = |metric: Metric| {
            let distribution = record.metrics.get(&metric);
            distribution
                .map_or(Quantile::TooFew, |one| one.p99)
                .value_us()
        };
        Self {
            subscribers: record.subscribers,
            events: record
                .metrics
                .get(&Metric::Delivery)
                .map_or(0, |one| one.count),
            wrong: record.ledger.wrong(),
            valid: u64::from(record.validity() != Validity::Invalid),
            read_lag_p99_us: p99_us(Metric::ReadLag).unwrap_or(0),
            event_last_p99_us: p99_us(Metric::EventLast).unwrap_or(0),
            ..Self::default()
        }
    }

    fn numbers(&self) -> [u64; 11] {
        [
            self.subscribers,
            self.events,
            self.cpu_us,
            self.reading_us,
            self.books_us,
            self.connected_bytes,
            self.peak_bytes,
            self.wrong,
            self.valid,
            self.read_lag_p99_us,
            self.event_last_p99_us,
        ]
    }

    /// From one process to another.
    pub(crate) fn line(&self) -> String {
        self.numbers().map(|number| number.to_string()).join(" ")
    }

    /// What [`Figures::line`] wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<u64> = line.split(' ').map_while(|one| one.parse().ok()).collect();
        let &[
            subscribers,
            events,
            cpu_us,
            reading_us,
            books_us,
            connected_bytes,
            peak_bytes,
            wrong,
            valid,
            read_lag_p99_us,
            event_last_p99_us,
        ] = &numbers[..]
        else {
            return None;
        };
        Some(Self {
            subscribers,
            events,
            cpu_us,
            reading_us,
            books_us,
            connected_bytes,
            peak_bytes,
            wrong,
            valid,
            read_lag_p99_us,
            event_last_p99_us,
        })
    }

    /// For people; memory as the slope from `least`, which has fewer subscribers.
    pub(crate) fn row(&self, least: Option<&Self>) -> String {
        let an_event = |us: u64| us as f64 / self.events.max(1) as f64;
        let verdict = if self.valid == 1 { "valid" } else { "INVALID" };
        let memory = least.map_or_else(
            || format!("{:.1} MB at most", self.peak_bytes as f64 / 1e6),
            |least| {
                let more = self.subscribers.saturating_sub(least.subscribers).max(1);
                let slope = |bytes: fn(&Self) -> u64| {
                    bytes(self).saturating_sub(bytes(least)) as f64 / more as f64 / 1e3
                };
                format!(
                    "{:.2} KB a connection, {:.2} KB at most, with its records and books",
                    slope(|one| one.connected_bytes),
                    slope(|one| one.peak_bytes)
                )
            },
        );
        format!(
            "{:>5} subscribers, {:>7} events: {:.2} µs CPU an event (reading {:.2}), {:.2} µs for the books; {memory}; {} wrong, {verdict}, read lag p99 {:.2} ms, slowest p99 {:.1} ms",
            self.subscribers,
            self.events,
            an_event(self.cpu_us),
            an_event(self.reading_us),
            an_event(self.books_us),
            self.wrong,
            self.read_lag_p99_us as f64 / 1e3,
            self.event_last_p99_us as f64 / 1e3,
        )
    }
}
