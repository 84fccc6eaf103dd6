//! `assay null-hub`: the hub that does nothing, as a process of its own, so that what it takes is not ours.

use std::io::Read as _;
use std::net::TcpListener;

use assay_load::null_hub::serve;
use assay_load::stop::Stop;
use assay_results::Outcome;

use crate::console;
use crate::failure::{CommandResult, OrFail};

/// Serves on a free port until standard input closes.
pub(crate) fn run() -> CommandResult {
    let listener = TcpListener::bind("127.0.0.1:0").or_usage()?;
    let address = listener.local_addr().or_usage()?;
    console::show(&format!("http://{address}/.well-known/mercure\n"))?;
    let stop = Stop::new();
    let orphaned = stop.clone();
    std::thread::spawn(move || {
        // Its end, or an error: whoever started us is gone.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        orphaned.request();
    });
    serve(listener, &stop).or_usage()?;
    Ok(Outcome::Passed)
}
