//! The mutants, one table a section of the specification.

mod v0;
mod v1;

use crate::mutant::Mutant;

/// Every mutant of both dialects.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    v1::TABLES.iter().chain(v0::TABLES).copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::all;

    #[test]
    fn names_are_unique_in_their_dialect() {
        let mut seen = HashSet::new();
        for mutant in all() {
            assert!(
                seen.insert((mutant.dialect.as_str(), mutant.name)),
                "{}",
                mutant.name
            );
        }
    }
}
