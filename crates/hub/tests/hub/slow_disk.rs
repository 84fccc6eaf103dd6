//! A disk that does not answer: who resumes from it waits, and nobody else does.

use assay_hub::Server;
use http::Request;
use hyper::{Response, body::Incoming};
use tokio::task::JoinHandle;

use crate::http2;
use crate::slow_history::SlowDisk;
use crate::support::{
    EventReader, Log, RunningHub, StreamPart, open_hub, soon, start_server, written,
};

/// Streams of which protocol.
#[derive(Clone, Copy, Debug)]
enum Over {
    Http1,
    Http2,
}

/// Reads that the disk answers before it sticks: where a cursor points to is looked up first, and then a batch is read.
const WHERE_IT_STICKS: [usize; 2] = [0, 1];

/// A hub with one thread for streams, for so many subscribers, whose history has the updates 1 to 3 with these ids.
async fn hub(most: usize) -> (RunningHub, SlowDisk) {
    let mut options = open_hub();
    options.stream_threads = Some(written("stream-threads", "1"));
    options.max_subscribers = Some(written("max-subscribers", &most.to_string()));
    let (config, _) = options.check().expect("the options of a test are right");
    let (history, disk) = SlowDisk::new();
    let hub = start_server(Server::new(config, Box::new(history)));
    for number in 1..=3 {
        publish(&hub, number).await;
    }
    (hub, disk)
}

