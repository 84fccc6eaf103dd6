//! The durable history: what a restart leaves, what is forgotten, which files are refused, and that nothing grows for ever.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use assay_hub_core::history::{
    Clock, History as _, HistoryBounds, HistoryError, OpenError, Outcome, RedbHistory,
};
use assay_hub_core::{AccessToken, Hub, HubSettings, Next, Subscriber, Update, limits};
use redb::{Database, TableDefinition};
use tempfile::{TempDir, tempdir};

use crate::support::{bounds, clock, data, exact, hub_with, now, publication, subscribe, token_v1};

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn open(path: &Path, bounds: HistoryBounds) -> Hub {
    let history = RedbHistory::open(path, bounds, clock()).expect("a good file");
    hub_with(HubSettings::default(), history)
}

fn publish(hub: &Hub, form: &str) {
    let published = hub.publish(publication(form)).wait();
    published.expect("room on the disk");
}

/// Waits until the file is closed: it may be the thread that commits which has the hub last.
fn close(path: &Path) {
    drop(RedbHistory::open(path, bounds(1000), clock()).expect("a good file"));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The next so many events, waited for.
fn next(subscriber: &mut Subscriber, events: usize) -> Vec<String> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut received = Vec::new();
    while received.len() < events {
        match subscriber.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(Next::Event(event)) => received.push(data(&event)),
            Poll::Ready(Next::Closed(reason)) => panic!("closed: {reason}"),
            Poll::Pending => thread::park(),
        }
    }
    received
}

/// What is replayed on the topic `T` for a cursor, and the response cursor.
fn replay(hub: &Hub, token: Option<AccessToken>, cursor: &str) -> (Vec<String>, String) {
    let request = subscribe(&[exact("T")], token, Some(cursor));
    let (mut subscriber, answered) = now(hub.subscribe(request)).expect("room for it");
    let mut events = Vec::new();
    loop {
        match subscriber.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Next::Event(event)) => events.push(data(&event)),
            Poll::Ready(Next::Closed(reason)) => panic!("closed: {reason}"),
            Poll::Pending if format!("{subscriber:?}").contains("live") => break,
            // It only let others run.
            Poll::Pending => {}
        }
    }
    let answered = answered.expect("asked with a cursor");
    (events, answered.as_str().to_owned())
}

#[test]
fn a_restart_changes_nothing_that_a_subscriber_sees() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let look = || {
        let hub = open(&path, bounds(100));
        let all = token_v1(&["*"]);
        let cursors = ["b", "dup", "earliest", "unknown"];
        let mut seen = Vec::from(cursors.map(|cursor| replay(&hub, Some(all.clone()), cursor)));
        seen.push(replay(&hub, None, "a"));
        seen
    };
    let hub = open(&path, bounds(100));
    publish(&hub, "topic=T&id=a&data=1");
    publish(&hub, "topic=https://example.com/x&topic=T&id=dup&data=2");
    publish(&hub, "topic=T&id=b&data=3&private");
    publish(&hub, "topic=T&id=dup&data=4&type=t&retry=9");
    drop(hub);
    let expected = |events: &[&str], cursor: &str| {
        let events: Vec<_> = events.iter().map(|&event| event.to_owned()).collect();
        (events, cursor.to_owned())
    };
    for _ in 0..2 {
        assert_eq!(
            look(),
            [
                expected(&["4"], "b"),
                // replay.duplicate-id.earliest-wins
                expected(&["3", "4"], "dup"),
                expected(&["1", "2", "3", "4"], "earliest"),
                expected(&["1", "2", "3", "4"], "earliest"),
                expected(&["2", "4"], "a"),
            ]
        );
    }
}

