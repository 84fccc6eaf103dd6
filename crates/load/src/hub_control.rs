//! What faults do to a hub. Only the caller knows how it was started, so it carries them out.

/// What a fault does to a hub, carried out by whoever started it. The errors are sentences for the report.
pub trait HubControl: Send {
    /// Ends the process, cleanly or not, starts another one at the same address and returns when that accepts.
    fn restart(&mut self, end: HubEnd) -> Result<(), String>;

    /// Stops it from doing anything.
    fn pause(&mut self) -> Result<(), String>;

    /// Lets it go on.
    fn resume(&mut self) -> Result<(), String>;
}

/// How a hub is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubEnd {
    /// It is asked to, and may finish what it does.
    Clean,
    /// At once.
    Kill,
}
