//! JSON as a suspicious reader takes it: member names that occur twice are reported, and nesting is bounded (by
//! `serde_json`, at 128 levels), so hostile text costs time in proportion to its length.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry};

/// How many doubled names are worth naming.
const NAMED_DUPLICATES: usize = 4;

/// A JSON text, and the member names that stood twice in one object (at most a few, in order).
#[derive(Debug)]
pub(super) struct Strict {
    /// The value; of doubled members the last one, as most parsers do.
    pub value: Value,
    /// Names that occurred twice.
    pub duplicates: Vec<String>,
}

/// Reads `text`; an error names its line and column.
pub(super) fn read(text: &str) -> Result<Strict, serde_json::Error> {
    let mut duplicates = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Node { duplicates: &mut duplicates }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(Strict { value, duplicates })
}

struct Node<'a> {
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(Node { duplicates: &mut *self.duplicates })? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        // Most objects are small; left alone each would take room for four members when it gets its first.
        let mut out = Map::with_capacity(1);
        while let Some(name) = members.next_key_seed(Name)? {
            let value = members.next_value_seed(Node { duplicates: &mut *self.duplicates })?;
            match out.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    if self.duplicates.len() < NAMED_DUPLICATES && !self.duplicates.contains(entry.key()) {
                        self.duplicates.push(entry.key().clone());
                    }
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(out))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_through_in_their_order() {
        let text = r#"{"z":[1,-2,3.5,null,true,"x"],"a":{"b":{}}}"#;
        let strict = read(text).unwrap();
        assert_eq!(strict.value, json!({"z": [1, -2, 3.5, null, true, "x"], "a": {"b": {}}}));
        assert_eq!(strict.value.to_string(), text);
        assert!(strict.duplicates.is_empty());
    }

    #[test]
    fn doubled_names_are_found_at_any_depth_and_the_last_value_stands() {
        let strict = read(r#"{"aud":"a","aud":"b","act":{"sub":1,"sub":2},"sub":3}"#).unwrap();
        assert_eq!(strict.duplicates, ["aud", "sub"]);
        assert_eq!(strict.value["aud"], "b");
    }

    #[test]
    fn errors_name_the_position_and_depth_is_bounded() {
        let error = read("{\"a\":1,\n\"b\":}").unwrap_err();
        assert_eq!((error.line(), error.column()), (2, 5));
        assert!(read("{} {}").is_err(), "text after the value");
        assert!(read(&"[".repeat(500_000)).is_err());
    }
}
