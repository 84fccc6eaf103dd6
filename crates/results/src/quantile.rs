//! A quantile that says when it has no right to be a number.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One quantile of latencies: µs as a number, `"lost"`, or `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// So many µs.
    Value(u64),
    /// It falls on a delivery that never came, which is infinitely late: losing can never improve a quantile.
    Lost,
    /// Too few events stand behind it to state it ([`events_needed`]).
    TooFew,
}

impl Quantile {
    /// The number, if it is one.
    pub const fn value_us(self) -> Option<u64> {
        match self {
            Self::Value(us) => Some(us),
            Self::Lost | Self::TooFew => None,
        }
    }
}

/// How many independent events must stand behind quantile `q`, so that with 95 % confidence at least one of them lies
/// beyond it: 59 for p95, 299 for p99, 2,995 for p99.9 (measuring.md, "Is it us?").
///
/// `q` outside `0.0..1.0` is taken as the nearest end: one event for 0 and below, none suffice for 1 and above.
pub fn events_needed(q: f64) -> u64 {
    if q <= 0.0 {
        return 1;
    }
    if q >= 1.0 {
        return u64::MAX;
    }
    (0.05_f64.ln() / q.ln()).ceil() as u64
}

impl Serialize for Quantile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Value(us) => serializer.serialize_u64(us),
            Self::Lost => serializer.serialize_str("lost"),
            Self::TooFew => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Quantile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantileVisitor)
    }
}

struct QuantileVisitor;

impl Visitor<'_> for QuantileVisitor {
    type Value = Quantile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("microseconds, \"lost\" or null")
    }

    fn visit_u64<E: Error>(self, us: u64) -> Result<Quantile, E> {
        Ok(Quantile::Value(us))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Quantile, E> {
        match text {
            "lost" => Ok(Quantile::Lost),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Quantile, E> {
        Ok(Quantile::TooFew)
    }

    fn visit_none<E: Error>(self) -> Result<Quantile, E> {
        Ok(Quantile::TooFew)
    }
}

impl JsonSchema for Quantile {
    fn schema_name() -> Cow<'static, str> {
        "Quantile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Microseconds; \"lost\" when it falls on a delivery that never came; null when too few events stand behind it",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "const": "lost" },
                { "type": "null" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Quantile, events_needed};

    #[test]
    fn the_counts_of_measuring_md() {
        let needed = [0.5, 0.9, 0.95, 0.99, 0.999].map(events_needed);
        assert_eq!(needed, [5, 29, 59, 299, 2_995]);
        assert_eq!((events_needed(0.0), events_needed(1.0)), (1, u64::MAX));
    }

    #[test]
    fn json_has_three_shapes_and_no_fourth() {
        for (quantile, json) in [
            (Quantile::Value(61), "61"),
            (Quantile::Lost, "\"lost\""),
            (Quantile::TooFew, "null"),
        ] {
            assert_eq!(serde_json::to_string(&quantile).unwrap(), json);
            assert_eq!(serde_json::from_str::<Quantile>(json).unwrap(), quantile);
        }
        for wrong in ["\"late\"", "-1", "1.5", "true", "[]"] {
            assert!(serde_json::from_str::<Quantile>(wrong).is_err(), "{wrong}");
        }
    }
}
