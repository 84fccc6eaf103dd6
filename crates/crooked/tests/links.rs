//! A slow link changes no byte and drops none; a hub of odd frames begins as HTTP/2 does, and floods where it says so.

use std::time::{Duration, Instant};

use assay_crooked::{NullHub, OddFrames, OddHub, SlowLink, Slowness, WRONG_TO_ALL};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Enough of a flood.
const MUCH: usize = 300_000;

async fn connect(url: &str) -> TcpStream {
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    TcpStream::connect(authority).await.unwrap()
}

async fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(until) {
        assert!(
            stream.read_buf(&mut bytes).await.unwrap() > 0,
            "ended before {until:?}"
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A publication and its event come through as they are, and as many as are wanted.
async fn check_link(slowness: Slowness, data: &str) {
    // It replays everything to everyone.
    let hub = NullHub::start(&WRONG_TO_ALL[1]).await.unwrap();
    let link = SlowLink::start(&hub.url(), slowness).await.unwrap();
    let body = format!("topic=a&id=1&data={data}");
    let length = body.len();
    let post = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut publisher = connect(link.url()).await;
    publisher.write_all(post.as_bytes()).await.unwrap();
    read_until(&mut publisher, "\r\n\r\n1").await;
    let mut subscriber = connect(link.url()).await;
    let get = b"GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: a\r\n\r\n";
    subscriber.write_all(get).await.unwrap();
    read_until(&mut subscriber, &format!("id: 1\ndata: {data}\n\n")).await;
}

#[tokio::test]
async fn a_slow_link_carries_every_byte() {
    let slowness = |latency_ms, piece_bytes| Slowness {
        latency_at_most: Duration::from_millis(latency_ms),
        piece_bytes,
        seed: 7,
    };
    let long = "x".repeat(200_000);
    for data in ["hi", &long] {
        check_link(slowness(0, usize::MAX), data).await;
        check_link(slowness(0, 1), data).await;
        check_link(slowness(5, 3), data).await;
    }
}

/// A hub that answers and closes before it has read the whole request is heard all the same.
#[tokio::test]
async fn an_early_answer_comes_through() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hub", listener.local_addr().unwrap());
    let answers = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 401 No\r\n\r\n").await.unwrap();
    });
    let slowness = Slowness {
        latency_at_most: Duration::ZERO,
        piece_bytes: 1,
        seed: 7,
    };
    let link = SlowLink::start(&url, slowness).await.unwrap();
    let mut client = connect(link.url()).await;
    client.write_all(&vec![b'x'; 100_000]).await.unwrap();
    read_until(&mut client, "401 No\r\n\r\n").await;
    answers.await.unwrap();
}

/// Bytes wait on the way, as long as the seed has drawn: here 40 ms at least, there and back four times.
#[tokio::test]
async fn a_slow_link_is_slow() {
    let hub = NullHub::start(&WRONG_TO_ALL[1]).await.unwrap();
    let slowness = Slowness {
        latency_at_most: Duration::from_millis(20),
        piece_bytes: usize::MAX,
        seed: 7,
    };
    let link = SlowLink::start(&hub.url(), slowness).await.unwrap();
    let began = Instant::now();
    for _ in 0..4 {
        let mut client = connect(link.url()).await;
        let get = b"GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: a\r\n\r\n";
        client.write_all(get).await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
    }
    // Nothing takes less than it has to wait, on no machine.
    assert!(
        began.elapsed() >= Duration::from_millis(40),
        "{:?}",
        began.elapsed()
    );
}

/// Type, stream and least length of the frame behind the greeting.
fn odd_frame(odd: OddFrames) -> (u8, u32, usize) {
    match odd {
        OddFrames::TooLong => (0x0, 1, 0xff_ffff),
        OddFrames::Half | OddFrames::NoHpack => (0x1, 1, 9),
        OddFrames::DataOnStreamZero => (0x0, 0, 1),
        OddFrames::DataOnIdleStream => (0x0, 77, 1),
        OddFrames::EndlessContinuation
        | OddFrames::EmptyDataFlood
        | OddFrames::DataBeyondWindow => (0x1, 1, 1),
        OddFrames::Push => (0x5, 1, 5),
        OddFrames::WindowOfZero => (0x8, 1, 4),
        OddFrames::ResetStream => (0x3, 1, 4),
        OddFrames::GoAway => (0x7, 0, 8),
        OddFrames::SettingsFlood => (0x4, 0, 0),
        OddFrames::PingFlood => (0x6, 0, 8),
        OddFrames::UnknownFlood => (0xbe, 0, 1),
        OddFrames::NotHttp2 => (b' ', 0, 0),
    }
}

#[tokio::test]
async fn odd_frames_come_as_they_say() {
    for odd in OddFrames::ALL {
        let hub = OddHub::start(*odd).await.unwrap();
        let mut client = connect(&hub.url()).await;
        let floods = format!("{odd:?}").contains("Flood")
            || matches!(
                odd,
                OddFrames::EndlessContinuation | OddFrames::DataBeyondWindow
            );
        let mut bytes = Vec::new();
        // Two heads of frames, at least.
        let enough = if floods { MUCH } else { 18 };
        while bytes.len() < enough {
            assert!(client.read_buf(&mut bytes).await.unwrap() > 0, "{odd:?}");
        }
        let begins = if *odd == OddFrames::NotHttp2 {
            &b"HTTP/1.1 "[..]
        } else {
            // SETTINGS, empty.
            &[0, 0, 0, 4, 0, 0, 0, 0, 0]
        };
        assert!(bytes.starts_with(begins), "{odd:?}");
        if *odd != OddFrames::NotHttp2 {
            let length = usize::from_be_bytes([0, 0, 0, 0, 0, bytes[9], bytes[10], bytes[11]]);
            let stream = u32::from_be_bytes([bytes[14], bytes[15], bytes[16], bytes[17]]);
            let (kind, on, at_least) = odd_frame(*odd);
            assert_eq!((bytes[12], stream), (kind, on), "{odd:?}");
            assert!(length >= at_least, "{odd:?}: {length}");
        }
    }
}
