//! Every bound that the hub puts on a peer at the HTTP level, with its reason. What bounds updates, matchers, tokens and
//! queues is in `assay_hub_core::limits`.

use std::time::Duration;

/// The largest request head in bytes: one hundred matchers of some hundred bytes, encoded, and a token of several kilobytes
/// fit; a flood of fields does not. hyper answers 431 above it.
pub(crate) const REQUEST_HEAD_BYTES: usize = 64 * 1024;

/// The most fields of a request head. Browsers send about 20, and proxies add some.
pub(crate) const REQUEST_FIELDS: usize = 100;

/// How much of the path of a refused request is logged, in bytes: strangers who ask for long ones do not fill a disk.
pub(crate) const LOGGED_PATH_BYTES: usize = 256;

/// The time for a whole request head, and the longest rest between two requests of a connection. Against clients that
/// hold connections with a byte now and then.
pub(crate) const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The time for a TLS handshake, the wait for its turn included: two round trips of a peer far away, many times over.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// TLS handshakes at once: each holds some tens of kilobytes, and more of them than this finish no sooner on any machine.
pub(crate) const HANDSHAKES: usize = 1_000;

/// The time for a whole request body. The largest one allowed then takes 35 KB/s.
pub(crate) const REQUEST_BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a body that is refused is read nevertheless, so that its peer comes to read the answer: many times the largest allowed,
/// and no more than a peer could send in a few requests.
pub(crate) const REFUSED_BODY_BYTES: usize = 32 * 1024 * 1024;

/// How long that is done.
pub(crate) const REFUSED_BODY_TIME: Duration = Duration::from_secs(5);

/// The most streams on one HTTP/2 connection. A proxy may put the subscribers of many browsers on one.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 1_000;

/// The encoded frames that one HTTP/2 stream buffers at most, in bytes: the same as for an HTTP/1.1 connection.
pub(crate) const STREAM_SEND_BUFFER_BYTES: usize = 64 * 1024;

/// How often an HTTP/2 connection is asked whether its peer lives, and how long it may take to answer.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(30);
/// See [`PING_INTERVAL`].
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Frames that are due together leave together, up to this many bytes: about what one loopback segment carries.
pub(crate) const COALESCED_BYTES: usize = 32 * 1024;

/// How long accepting rests when the system has no descriptor left, so that it does not spin.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The time for a sign to go the way of an update and come back: a hundred times what a busy hub takes, and less than
/// supervisors wait.
pub(crate) const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer about readiness holds: strangers who ask all the time cost one sign a second.
pub(crate) const READINESS_KEPT: Duration = Duration::from_secs(1);

/// Connections of the operator's tools at once.
pub(crate) const OPERATORS: usize = 32;

/// Streams that a hub which shuts down ends in a second: each of them may be a reconnection that another hub has to take.
pub(crate) const FAREWELLS_PER_S: u64 = 5_000;

/// How long a hub is away that is only started again, counted from the end of its last stream.
pub(crate) const RESTART: Duration = Duration::from_secs(2);

/// Subscribers that come back in a second after a hub has ended, by the `retry` that it sent them.
pub(crate) const RETURNS_PER_S: u64 = 1_000;

/// The longest that a subscriber is told to stay away: it misses nothing, and is late all the same.
pub(crate) const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// So many streams end at once and come back as they like: no hub feels them.
pub(crate) const SMALL_CROWD: usize = 100;

/// Descriptors that are not for connections: standard streams, listeners, event queues of threads, history, key files.
pub(crate) const OWN_DESCRIPTORS: usize = 96;

/// The share of connections on which nobody may subscribe once all others are taken, as a divisor: publishers and operators get
/// through to a hub that is full of streams.
pub(crate) const KEPT_BACK_SHARE: usize = 10;

/// When the system asks a peer of whom nothing was heard whether it lives, and how often: less often than any proxy gives up on
/// a connection, so that it costs nothing where comments are sent.
pub(crate) const KEEPALIVE_AFTER: Duration = Duration::from_mins(1);
/// See [`KEEPALIVE_AFTER`].
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// The connections that wait for `accept`: ten thousand subscribers that come back at once should not see a refusal.
/// The system lowers it to its own maximum.
pub const ACCEPT_BACKLOG: i32 = 16_384;

/// How long before the expiry of its token a stream ends: the last bytes are out, and the timer fired, by then
/// (private.exp-closes-connection: no later than `exp`).
pub(crate) const EXPIRY_MARGIN: Duration = Duration::from_millis(50);

/// How long before that expiry the connection, or the HTTP/2 stream, of a peer is cut that has not read that end.
pub(crate) const CUT_MARGIN: Duration = Duration::from_millis(10);

/// An HTTP/2 connection that has been stalled for as long as this when one of its streams is cut is cut too: its peer
/// cannot be told. One that waits for less has only much to read.
pub(crate) const STALLED_AT_DEADLINE: Duration = EXPIRY_MARGIN;

