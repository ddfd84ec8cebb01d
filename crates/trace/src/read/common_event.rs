//! The events that nearly all of a binary trace consists of, decoded without a deserializer.

use runtime_tracing::{
    CallRecord, FunctionId, Line, PathId, ReturnRecord, StepRecord, TraceLowLevelEvent as Event,
    TypeId, ValueRecord,
};

/// The CBOR of a step, of a call without arguments, and of a return of nothing, around their numbers.
const STEP: &[u8] = b"\xa1\x64Step\xa2\x67path_id";
const LINE: &[u8] = b"\x64line";
const CALL: &[u8] = b"\xa1\x64Call\xa2\x6bfunction_id";
const NO_ARGUMENTS: &[u8] = b"\x64args\x80";
const RETURN: &[u8] = b"\xa1\x66Return\xa1\x6creturn_value\xa2\x64kind\x64None\x67type_id";

/// Decodes the event at the start of `bytes`, and returns what follows it. `None` of an event of another kind, and where
/// its end is missing.
pub fn common_event(bytes: &[u8]) -> Option<(Event, &[u8])> {
    // The letter by which the kinds differ.
    match bytes.get(2)? {
        b'S' => {
            let (path, rest) = number(bytes.strip_prefix(STEP)?)?;
            let (line, rest) = number(rest.strip_prefix(LINE)?)?;
            let step = StepRecord {
                path_id: PathId(usize::try_from(path).ok()?),
                line: Line(i64::try_from(line).ok()?),
            };
            Some((Event::Step(step), rest))
        }
        b'C' => {
            let (function, rest) = number(bytes.strip_prefix(CALL)?)?;
            let call = CallRecord {
                function_id: FunctionId(usize::try_from(function).ok()?),
                args: Vec::new(),
            };
            Some((Event::Call(call), rest.strip_prefix(NO_ARGUMENTS)?))
        }
        b'R' => {
            let (type_id, rest) = number(bytes.strip_prefix(RETURN)?)?;
            let return_value = ValueRecord::None {
                type_id: TypeId(usize::try_from(type_id).ok()?),
            };
            Some((Event::Return(ReturnRecord { return_value }), rest))
        }
        _ => None,
    }
}

/// Decodes an unsigned integer.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let length = match first {
        0..=0x17 => return Some((u64::from(*first), rest)),
        0x18 => 1,
        0x19 => 2,
        0x1a => 4,
        0x1b => 8,
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(length)?;
    let number = digits
        .iter()
        .fold(0, |number, digit| number << 8 | u64::from(*digit));
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use runtime_tracing::NONE_VALUE;

    use super::*;

    fn encoded(event: &Event) -> Vec<u8> {
        cbor4ii::serde::to_vec(Vec::new(), event).unwrap()
    }

    /// Decodes an event; gives its bytes, as events cannot be compared, and what follows.
    fn decoded(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        common_event(bytes).map(|(event, rest)| (encoded(&event), rest))
    }

    fn event() -> impl Strategy<Value = Event> {
        let id = prop_oneof![0..30_usize, 0..300_usize, 0..70_000_usize, any::<usize>()];
        prop_oneof![
            (id.clone(), any::<i64>()).prop_map(|(path, line)| Event::Step(StepRecord {
                path_id: PathId(path),
                line: Line(line),
            })),
            id.clone().prop_map(|function| Event::Call(CallRecord {
                function_id: FunctionId(function),
                args: Vec::new(),
            })),
            id.prop_map(|type_id| Event::Return(ReturnRecord {
                return_value: ValueRecord::None {
                    type_id: TypeId(type_id),
                },
            })),
        ]
    }

    proptest! {
        #[test]
        fn it_is_what_a_deserializer_reads(event in event(), cut in 1..60_usize) {
            let bytes = encoded(&event);
            let is_negative = matches!(&event, Event::Step(step) if step.line.0 < 0);
            let followed = [&bytes[..], b"\xa1"].concat();
            let expected = (!is_negative).then(|| (bytes.clone(), &b"\xa1"[..]));
            prop_assert_eq!(decoded(&followed), expected);
            prop_assert_eq!(decoded(&bytes[..bytes.len().saturating_sub(cut)]), None);
        }
    }

    #[test]
    fn others_are_left_to_it() {
        let value = ValueRecord::Int {
            i: 3,
            type_id: TypeId(1),
        };
        let others = [
            Event::Return(ReturnRecord {
                return_value: value.clone(),
            }),
            Event::Call(CallRecord {
                function_id: FunctionId(0),
                args: vec![runtime_tracing::FullValueRecord {
                    variable_id: runtime_tracing::VariableId(0),
                    value,
                }],
            }),
            Event::Path("Step".into()),
        ];
        for event in others {
            assert_eq!(decoded(&encoded(&event)), None);
        }
        let nothing = Event::Return(ReturnRecord {
            return_value: NONE_VALUE,
        });
        assert!(decoded(&encoded(&nothing)).is_some());
    }
}
