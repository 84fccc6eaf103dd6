//! Seeded mutations of good input: what runs the fuzz targets on a stable compiler, in the tests of the crates that they are of.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Inputs for each target.
const INPUTS: usize = 3_000;
/// Mutations of one input, at most.
const MUTATIONS: usize = 4;
/// The longest input that is tried: bounds on length have tests of their own.
const LONGEST_BYTES: usize = 16 * 1024;
/// What parsers stumble over.
const PIECES: [&[u8]; 16] = [
    b"%",
    b"%00",
    b"%ff",
    b"&",
    b"=",
    b"+",
    b"\r\n",
    b"\0",
    b":",
    b"*",
    b"(",
    b"{",
    b"}",
    b"..",
    b"\xff\xfe",
    b"urn:uuid:",
];

/// Runs `target` with mutations of `seeds`; panics where it panics, and prints the input.
pub(crate) fn check(target: fn(&[u8]), seeds: &[&[u8]]) {
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..INPUTS {
        let mut input = seeds[random.random_range(0..seeds.len())].to_vec();
        for _ in 0..random.random_range(0..=MUTATIONS) {
            mutate(&mut input, &mut random);
        }
        input.truncate(LONGEST_BYTES);
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(outcome.is_ok(), "input: {}", input.escape_ascii());
    }
}

fn mutate(input: &mut Vec<u8>, random: &mut StdRng) {
    let at = random.random_range(0..=input.len());
    match random.random_range(0..5) {
        0 => {
            let piece = PIECES[random.random_range(0..PIECES.len())];
            input.splice(at..at, piece.iter().copied());
        }
        1 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
        2 if at < input.len() => {
            input.remove(at);
        }
        3 => input.truncate(at),
        _ => {
            let again = input[at..].to_vec();
            input.extend(again);
        }
    }
}
