//! Every bound of the hub core, with its reason; the relations between them are checked when this compiles.
//!
//! Not here: bounds of the transport (heads, timeouts, connections), which the crate `hub` keeps.

use std::time::Duration;

/// What a peer may send, and what the hub keeps for it.
///
/// `Limits::default()` is what the reference hub uses; a test may tighten single values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest publish body in bytes; the transport should stop reading there. limits.publish.body-size
    pub publish_body_bytes: usize,
    /// Longest `data` field in bytes. limits.publish.field-length
    pub data_bytes: usize,
    /// Longest topic in bytes. limits.publish.field-length
    pub topic_bytes: usize,
    /// Topics of one update. limits.publish.topic-count
    pub topics: usize,
    /// Longest event id in bytes; it travels in a header field, hence far below usual head limits.
    pub event_id_bytes: usize,
    /// Longest event type in bytes.
    pub event_type_bytes: usize,
    /// Digits of `retry`: enough for 2^64.
    pub retry_digits: usize,
    /// Name-value pairs of one form or query, known names or not: bounds the work of reading one.
    pub form_pairs: usize,
    /// Topic matchers of one subscribe request. limits.subscribe.matcher-count
    pub matchers: usize,
    /// Longest topic matcher in bytes, in requests and in tokens. limits.subscribe.pattern-length, limits.token.pattern-length
    pub matcher_bytes: usize,
    /// Longest token in bytes, checked before anything is decoded.
    pub token_bytes: usize,
    /// Mercure authorization details of one token (1.0). limits.token.detail-count
    pub token_details: usize,
    /// Topic matchers of one detail (1.0), or of one claim array (0.x). limits.token.topics-count
    pub token_matchers: usize,
}

