//! Every bound on what a hub may send to, or ask of, a subscriber of the crowd, and its reason.

use std::time::Duration;

/// Longest response head (status line and header fields). Real hubs send under 1 KiB; proxies add cookies and policies.
pub(crate) const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Most header fields of a response head.
pub(crate) const HEAD_FIELDS_MAX: usize = 64;

/// Longest chunk-size line with its extensions, and longest trailer. Chunk extensions are unused in the wild.
pub(crate) const CHUNK_LINE_BYTES_MAX: u32 = 4 * 1024;

/// Largest event: the largest payload of a scenario (1 MiB), and room for its id and field names. Whoever sends more is not
/// answering our publishes.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;

/// Most bytes on one stream without any event of this run between them. Heartbeats of a few bytes never get there.
pub(crate) const IDLE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// A subscriber that received this many times all updates of its topics is being flooded: the memory of a run stays bounded.
pub(crate) const RECEIPTS_PER_DELIVERY_MAX: usize = crate::plan::RECEIPTS_PER_DELIVERY_MAX;

/// Receipts that a subscriber may always have, however short the run.
pub(crate) const RECEIPTS_SLACK: usize = 1_000;

/// Most corrupt or foreign events that are named; beyond, they are counted.
pub(crate) const NAMED_ODDITIES_MAX: usize = 1_000;

/// Longest wait for a TCP (and TLS) connection. The kernel repeats a lost SYN after 1, 3 and 7 s.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for the response head after the request was written.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections being opened at a time on one thread: enough to hide the hub's accept latency, few enough not to overflow a
/// usual listen backlog of 128 or more with the other threads.
pub(crate) const CONNECTING_MAX: usize = 100;

/// Reads of one connection in a row before the others have their turn.
pub(crate) const READS_IN_A_ROW_MAX: usize = 8;

/// What a thread reads at a time, shared by all its connections.
pub(crate) const READ_BUFFER_BYTES: usize = 64 * 1024;

/// First pause after an attempt to connect that failed, before the stream was ever open; it doubles.
pub(crate) const CONNECT_RETRY: Duration = Duration::from_millis(250);

/// How long a subscriber waits before it reconnects when the hub has sent no `retry`, before jitter. The browsers' own choice is
/// between 2 and 5 s.
pub(crate) const RETRY_DEFAULT: Duration = Duration::from_secs(2);

/// The range into which a hub's `retry` is brought: a hub may ask for 0, which must not become a storm of our making, or for a
/// day, which would outlast the run.
pub(crate) const RETRY_MIN: Duration = Duration::from_millis(50);
/// The upper end of that range.
pub(crate) const RETRY_MAX: Duration = Duration::from_secs(30);

/// From one read of a slow reader to the next.
pub(crate) const SLOW_READ_EVERY: Duration = Duration::from_millis(100);

/// What the kernel may receive on behalf of those who read slowly, or not at all: with the usual buffers of several megabytes no hub
/// would notice them. The least that systems grant.
pub(crate) const SLOW_READER_BUFFER_BYTES: usize = 4 * 1024;

const _: () = assert!(READ_BUFFER_BYTES >= HEAD_BYTES_MAX);
const _: () = assert!(EVENT_BYTES_MAX as u64 >= crate::scenario::PAYLOAD_MOST + 4_096);
