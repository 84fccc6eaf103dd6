//! A topic for each subscriber, as for private messages: what a publish costs when only one of many listens.
//!
//! As many publishers at once as would keep a hub busy, each with one publication under way. Beside it stand the two things
//! that the difference consists of: what a publish costs that nobody hears, and how many updates reach the subscriber of a
//! shared topic with one write, which the subscribers of many topics cannot have; and both with one publication under way at a
//! time, where there is nothing to merge.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::epoll;

use crate::fan_out::DATA_BYTES;
use crate::figure::Figure;
use crate::publisher::{is_whole, request, token};
use crate::readers::Readers;
use crate::side::{Cpus, Side};

const SUBSCRIBERS: usize = 19_000;
const MANY: usize = 256;
const PUBLISHES: usize = 30_000;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let unheard = rate(side, cpus, MANY, 0)?;
    let shared = rate(side, cpus, MANY, 1)?;
    let inbox = rate(side, cpus, MANY, SUBSCRIBERS)?;
    let shared_singly = rate(side, cpus, 1, 1)?;
    let inbox_singly = rate(side, cpus, 1, SUBSCRIBERS)?;
    let of = |row, subscribers, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers,
        unit,
        value,
    };
    Ok(vec![
        of("nobody listens: publishes", 0, "1/s", unheard.per_second),
        of("nobody listens: CPU a publish", 0, "µs", unheard.cpu_us),
        of("one shared topic: publishes", 1, "1/s", shared.per_second),
        of("one shared topic: CPU a publish", 1, "µs", shared.cpu_us),
        of("one shared topic: updates a read", 1, "", shared.per_read),
        of("inbox: publishes", SUBSCRIBERS, "1/s", inbox.per_second),
        of("inbox: CPU a publish", SUBSCRIBERS, "µs", inbox.cpu_us),
        of(
            "inbox against shared topic",
            SUBSCRIBERS,
            "×",
            inbox.per_second / shared.per_second,
        ),
        of(
            "one publication under way: inbox against shared topic",
            SUBSCRIBERS,
            "×",
            inbox_singly.per_second / shared_singly.per_second,
        ),
    ])
}

/// How fast publishes went, and what each cost the hub.
struct Rate {
    per_second: f64,
    cpu_us: f64,
    /// Updates that came with one read of a subscriber, in the mean: what one write carried.
    per_read: f64,
}

fn topic(place: usize) -> String {
    format!("https://example.com/inbox/{place}")
}

fn rate(side: &Side, cpus: Cpus, publishers: usize, subscribers: usize) -> io::Result<Rate> {
    let hub = side.start(cpus)?;
    let mut readers = Readers::connect(hub.address, subscribers, topic)?;
    let token = token()?;
    let topics = subscribers.max(1);
    let requests: Vec<Vec<u8>> = (0..topics)
        .map(|place| request(&token, &topic(place), DATA_BYTES))
        .collect();
    let mut publishers = Publishers::connect(hub.address, publishers)?;
    let (begun, before) = (Instant::now(), hub.usage()?);
    // A prime stride: neighbours in time are no neighbours in the registry.
    let mut next = (0..PUBLISHES).map(|number| &requests[number * 7_919 % topics]);
    publishers.begin(&mut next)?;
    let expected = if subscribers == 0 { 0 } else { PUBLISHES };
    let (mut answered, mut received) = (0, 0);
    while answered < PUBLISHES || received < expected {
        answered += publishers.go_on(&mut next)?;
        // Between two looks at the publishers; it waits only when they have nothing more to say.
        let is_last = answered == PUBLISHES && received < expected;
        let at_most = is_last.then_some(Duration::from_secs(10));
        let came = readers.wait(Some(at_most.unwrap_or_default()))?;
        if at_most.is_some() && came == 0 {
            return Err(io::Error::other(format!(
                "{received} of {expected} events came"
            )));
        }
        received += came;
    }
    let elapsed = begun.elapsed();
    let cpu_ns = hub.usage()?.cpu_ns - before.cpu_ns;
    Ok(Rate {
        per_second: PUBLISHES as f64 / elapsed.as_secs_f64(),
        cpu_us: cpu_ns as f64 / 1e3 / PUBLISHES as f64,
        per_read: received as f64 / readers.reads.max(1) as f64,
    })
}

struct Publishers {
    epoll: std::os::fd::OwnedFd,
    sockets: Vec<TcpStream>,
    answers: Vec<Vec<u8>>,
}

impl Publishers {
    fn connect(hub: SocketAddr, publishers: usize) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut sockets = Vec::with_capacity(publishers);
        for place in 0..publishers {
            let socket = TcpStream::connect(hub)?;
            socket.set_nodelay(true)?;
            let place = epoll::EventData::new_u64(place as u64);
            epoll::add(&epoll, &socket, place, epoll::EventFlags::IN)?;
            sockets.push(socket);
        }
        Ok(Self {
            epoll,
            sockets,
            answers: vec![Vec::new(); publishers],
        })
    }

    fn begin<'a>(&mut self, next: &mut impl Iterator<Item = &'a Vec<u8>>) -> io::Result<()> {
        for (socket, request) in self.sockets.iter_mut().zip(next) {
            socket.write_all(request)?;
        }
        Ok(())
    }

    /// Reads the answers that are there, and lets those who have theirs publish again. Tells how many were answered.
    fn go_on<'a>(&mut self, next: &mut impl Iterator<Item = &'a Vec<u8>>) -> io::Result<usize> {
        let mut ready = Vec::with_capacity(self.sockets.len());
        let short = rustix::time::Timespec {
            tv_sec: 0,
            tv_nsec: 100_000,
        };
        let spare = rustix::buffer::spare_capacity(&mut ready);
        epoll::wait(&self.epoll, spare, Some(&short))?;
        let mut answered = 0;
        let mut buffer = [0; 4_096];
        for event in &ready {
            let place = event.data.u64() as usize;
            let read = self.sockets[place].read(&mut buffer)?;
            self.answers[place].extend_from_slice(&buffer[..read]);
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if is_whole(&self.answers[place])? {
                answered += 1;
                self.answers[place].clear();
                if let Some(request) = next.next() {
                    self.sockets[place].write_all(request)?;
                }
            }
        }
        Ok(answered)
    }
}