#[test]
fn what_is_beyond_a_bound_is_forgotten() {
    /// What is kept of so many updates, at once and by a hub with other bounds.
    fn check(first: HistoryBounds, then: HistoryBounds, updates: usize, kept: [usize; 2]) {
        let folder = folder();
        let path = folder.path().join("history.redb");
        let hub = open(&path, first);
        for number in 0..updates {
            publish(&hub, &format!("topic=T&id=i{number}&data={number}"));
        }
        let look = |hub: &Hub, kept: usize| {
            let numbers = (updates - kept..updates).map(|number| number.to_string());
            let expected = (numbers.collect::<Vec<_>>(), "earliest".to_owned());
            assert_eq!(
                replay(hub, None, "earliest"),
                expected,
                "{first:?} {then:?}"
            );
            // replay.discard
            if kept < updates {
                assert_eq!(replay(hub, None, "i0"), expected);
            }
        };
        look(&hub, kept[0]);
        drop(hub);
        look(&open(&path, then), kept[1]);
        look(&open(&path, first), kept[1]);
    }
    let bytes = |bytes| HistoryBounds {
        bytes,
        ..HistoryBounds::DURABLE
    };
    check(bounds(3), bounds(3), 6, [3, 3]);
    check(bounds(0), bounds(0), 2, [0, 0]);
    check(bounds(10_000), bounds(2), 100, [100, 2]);
    check(bounds(10_000), bounds(0), 9, [9, 0]);
    check(bytes(1000), bytes(500), 9, [7, 3]);
    check(bytes(100), bytes(100), 9, [0, 0]);
}

#[test]
fn age_is_bounded_also_while_nothing_is_published() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let now_s = Arc::new(AtomicU64::new(1000));
    let clock = Clock::new({
        let now_s = Arc::clone(&now_s);
        move || Duration::from_secs(now_s.load(Ordering::Relaxed))
    });
    let aged = HistoryBounds {
        age: Some(Duration::from_secs(10)),
        ..HistoryBounds::DURABLE
    };
    let open = || {
        let history = RedbHistory::open(&path, aged, clock.clone()).expect("a good file");
        hub_with(HubSettings::default(), history)
    };
    let hub = open();
    for (second, number) in [(1000, 1), (1005, 2), (990, 3), (1009, 4)] {
        now_s.store(second, Ordering::Relaxed);
        publish(&hub, &format!("topic=T&data={number}"));
    }
    let kept = |hub: &Hub| replay(hub, None, "earliest").0;
    now_s.store(1011, Ordering::Relaxed);
    let deadline = Instant::now() + Duration::from_secs(20);
    while kept(&hub).len() > 3 && Instant::now() < deadline {
        thread::yield_now();
    }
    assert_eq!(kept(&hub), ["2", "3", "4"]);
    drop(hub);
    now_s.store(1018, Ordering::Relaxed);
    assert_eq!(kept(&open()), ["4"]);
    close(&path);
    let history = RedbHistory::open(&path, aged, clock).expect("a good file");
    let extent = history.extent().expect("it can tell");
    assert_eq!((extent.updates, extent.oldest_age_ms), (1, 9000));
    assert!(extent.size_bytes > 0);
}

#[test]
fn a_long_history_is_replayed_to_the_end_while_it_grows() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let hub = open(&path, bounds(100_000));
    let publishing: Vec<_> = (0..3000)
        .map(|number| hub.publish(publication(&format!("topic=T&data={number}"))))
        .collect();
    for one in publishing {
        one.wait().expect("room on the disk");
    }
    drop(hub);
    let hub = open(&path, bounds(100_000));
    let request = subscribe(&[exact("T")], None, Some("earliest"));
    let (mut subscriber, _) = now(hub.subscribe(request)).expect("room for it");
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            for number in 3000..3300 {
                publish(&hub, &format!("topic=T&data={number}"));
            }
        });
        next(&mut subscriber, 3300)
    });
    let all: Vec<_> = (0..3300).map(|number| number.to_string()).collect();
    assert_eq!(received, all);
}