async fn publish(hub: &RunningHub, number: usize) {
    let form = format!("topic=a&id={number}&data={number}");
    let answer = hub.publish(&hub.token(), &form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Somebody who asks to resume behind the update 1, as soon as this is called.
enum Resuming {
    Http1(JoinHandle<EventReader>),
    Http2(JoinHandle<Response<Incoming>>),
}

impl Resuming {
    async fn begin(hub: &RunningHub, over: Over) -> Self {
        match over {
            Over::Http1 => {
                let request =
                    "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nLast-Event-ID: 1\n";
                let stream = hub.send(request).await;
                Self::Http1(tokio::spawn(EventReader::open(stream)))
            }
            Over::Http2 => {
                let mut peer = http2::connect(hub).await;
                let request = Request::get(format!("{}?match=a", hub.url()));
                let request = request.header("last-event-id", "1");
                Self::Http2(tokio::spawn(async move {
                    http2::send(&mut peer, request, "").await
                }))
            }
        }
    }

    /// Reads its stream until it has all of these, or the end.
    async fn gets(self, expected: &[&str]) {
        match self {
            Self::Http1(opening) => {
                let mut stream = soon(opening).await.expect("opened");
                assert_eq!(stream.field("mercure-last-event-id"), Some("1"));
                for data in expected {
                    assert_eq!(stream.next_data().await, *data);
                }
            }
            Self::Http2(opening) => {
                let mut stream = soon(opening).await.expect("opened");
                assert_eq!(stream.headers()["mercure-last-event-id"], "1");
                let mut text = String::new();
                while expected
                    .iter()
                    .any(|data| !text.contains(&format!("data: {data}\n")))
                {
                    text.push_str(&http2::next(&mut stream).await.expect("an event"));
                }
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                assert_eq!(data.collect::<Vec<_>>(), expected);
            }
        }
    }

    /// Is told to come back, or ends cleanly.
    async fn ends(self) {
        let (status, retry_after) = match self {
            Self::Http1(opening) => {
                let mut stream = soon(opening).await.expect("opened");
                if stream.status == 200 {
                    assert_eq!(stream.rest().await, [StreamPart::End]);
                    return;
                }
                let retry_after = stream.field("retry-after").map(str::to_owned);
                (stream.status, retry_after)
            }
            Self::Http2(opening) => {
                let mut stream = soon(opening).await.expect("opened");
                let status = stream.status();
                let retry_after = stream.headers().get("retry-after").cloned();
                while let Some(part) = http2::next(&mut stream).await {
                    assert!(status != 200 || !part.contains("data:"), "{part}");
                }
                if status == 200 {
                    return;
                }
                let retry_after = retry_after.map(|it| it.to_str().expect("text").to_owned());
                (status.as_u16(), retry_after)
            }
        };
        assert_eq!((status, retry_after.as_deref()), (503, Some("5")));
    }

    /// Leaves without waiting for anything.
    fn leave(self) {
        match self {
            Self::Http1(opening) => opening.abort(),
            Self::Http2(opening) => opening.abort(),
        }
    }
}

/// Runs a scene for each protocol and each place at which the disk may stick: a hub, somebody who is live, and somebody who waits
/// for the disk.
async fn each<F: Future<Output = ()>>(scene: impl Fn(Scene) -> F) {
    for over in [Over::Http1, Over::Http2] {
        for answered in WHERE_IT_STICKS {
            let (hub, disk) = hub(2).await;
            let live = hub.subscribe("match=a", "").await;
            disk.stick_after(answered);
            let resuming = Resuming::begin(&hub, over).await;
            disk.has_stuck(1).await;
            scene(Scene {
                hub,
                disk,
                live,
                resuming,
            })
            .await;
        }
    }
}

struct Scene {
    hub: RunningHub,
    disk: SlowDisk,
    live: EventReader,
    resuming: Resuming,
}

#[tokio::test]
async fn nobody_else_waits_for_it() {
    each(async |mut scene: Scene| {
        for number in [4, 5] {
            publish(&scene.hub, number).await;
            assert_eq!(scene.live.next_data().await, number.to_string());
        }
        scene.disk.release();
        scene.resuming.gets(&["2", "3", "4", "5"]).await;
        // Now it is live, as all others are.
        publish(&scene.hub, 6).await;
        assert_eq!(scene.live.next_data().await, "6");
    })
    .await;
}

#[tokio::test]
async fn who_leaves_meanwhile_leaves_nothing_behind() {
    each(async |scene: Scene| {
        scene.resuming.leave();
        // There is room for one more, as soon as the hub has seen it.
        soon(async {
            while scene.hub.subscribe("match=a", "").await.status != 200 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        scene.disk.release();
    })
    .await;
}

#[tokio::test]
async fn a_hub_ends_without_it() {
    each(async |mut scene: Scene| {
        scene.hub.stop();
        assert_eq!(scene.live.next().await, StreamPart::End);
        scene.resuming.ends().await;
        scene.hub.stopped().await.expect("drained");
        scene.disk.release();
    })
    .await;
}

/// More of them than the hub has threads to read: the others wait for their turn.
#[tokio::test]
async fn a_crowd_that_waits_gets_all_of_it() {
    const CROWD: usize = 12;
    const THREADS: usize = 4;
    let (hub, disk) = hub(CROWD + 1).await;
    let mut live = hub.subscribe("match=a", "").await;
    disk.stick_after(CROWD);
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        let over = [Over::Http1, Over::Http2][number % 2];
        crowd.push(Resuming::begin(&hub, over).await);
    }
    disk.has_stuck(THREADS).await;
    publish(&hub, 4).await;
    assert_eq!(live.next_data().await, "4");
    disk.release();
    for resuming in crowd {
        resuming.gets(&["2", "3", "4"]).await;
    }
}

#[tokio::test]
async fn a_defect_of_the_archive_is_told_and_survived() {
    let log = Log::capture();
    let (hub, disk) = hub(10).await;
    disk.break_down();
    for _ in 0..6 {
        let refused = hub
            .exchange("GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nLast-Event-ID: 1\n")
            .await;
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(refused.field("retry-after"), Some("5"));
    }
    assert!(log.text().contains("reason=history.reader-failed"));
    assert!(log.text().contains("reason=subscribe.history-unavailable"));
    disk.release();
    let resuming = Resuming::begin(&hub, Over::Http1).await;
    resuming.gets(&["2", "3"]).await;
}
