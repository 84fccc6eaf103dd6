//! `assay null-hub`: the hub that does nothing, as processes of its own, so that what it takes is not ours.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use assay_load::null_hub::serve;
use assay_load::platform::raise_open_file_limit;
use assay_load::stop::Stop;
use assay_results::Outcome;
use socket2::{Domain, Socket, Type};

use crate::args::null_hub::NullHubArgs;
use crate::console;
use crate::failure::{CommandResult, OrFail};

/// Thousands connect at a time.
const BACKLOG: i32 = 4_096;

/// Serves on a free port until standard input closes.
pub(crate) fn run(args: &NullHubArgs) -> CommandResult {
    // What is left of it is refused connection by connection.
    let _ = raise_open_file_limit();
    match args.with {
        Some(address) => join(address).or_usage()?,
        None if args.processes > 1 => lead(args.processes).or_usage()?,
        None => {
            let listener = TcpListener::bind("127.0.0.1:0").or_usage()?;
            announce(listener.local_addr().or_usage()?)?;
            let stop = stop_with_stdin(io::stdin());
            serve(vec![listener], Vec::new(), &stop).or_usage()?;
        }
    }
    Ok(Outcome::Passed)
}

fn announce(address: SocketAddr) -> Result<(), crate::failure::Failure> {
    console::show(&format!("http://{address}/.well-known/mercure\n"))
}

fn stop_with_stdin(mut stdin: impl io::Read + Send + 'static) -> Stop {
    let stop = Stop::new();
    let orphaned = stop.clone();
    std::thread::spawn(move || {
        // Its end, or an error: whoever started us is gone.
        let _ = stdin.read_to_end(&mut Vec::new());
        orphaned.request();
    });
    stop
}

/// Starts processes that share a port, tells each where the ones before it are, says the URL of all of them and that of the first, and
/// waits until standard input closes. What is published to one of them reaches everyone in the order in which that one took it.
fn lead(processes: u32) -> Result<()> {
    // Bound, and not listening: it keeps the port for the others, and gets no connection.
    let reserved = shared_port(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = reserved
        .local_addr()?
        .as_socket()
        .context("a socket without address")?;
    let mut members: Vec<(Child, BufReader<ChildStdout>)> = Vec::new();
    let mut meeting_points = String::new();
    for number in 0..processes {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["null-hub", "--with", &address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("it has no stdout")?);
        let mut meeting_point = String::new();
        stdout.read_line(&mut meeting_point)?;
        let after = processes - 1 - number;
        let stdin = child.stdin.as_mut().context("it has no stdin")?;
        writeln!(stdin, "{after}{meeting_points}")?;
        meeting_points = format!("{meeting_points} {}", meeting_point.trim());
        members.push((child, stdout));
    }
    for (_, stdout) in &mut members {
        // Each says when it has met all the others.
        stdout.read_line(&mut String::new())?;
    }
    let said = announce(address).and_then(|()| match meeting_points.split_whitespace().next() {
        Some(first) => console::show(&format!("http://{first}/.well-known/mercure\n")),
        None => Ok(()),
    });
    if said.is_ok() {
        let _ = io::stdin().read_to_end(&mut Vec::new());
    }
    for (mut child, _) in members {
        drop(child.stdin.take());
        child.wait()?;
    }
    Ok(())
}

/// Is one of several: says where the others meet it, is told where those before it are and how many come after, and serves.
fn join(address: SocketAddr) -> Result<()> {
    let socket = shared_port(address)?;
    let meeting_point = TcpListener::bind("127.0.0.1:0")?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", meeting_point.local_addr()?)?;
    stdout.flush()?;
    let mut stdin = BufReader::new(io::stdin());
    let mut told = String::new();
    stdin.read_line(&mut told)?;
    let mut told = told.split_whitespace();
    let after: usize = told.next().context("nothing was told")?.parse()?;
    let mut peers = told
        .map(|before| Ok(TcpStream::connect(before.parse::<SocketAddr>()?)?))
        .collect::<Result<Vec<_>>>()?;
    for _ in 0..after {
        peers.push(meeting_point.accept()?.0);
    }
    socket.listen(BACKLOG)?;
    writeln!(stdout, "met")?;
    stdout.flush()?;
    drop(stdout);
    // Where the others have met it, publishers find this one alone.
    let listeners = vec![socket.into(), meeting_point];
    serve(listeners, peers, &stop_with_stdin(stdin))?;
    Ok(())
}

/// A port to which several processes can be bound; those who listen share what comes.
fn shared_port(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