/// The time to read what is left of a stream that has reached its longest life, before it is cut.
pub(crate) const LAST_READ_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a hub that shuts down looks for connections without a request, whose peer does not end them.
pub(crate) const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How deep blocks of legacy directives may be in each other; the deepest that has a meaning is `issuer { publisher { … } }`.
pub(crate) const CADDYFILE_DEPTH: usize = 8;

// The clean end comes before the cut.
const _: () = assert!(CUT_MARGIN.as_nanos() < EXPIRY_MARGIN.as_nanos());

// hyper refuses a smaller buffer than this.
const _: () = assert!(REQUEST_HEAD_BYTES >= 8 * 1024);

/// The connections that may exist beside those of subscribers: publishers, probes, and subscribers that are just told that
/// the hub is full.
pub(crate) const CONNECTIONS_BESIDE_SUBSCRIBERS: usize = 1_000;

/// A request head that a stream lane looks at has to be shorter: with a token of usual length it is a tenth of this.
pub(crate) const PEEKED_BYTES: usize = 16 * 1024;

/// Updates that a lane takes together: it looks at its sockets in between.
pub(crate) const UPDATES_A_ROUND: usize = 64;

/// Batches of the history that a lane reads for one subscriber before it looks after the others.
pub(crate) const REPLAY_BATCHES_A_TURN: usize = 4;

/// Threads that read the file of a history: what some of them wait for, slow pages or a disk far away, does not hold up all who
/// resume. They give way to all others where the CPU is short.
pub(crate) const ARCHIVE_READERS: usize = 4;

/// Events of sockets that a lane takes at once.
pub(crate) const LANE_EVENTS: usize = 1024;

/// The longest JWK set that is fetched, in bytes: a hundred RSA keys with certificates are no longer.
pub(crate) const JWKS_BYTES: usize = 256 * 1024;

/// The time for a whole fetch of a JWK set, with its redirects.
pub(crate) const JWKS_FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The redirects that a fetch of a JWK set follows: a new host and a new path.
pub(crate) const JWKS_REDIRECTS: usize = 3;

/// A JWK set counts as fresh for at least this long, whatever its server says: so that the server is not asked all the time.
pub(crate) const JWKS_FRESH_SHORTEST: Duration = Duration::from_mins(1);
/// … for this long if its server says nothing …
pub(crate) const JWKS_FRESH_DEFAULT: Duration = Duration::from_mins(10);
/// … and at most this long: a key that its issuer has withdrawn is no longer trusted then.
pub(crate) const JWKS_FRESH_LONGEST: Duration = Duration::from_hours(1);

/// How long a JWK set is used beyond its freshness while no newer one can be fetched: an issuer may be away for a night.
pub(crate) const JWKS_STALE: Duration = Duration::from_hours(6);

/// The rest after a fetch that failed; it doubles with each failure …
pub(crate) const JWKS_RETRY_FIRST: Duration = Duration::from_secs(5);
/// … up to this.
pub(crate) const JWKS_RETRY_LONGEST: Duration = Duration::from_mins(5);

/// The rest between fetches for the sake of tokens that name an unknown key, which strangers can send as they please.
pub(crate) const JWKS_LOOK_AGAIN_REST: Duration = Duration::from_secs(30);

/// The longest that a request waits for such a fetch.
pub(crate) const JWKS_LOOK_AGAIN_WAIT: Duration = Duration::from_secs(3);

/// The longest answer of an ACME directory, in bytes: a chain of certificates is a few kilobytes.
pub(crate) const ACME_ANSWER_BYTES: usize = 256 * 1024;

/// The time for one request to an ACME directory.
pub(crate) const ACME_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// When an ACME directory is first asked how an order stands; the wait doubles each time …
pub(crate) const ACME_POLL_FIRST: Duration = Duration::from_millis(100);
/// … until so much time has passed: directories look at a host from several places, one after the other.
pub(crate) const ACME_POLL_TIMEOUT: Duration = Duration::from_mins(2);

/// The time for a whole order of a certificate.
pub(crate) const ACME_ORDER_TIMEOUT: Duration = Duration::from_mins(5);

/// The rest after an order that failed, which doubles with each failure: with these, the five failures an hour that the best
/// known directory allows for a host are not reached before half an hour has passed …
pub(crate) const ACME_RETRY_FIRST: Duration = Duration::from_mins(1);
/// … and this is the longest: whoever mends a name should not have to wait for a night.
pub(crate) const ACME_RETRY_LONGEST: Duration = Duration::from_hours(1);

/// How often the clock is looked at while a certificate is not due: it may be set, and a machine may sleep.
pub(crate) const ACME_CLOCK_CHECK: Duration = Duration::from_hours(1);

/// How much of what an ACME directory says is logged, in characters.
pub(crate) const ACME_PROBLEM_CHARACTERS: usize = 500;

