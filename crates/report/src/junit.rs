//! `junit.xml`, for the test views of CI servers. Without times of day and random ids, so that it can be made again.

pub(crate) mod conformance;
pub(crate) mod load;
pub(crate) mod migration;