impl Limits {
    /// The bounds of the reference hub.
    pub const DEFAULT: Self = Self {
        publish_body_bytes: PUBLISH_BODY_BYTES,
        data_bytes: DATA_BYTES,
        topic_bytes: TOPIC_BYTES,
        topics: TOPICS,
        event_id_bytes: EVENT_ID_BYTES,
        event_type_bytes: EVENT_TYPE_BYTES,
        retry_digits: RETRY_DIGITS,
        form_pairs: FORM_PAIRS,
        matchers: MATCHERS,
        matcher_bytes: MATCHER_BYTES,
        token_bytes: TOKEN_BYTES,
        token_details: TOKEN_DETAILS,
        token_matchers: TOKEN_MATCHERS,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A body of 1 MiB of data may be written with some escapes and still pass.
const PUBLISH_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Larger documents belong on a web server, with their URL in the update.
const DATA_BYTES: usize = 1024 * 1024;
/// The longest URL that browsers and proxies handle reliably, times four.
const TOPIC_BYTES: usize = 8 * 1024;
/// An update with more audiences than this is better published twice.
const TOPICS: usize = 100;
const EVENT_ID_BYTES: usize = 1024;
const EVENT_TYPE_BYTES: usize = 1024;
const RETRY_DIGITS: usize = 20;
const FORM_PAIRS: usize = 1024;
/// As many as the topics of an update; more is a pattern's job.
const MATCHERS: usize = 100;
const MATCHER_BYTES: usize = 4 * 1024;
/// What fits in a header field that common proxies let through.
const TOKEN_BYTES: usize = 16 * 1024;
const TOKEN_DETAILS: usize = 100;
const TOKEN_MATCHERS: usize = 1000;

/// Updates that may wait in the queue of one live subscriber; one more closes it with
/// [`crate::subscriber::CloseReason::QueueFull`], and it comes back through the history.
pub const QUEUED_UPDATES: usize = 1000;
/// Bytes that may wait in the queue of one live subscriber.
pub const QUEUED_BYTES: usize = 16 * 1024 * 1024;
/// Updates that may wait for a lane before the hub refuses further ones. A lane takes all that waits at once, and writes the
/// faster the more waits, so this many means that its CPU is gone.
pub const FEED_UPDATES: usize = 10_000;
/// Bytes that may wait for a lane before the hub refuses further updates.
pub const FEED_BYTES: usize = 64 * 1024 * 1024;
/// Updates that the in-memory history keeps unless configured otherwise.
pub const HISTORY_UPDATES: usize = 10_000;
/// Bytes that the in-memory history keeps unless configured otherwise.
pub const HISTORY_BYTES: usize = 64 * 1024 * 1024;
/// Updates that a durable history keeps unless configured otherwise.
pub const DURABLE_HISTORY_UPDATES: u64 = 1_000_000;
/// Bytes that a durable history writes to its file for what it keeps unless configured otherwise.
pub const DURABLE_HISTORY_BYTES: u64 = 1024 * 1024 * 1024;
/// A file of a durable history that is longer than this is made shorter at its opening, if it is mostly empty.
pub const COMPACTED_BYTES: u64 = 16 * 1024 * 1024;
/// Mostly empty is a file that is so many times as long as what it keeps counts; one in use is about 1.5 times as long.
pub const COMPACTED_SHARE: u64 = 4;
/// How long a durable history writes nothing after a failed write: until then, what comes is refused as that one was. Opening
/// its file again costs a look at all of it.
pub const WRITE_REST: Duration = Duration::from_millis(500);
/// How often in the longest age of an update a durable history looks for what is too old, if nothing is published: so much
/// longer it may be found.
pub const AGE_CHECKS: u32 = 16;
/// The longest time between two such looks.
pub const LONGEST_AGE_CHECK: Duration = Duration::from_mins(1);
/// The shortest time between two such looks.
pub const SHORTEST_AGE_CHECK: Duration = Duration::from_millis(50);
/// How long a durable history waits for its file: while another process has it, which may be the hub before this one, about to
/// end; and, for those who read, while it is about to be opened again after a failed write.
pub const HISTORY_LOCK_PATIENCE: Duration = Duration::from_secs(1);
/// How often it looks meanwhile.
pub const HISTORY_LOCK_LOOK: Duration = Duration::from_millis(10);
/// Updates that may wait to be stored before the hub refuses further ones: some seconds of what a disk takes.
pub const UNSTORED_UPDATES: usize = 10_000;
/// Bytes that may wait to be stored.
pub const UNSTORED_BYTES: usize = 64 * 1024 * 1024;
/// Updates that one transaction of a durable history stores; bounds the fan-out that follows it, and what one failure refuses.
pub const TRANSACTION_UPDATES: usize = 1024;
/// Bytes after which one transaction of a durable history takes no more updates.
pub const TRANSACTION_BYTES: usize = 16 * 1024 * 1024;
/// Updates that one transaction of a durable history forgets beside those that it stores. What lowered bounds or time make too
/// much at once goes in several, so that none of them lasts.
pub const FORGOTTEN_AT_ONCE: usize = 4096;
/// The newest updates of a durable history that stay in memory: who was away for a moment, or has read almost all, is served
/// without the disk.
pub const RECENT_UPDATES: usize = 1024;
/// Bytes of the newest updates of a durable history that stay in memory.
pub const RECENT_BYTES: usize = 16 * 1024 * 1024;
/// Pages of its file that a durable history keeps in memory, in bytes; the system keeps more of them.
pub const HISTORY_CACHE_BYTES: usize = 32 * 1024 * 1024;
/// Updates that one read order takes out of the file of a durable history: reading one costs some microseconds, and others who
/// resume wait for their turn.
pub const ARCHIVE_BATCH_UPDATES: usize = 256;
/// Read orders that may wait, or be under way, before who wants to resume is told to come back: some seconds of what a disk
/// reads. Who is in already has one of them at most, so there are never more than this and the subscribers.
pub const READ_ORDERS: usize = 10_000;
/// Updates and answers that the feed of a history hands on before it lets publishers and subscribers in between.
pub const FED_AT_ONCE: usize = 16;
/// How often a cursor is looked up again because the history forgot what it stood for before it was read.
pub const RESUME_ATTEMPTS: usize = 8;
/// Updates that one read takes out of the history; bounds how long a reader holds its lock.
pub const REPLAY_BATCH_UPDATES: usize = 256;
/// Bytes after which one read of the history stops; bounds what a stalled replay pins.
pub const REPLAY_BATCH_BYTES: usize = 1024 * 1024;
/// Compiled size of one pattern's program in bytes; larger ones are refused as too complex. Some twenty names fit, and a
/// subscriber with [`Limits::matchers`] of the largest ones costs the hub 6.4 MB.
pub const COMPILED_PATTERN_BYTES: usize = 64 * 1024;

/// Verified tokens that are remembered: as many as publishers, and subscribers that come back at once, usually have.
pub const VERIFIED_TOKENS: usize = 8192;
/// Bytes that they take at most, patterns counted at their largest.
pub const VERIFIED_TOKENS_BYTES: usize = 64 * 1024 * 1024;
/// Keys of one JWK set: issuers have a handful, one of them next to be used and some withdrawn.
pub const JWK_SET_KEYS: usize = 100;
/// Keys of one algorithm that are tried for a token that does not name its key: a stranger's token costs no more.
pub const KEYS_TRIED: usize = 16;

/// Subscribers at once unless configured otherwise; each costs under 1 KB here, its connection more.
pub const SUBSCRIBERS: usize = 200_000;

/// Distinct URL patterns and URI templates that live subscribers hold at once unless configured otherwise: a publish
/// evaluates each of them, so this bounds its cost whatever a crowd of strangers asks for.
pub const PATTERNS: usize = 10_000;

/// Events about subscriptions that go into the log although nobody follows them, after somebody did: enough for a watcher
/// that comes back after a failure of its network, and no more than a tenth of what the in-memory history keeps.
pub const UNWATCHED_EVENTS: usize = 1000;
/// Bytes after which a list of subscriptions ends early: the default number of subscribers fits in, with one each.
pub const SUBSCRIPTIONS_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

const _: () = {
    // Data of the full size fits in a body, even with its other fields at their limits and unescaped.
    assert!(
        PUBLISH_BODY_BYTES
            >= DATA_BYTES + TOPICS * TOPIC_BYTES / 2 + EVENT_ID_BYTES + EVENT_TYPE_BYTES
    );
    // The largest event, when each of its data bytes is a line of its own ("data: x\n"), still fits in a queue …
    assert!(QUEUED_BYTES >= 8 * DATA_BYTES + 2 * (EVENT_ID_BYTES + EVENT_TYPE_BYTES));
    // … and in the history.
    assert!(HISTORY_BYTES >= QUEUED_BYTES);
    // A subscriber that was closed for a full queue finds what it missed in the history.
    assert!(HISTORY_UPDATES >= QUEUED_UPDATES);
    assert!(QUEUED_UPDATES >= REPLAY_BATCH_UPDATES);
    // Who reads the file of a history catches up with what stays in memory.
    assert!(RECENT_UPDATES >= 4 * ARCHIVE_BATCH_UPDATES);
    // The largest update can be stored, and one transaction can forget as many as it stores.
    assert!(UNSTORED_BYTES >= QUEUED_BYTES && FORGOTTEN_AT_ONCE >= TRANSACTION_UPDATES);
    // What nobody asked for does not push out what somebody may ask for.
    assert!(HISTORY_UPDATES >= 10 * UNWATCHED_EVENTS);
    // One subscriber cannot use up all patterns.
    assert!(PATTERNS >= 10 * MATCHERS);
    // Each topic of an update can be subscribed to, and granted, by its own name.
    assert!(MATCHERS >= TOPICS && TOKEN_MATCHERS >= TOPICS);
    assert!(FORM_PAIRS > TOPICS + 5 && FORM_PAIRS > MATCHERS + 1);
    // Base64 shrinks a token's bytes by a quarter: matchers as long as this fit in at least one grant.
    assert!(TOKEN_BYTES * 3 / 4 > MATCHER_BYTES);
};