#[test]
fn publishers_that_come_together_see_one_order() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let hub = open(&path, bounds(10_000));
    let request = subscribe(&[exact("T")], None, None);
    let (mut live, _) = now(hub.subscribe(request)).expect("room for it");
    thread::scope(|scope| {
        for publisher in 0..8 {
            let hub = &hub;
            scope.spawn(move || {
                for number in 0..50 {
                    publish(hub, &format!("topic=T&data={publisher}+{number}"));
                }
            });
        }
    });
    let seen = next(&mut live, 400);
    drop((live, hub));
    let stored = replay(&open(&path, bounds(10_000)), None, "earliest").0;
    assert_eq!(stored, seen, "the order of the log is that of the fan-out");
    let mut due = BTreeMap::new();
    for line in &seen {
        let (publisher, number) = line.split_once(' ').expect("two words");
        let expected = due.entry(publisher).or_insert(0);
        assert_eq!(number.parse(), Ok(*expected), "publisher {publisher}");
        *expected += 1;
    }
}

#[test]
fn the_file_does_not_grow_without_end() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let hub = open(&path, bounds(500));
    let mut sizes = Vec::new();
    for _ in 0..4 {
        let publishing: Vec<_> = (0..5000)
            .map(|_| hub.publish(publication(&format!("topic=T&data={}", "x".repeat(200)))))
            .collect();
        for one in publishing {
            one.wait().expect("room on the disk");
        }
        sizes.push(fs::metadata(&path).expect("a file").len());
    }
    // All that was published is more than twice as much.
    let most = 4 * 1024 * 1024;
    assert!(sizes.iter().all(|size| *size < most), "{sizes:?}");
}

#[test]
fn a_file_that_is_mostly_empty_is_made_shorter() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let size = || fs::metadata(&path).expect("a file").len();
    let hub = open(&path, bounds(1000));
    let form = format!("topic=T&data={}", "x".repeat(100_000));
    let publishing: Vec<_> = (0..200).map(|_| hub.publish(publication(&form))).collect();
    for one in publishing {
        one.wait().expect("room on the disk");
    }
    publish(&hub, "topic=T&data=last");
    drop(hub);
    let hub = open(&path, bounds(1000));
    let before = size();
    assert!(before > 16 * 1024 * 1024, "{before}");
    drop(hub);
    let hub = open(&path, bounds(1));
    assert!(size() < 2 * 1024 * 1024, "{before}, then {}", size());
    assert_eq!(replay(&hub, None, "earliest").0, ["last"]);
}

#[test]
fn files_that_are_no_good_are_refused_and_left_as_they_are() {
    fn check(make: impl FnOnce(&Path), is_expected: fn(&OpenError) -> bool) {
        let folder = folder();
        let path = folder.path().join("history.redb");
        make(&path);
        let before = fs::read(&path).expect("a file");
        let error = RedbHistory::open(&path, bounds(9), clock()).expect_err("no good");
        assert!(is_expected(&error), "{error}");
        assert!(error.to_string().contains("history.redb"), "{error}");
        assert!(
            fs::read(&path).expect("a file") == before,
            "{error}: changed"
        );
    }
    fn is_damaged(error: &OpenError) -> bool {
        matches!(error, OpenError::Damaged { .. })
    }
    fn history(path: &Path) -> Vec<u8> {
        let hub = open(path, bounds(1000));
        for number in 0..50 {
            publish(&hub, &format!("topic=T&data={number}{}", "x".repeat(500)));
        }
        drop(hub);
        close(path);
        fs::read(path).expect("a file")
    }
    let is_no_history = |error: &OpenError| matches!(error, OpenError::NotAHistory { .. });
    check(
        |path| fs::write(path, "a text\n").expect("written"),
        is_no_history,
    );
    check(
        |path| fs::write(path, "x".repeat(100_000)).expect("written"),
        is_no_history,
    );
    let foreign = |path: &Path| {
        let database = Database::create(path).expect("a file");
        let transaction = database.begin_write().expect("a transaction");
        let table: TableDefinition<'_, u64, u64> = TableDefinition::new("theirs");
        transaction.open_table(table).expect("a table");
        transaction.commit().expect("room on the disk");
    };
    check(foreign, is_no_history);
    let newer = |path: &Path| {
        history(path);
        let database = Database::create(path).expect("a file");
        let transaction = database.begin_write().expect("a transaction");
        let meta: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
        let mut table = transaction.open_table(meta).expect("a table");
        table.insert("format", 2).expect("room");
        drop(table);
        transaction.commit().expect("room on the disk");
    };
    check(newer, |error| {
        matches!(
            error,
            OpenError::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        )
    });
    for cut_off in [1, 4096, 100_000] {
        let cut = move |path: &Path| {
            let whole = history(path);
            fs::write(path, &whole[..whole.len() - cut_off]).expect("written");
        };
        check(cut, is_damaged);
    }
    let flipped = |path: &Path| {
        let mut bytes = history(path);
        let place = memchr(&bytes, b"data: 7xxx").expect("it is in there");
        bytes[place + 8] = b'y';
        fs::write(path, bytes).expect("written");
    };
    check(flipped, is_damaged);
}

