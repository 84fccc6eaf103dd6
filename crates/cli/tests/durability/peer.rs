//! Publishers and subscribers that write HTTP themselves: what they were told, and nothing more.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest that anything may take: reached only by a defect.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// A publisher on one connection.
pub(crate) struct Publisher<'a> {
    stream: BufReader<TcpStream>,
    token: &'a str,
}

impl<'a> Publisher<'a> {
    pub(crate) fn connect(address: &str, token: &'a str) -> io::Result<Self> {
        Ok(Self {
            stream: BufReader::new(connect(address)?),
            token,
        })
    }

    /// Publishes on the topic `t`. An error means that nobody knows.
    pub(crate) fn publish(&mut self, id: &str, data: &str) -> io::Result<Answer> {
        let form = format!("topic=t&id={id}&data={data}");
        let request = format!(
            "POST /.well-known/mercure HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.token,
            form.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (status, length) = read_head(&mut self.stream)?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, body })
    }
}

/// What a publisher is told.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The status and the length of the body, where it is told.
fn read_head(stream: &mut impl BufRead) -> io::Result<(u16, usize)> {
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return status
                .map(|status| (status, length))
                .ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
        if status.is_none() {
            status = line.split(' ').nth(1).and_then(|it| it.parse().ok());
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().map_err(io::Error::other)?;
        }
    }
}

/// A subscriber.
pub(crate) struct Subscriber(BufReader<TcpStream>);

impl Subscriber {
    /// What is published on the topic `t` from now on, or all after a cursor.
    pub(crate) fn connect(address: &str, cursor: Option<&str>) -> Self {
        let cursor = cursor.map_or(String::new(), |cursor| format!("&last_event_id={cursor}"));
        Self::with(address, &format!("match=t{cursor}"), "")
    }

    /// What this query asks for, with more fields of the request, each with its line end.
    pub(crate) fn with(address: &str, query: &str, fields: &str) -> Self {
        let mut stream = BufReader::new(connect(address).expect("the hub accepts"));
        let request =
            format!("GET /.well-known/mercure?{query} HTTP/1.1\r\nHost: hub\r\n{fields}\r\n");
        let sent = stream.get_mut().write_all(request.as_bytes());
        sent.expect("the hub reads");
        let (status, length) = read_head(&mut stream).expect("an answer");
        if status != 200 {
            let mut reason = vec![0; length];
            stream.read_exact(&mut reason).expect("a body");
            panic!("{status}: {}", String::from_utf8_lossy(&reason));
        }
        Self(stream)
    }

    /// The id of the next event; none when the stream has ended.
    pub(crate) fn next(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.0.read_until(b'\n', &mut line) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    panic!("silence for {PATIENCE:?}")
                }
                // A reset is an end too.
                Ok(_) | Err(_) => return None,
            }
            if let Some(id) = line.strip_prefix(b"id: ") {
                return Some(String::from_utf8_lossy(id).trim_end().to_owned());
            }
        }
    }

    /// The ids of all events up to one.
    pub(crate) fn until(&mut self, last: &str) -> Vec<String> {
        let mut ids = Vec::new();
        loop {
            match self.next() {
                Some(id) if id == last => return ids,
                Some(id) => ids.push(id),
                None => panic!("the stream ended before {last}"),
            }
        }
    }

    /// Goes without a farewell, as a peer whose process is killed.
    #[cfg(target_os = "linux")]
    pub(crate) fn reset(self) {
        let now = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(self.0.get_ref(), now).expect("a socket");
    }
}