/// The most hosts of one certificate: what the best known directory issues.
pub(crate) const ACME_HOSTS: usize = 100;

/// Connections at once on the listener for http-01 challenges: a directory opens a handful.
pub(crate) const HTTP01_CONNECTIONS: usize = 500;

/// The time for all of such a connection: a request of a few hundred bytes, and its answer.
pub(crate) const HTTP01_TIMEOUT: Duration = Duration::from_secs(5);

const _: () = assert!(JWKS_FRESH_SHORTEST.as_nanos() <= JWKS_FRESH_DEFAULT.as_nanos());
const _: () = assert!(JWKS_FRESH_DEFAULT.as_nanos() <= JWKS_FRESH_LONGEST.as_nanos());

#[cfg(test)]
mod tests {
    use assay_hub_core::limits::{
        ARCHIVE_BATCH_UPDATES, COMPILED_PATTERN_BYTES, DURABLE_HISTORY_BYTES,
        DURABLE_HISTORY_UPDATES, HISTORY_BYTES, HISTORY_UPDATES, JWK_SET_KEYS, PATTERNS,
        QUEUED_BYTES, QUEUED_UPDATES, READ_ORDERS, REPLAY_BATCH_BYTES, UNSTORED_BYTES,
        UNSTORED_UPDATES,
    };

    use super::*;

    /// The page of the crate says what holds.
    #[test]
    fn the_table_is_true() {
        let page = include_str!("lib.rs");
        let (kib, mib) = (|bytes| bytes / 1024, |bytes| bytes / 1024 / 1024);
        let core = assay_hub_core::Limits::DEFAULT;
        for row in [
            format!(
                "| {} KiB, {REQUEST_FIELDS} fields | 431 |",
                kib(REQUEST_HEAD_BYTES)
            ),
            format!(
                "| {} s | connection closed |",
                REQUEST_HEAD_TIMEOUT.as_secs()
            ),
            format!(
                "| {} MiB, {} fields | 413 |",
                mib(core.publish_body_bytes),
                core.form_pairs
            ),
            format!(
                "| {} s, {HANDSHAKES} at once | connection closed |",
                HANDSHAKE_TIMEOUT.as_secs()
            ),
            format!("| {} s | 408 |", REQUEST_BODY_TIMEOUT.as_secs()),
            format!(
                "| {} MiB, {} s | connection closed |",
                mib(REFUSED_BODY_BYTES),
                REFUSED_BODY_TIME.as_secs()
            ),
            format!(
                "topics of an update | {} of {} KiB |",
                core.topics,
                kib(core.topic_bytes)
            ),
            format!("data of an update | {} KiB |", kib(core.data_bytes)),
            format!("| {} bytes each |", core.event_id_bytes),
            format!("| {} bytes each |", core.event_type_bytes),
            format!(
                "matchers of a subscriber | {} of {} KiB |",
                core.matchers,
                kib(core.matcher_bytes)
            ),
            format!("compiled | {} KiB |", kib(COMPILED_PATTERN_BYTES)),
            format!(
                "token | {} KiB, {} details, {} matchers in each |",
                kib(core.token_bytes),
                core.token_details,
                core.token_matchers
            ),
            format!(
                "JWK set every {} s, waited for {} s |",
                JWKS_LOOK_AGAIN_REST.as_secs(),
                JWKS_LOOK_AGAIN_WAIT.as_secs()
            ),
            format!(
                "| {} KiB, {JWK_SET_KEYS} keys, {} s, {JWKS_REDIRECTS} redirects | that of before, for {} h;",
                kib(JWKS_BYTES),
                JWKS_FETCH_TIMEOUT.as_secs(),
                JWKS_STALE.as_secs() / 3600
            ),
            format!("| those, and {CONNECTIONS_BESIDE_SUBSCRIBERS} |"),
            format!("HTTP/2 connection | {STREAMS_PER_CONNECTION} |"),
            format!("all subscribers | {PATTERNS} |"),
            format!("| {QUEUED_UPDATES} updates, {} MiB |", mib(QUEUED_BYTES)),
            format!(
                "`--history-size`, {HISTORY_UPDATES} updates, and `--history-bytes`, {} MiB |",
                mib(HISTORY_BYTES)
            ),
            format!(
                "{DURABLE_HISTORY_UPDATES} updates and {} GiB |",
                DURABLE_HISTORY_BYTES / 1024 / 1024 / 1024
            ),
            format!("| {UNSTORED_UPDATES}, {} MiB | 503 |", mib(UNSTORED_BYTES)),
            format!(
                "| {ARCHIVE_READERS} at once, of {ARCHIVE_BATCH_UPDATES} updates or {} MiB |",
                mib(REPLAY_BATCH_BYTES)
            ),
            format!("| {READ_ORDERS} | 503, `history-busy`"),
        ] {
            assert!(page.contains(&row), "{row}");
        }
    }
}