fn memchr(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[test]
fn a_file_in_use_and_a_folder_that_is_missing_are_told() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let hub = open(&path, bounds(9));
    let error = RedbHistory::open(&path, bounds(9), clock()).expect_err("in use");
    assert_eq!(error, OpenError::Locked { path: path.clone() });
    publish(&hub, "topic=T&data=1");
    drop(hub);
    assert_eq!(replay(&open(&path, bounds(9)), None, "earliest").0, ["1"]);
    let missing = folder.path().join("missing");
    let error = RedbHistory::open(&missing.join("history.redb"), bounds(9), clock());
    let expected = OpenError::NoFolder { folder: missing };
    assert_eq!(error.expect_err("no folder"), expected);
    let error = RedbHistory::open(folder.path(), bounds(9), clock()).expect_err("a folder");
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    // Whoever made it came no further.
    fs::write(&path, "").expect("written");
    assert_eq!(replay(&open(&path, bounds(9)), None, "earliest").0, [""; 0]);
}

/// All that is in a folder.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("a folder");
    let names = entries.map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.into_string().expect("a text"))
        .collect();
    names.sort();
    names
}

/// Whoever makes a new file may be killed at any point of it.
#[test]
fn what_a_start_that_was_killed_has_left_hinders_nobody_and_goes() {
    /// The next start: over what the one before left, beside a history with so many updates, if there is one.
    fn check(left: &[u8], updates: Option<usize>) {
        let folder = folder();
        let path = folder.path().join("history.redb");
        if let Some(updates) = updates {
            let hub = open(&path, bounds(9));
            for number in 0..updates {
                publish(&hub, &format!("topic=T&data={number}"));
            }
        }
        fs::write(folder.path().join("history.redb.unfinished"), left).expect("written");
        let hub = open(&path, bounds(9));
        let context = format!("{} bytes, {updates:?}", left.len());
        assert_eq!(names(&folder), ["history.redb"], "{context}");
        let kept = replay(&hub, None, "earliest").0;
        assert_eq!(kept.len(), updates.unwrap_or(0), "{context}");
        publish(&hub, "topic=T&data=new");
        drop(hub);
        let kept = replay(&open(&path, bounds(9)), None, "earliest").0;
        assert_eq!(kept.last().map(String::as_str), Some("new"), "{context}");
    }
    let whole = {
        let folder = folder();
        let path = folder.path().join("history.redb");
        publish(&open(&path, bounds(9)), "topic=T&data=whole");
        close(&path);
        fs::read(path).expect("a file")
    };
    // Not yet written to; longer, and nothing in it; half of it; all of it.
    for left in [&[][..], &[0; 4096], &whole[..whole.len() / 2], &whole] {
        check(left, None);
        check(left, Some(2));
    }
}

/// Who comes while another makes the file waits for it, and is told when that lasts.
#[test]
fn a_file_that_another_makes_is_left_to_it() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let unfinished = folder.path().join("history.redb.unfinished");
    let another = fs::File::create(&unfinished).expect("a file");
    another.lock().expect("nobody has it");
    (&another).write_all(b"half").expect("written");
    let error = RedbHistory::open(&path, bounds(9), clock()).expect_err("in use");
    assert_eq!(error, OpenError::Locked { path: path.clone() });
    assert_eq!(fs::read(&unfinished).expect("a file"), b"half");
    assert_eq!(names(&folder), ["history.redb.unfinished"]);
    // It ends; or it is done.
    drop(another);
    drop(open(&path, bounds(9)));
    close(&path);
    assert_eq!(names(&folder), ["history.redb"]);
}

/// One of them has the file, and the others are told; what the one stores is there for the next.
#[test]
fn of_hubs_that_start_at_once_one_has_the_history() {
    let folder = folder();
    let path = folder.path().join("history.redb");
    let opened: Vec<_> = thread::scope(|scope| {
        let open = || RedbHistory::open(&path, bounds(9), clock());
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        let opened = starts.into_iter().map(thread::ScopedJoinHandle::join);
        opened.map(|opened| opened.expect("no panic")).collect()
    });
    assert_eq!(names(&folder), ["history.redb"]);
    let (had, told): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!(had.len(), 1, "{told:?}");
    for error in told {
        let error = error.expect_err("told");
        assert_eq!(error, OpenError::Locked { path: path.clone() });
    }
    let history = had.into_iter().flatten().next().expect("one");
    publish(&hub_with(HubSettings::default(), history), "topic=T&data=1");
    assert_eq!(replay(&open(&path, bounds(9)), None, "earliest").0, ["1"]);
}

/// Stands still in the thread that commits as soon as that has something to tell, until it is let go.
struct Gate {
    reached: Mutex<mpsc::Sender<()>>,
    /// Ends when its other half is dropped.
    closed: Mutex<mpsc::Receiver<()>>,
}

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        // Nobody may wait for it any more.
        let _ = self.reached.lock().expect("no panic").send(());
        let _ = self.closed.lock().expect("no panic").recv();
    }
}

/// While the disk stands still, so much waits to be stored and no more; the rest is refused, and what waited is stored.
#[test]
fn what_waits_for_the_disk_is_bounded() {
    fn check(updates_in_a_batch: usize, update_bytes: usize, batches: usize) {
        let folder = folder();
        let path = folder.path().join("history.redb");
        let mut history =
            RedbHistory::open(&path, HistoryBounds::DURABLE, clock()).expect("a good file");
        let (reached, is_reached) = mpsc::channel();
        let (let_go, closed) = mpsc::channel();
        history.notify(Waker::from(Arc::new(Gate {
            reached: Mutex::new(reached),
            closed: Mutex::new(closed),
        })));
        let form = format!("topic=T&id=i&data={}", "x".repeat(update_bytes));
        let publication = publication(&form);
        let id = publication.id().expect("it is given").clone();
        let update = Arc::new(Update::new(publication, id));
        let batch = vec![update; updates_in_a_batch];
        // The thread takes the first, stores it, and stands still.
        let mut last = history.submit(batch.clone()).expect("room for it");
        is_reached.recv().expect("it is stored");
        for number in 0..batches {
            let taken = history.submit(batch.clone());
            last = taken.unwrap_or_else(|error| panic!("{number}: {error}"));
        }
        for _ in 0..2 {
            assert_eq!(history.submit(batch.clone()), Err(HistoryError::Busy));
        }
        drop(let_go);
        let mut committed = 0;
        loop {
            match history.next_outcome() {
                Some(Outcome::Committed(one)) => {
                    committed += 1;
                    if one.answers == Some(last) {
                        break;
                    }
                }
                Some(other) => panic!("{other:?}"),
                None => is_reached.recv().expect("more is stored"),
            }
        }
        assert_eq!(committed, (1 + batches) * updates_in_a_batch);
        // There is room again.
        assert!(history.submit(batch).is_ok());
    }
    let (updates, bytes) = (limits::UNSTORED_UPDATES, limits::UNSTORED_BYTES);
    check(1, 1, updates);
    check(100, 1, updates / 100);
    // One more batch is taken as long as there is room for anything.
    check(1, 1_000_000, bytes / 1_000_000 + 1);
}
