//! What a value of a filter policy asks of a value of a message.

use std::net::IpAddr;

use serde_json::{Map, Value as Json};

use super::FilterError;
use super::message::Scalar;
use super::policy::wrong;

/// One entry of a property's list.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Equals(Scalar<'static>),
    AnythingBut(Vec<Scalar<'static>>),
    AnythingButPrefix(String),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(String),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
    Cidr(IpAddr, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Whether it holds for a property that the message does not have.
    pub(super) fn wants_absence(&self) -> bool {
        matches!(self, Self::Exists(false))
    }

    /// Whether it holds for a property with this value.
    pub(super) fn holds(&self, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Equals(wanted), value) => wanted == value,
            (Self::AnythingBut(refused), value) => !refused.contains(value),
            (Self::AnythingButPrefix(prefix), Scalar::Text(text)) => !text.starts_with(&**prefix),
            (Self::Prefix(prefix), Scalar::Text(text)) => text.starts_with(&**prefix),
            (Self::Suffix(suffix), Scalar::Text(text)) => text.ends_with(&**suffix),
            (Self::EqualsIgnoreCase(wanted), Scalar::Text(text)) => {
                wanted.to_lowercase() == text.to_lowercase()
            }
            // "The key must have a non-null and non-empty value" (SNS
            // Developer Guide, "Key matching").
            (Self::Exists(true), Scalar::Null) => false,
            (Self::Exists(true), Scalar::Text(text)) => !text.is_empty(),
            (Self::Exists(wanted), _) => *wanted,
            (Self::Numeric(terms), Scalar::Number(number)) => terms
                .iter()
                .all(|(comparison, bound)| comparison.holds(*number, *bound)),
            (Self::Cidr(network, bits), Scalar::Text(text)) => text
                .parse()
                .is_ok_and(|address| is_in(address, *network, *bits)),
            (Self::AnythingButPrefix(_), _) => true,
            (
                Self::Prefix(_)
                | Self::Suffix(_)
                | Self::EqualsIgnoreCase(_)
                | Self::Numeric(_)
                | Self::Cidr(..),
                _,
            ) => false,
        }
    }

    pub(super) fn read(json: &Json) -> Result<Self, FilterError> {
        match (json, Scalar::of(json)) {
            (Json::Object(expression), _) => read_expression(expression),
            (_, Some(scalar)) => Ok(Self::Equals(scalar.into_owned())),
            (_, None) => Err(wrong(
                "Match value must be String, number, true, false, or null",
            )),
        }
    }
}

fn read_expression(expression: &Map<String, Json>) -> Result<Condition, FilterError> {
    let (operator, operand) = only_member(expression)?;
    let text = || operand.as_str().map(str::to_owned);
    let must_be_text = || wrong(format!("{operator} match pattern must be a string"));
    match operator {
        "prefix" => text().map(Condition::Prefix).ok_or_else(must_be_text),
        "suffix" => text().map(Condition::Suffix).ok_or_else(must_be_text),
        "equals-ignore-case" => text()
            .map(Condition::EqualsIgnoreCase)
            .ok_or_else(must_be_text),
        "exists" => operand
            .as_bool()
            .map(Condition::Exists)
            .ok_or_else(|| wrong("exists match pattern must be either true or false.")),
        "anything-but" => anything_but(operand),
        "numeric" => numeric(operand),
        "cidr" => cidr(operand),
        _ => Err(wrong(format!("Unrecognized match type {operator}"))),
    }
}

fn only_member(expression: &Map<String, Json>) -> Result<(&str, &Json), FilterError> {
    let mut members = expression.iter();
    match (members.next(), members.next()) {
        (Some((operator, operand)), None) => Ok((operator, operand)),
        (None, _) => Err(wrong("Empty objects are not allowed")),
        (Some(_), Some(_)) => Err(wrong("Only one key allowed in match expression")),
    }
}

fn anything_but(operand: &Json) -> Result<Condition, FilterError> {
    match operand {
        Json::Object(expression) => {
            let (operator, operand) = only_member(expression)?;
            if operator != "prefix" {
                return Err(wrong(format!(
                    "Unsupported anything-but pattern: {operator}"
                )));
            }
            let prefix = operand.as_str().map(str::to_owned);
            prefix
                .map(Condition::AnythingButPrefix)
                .ok_or_else(|| wrong("prefix match pattern must be a string"))
        }
        Json::Array(values) => {
            let mut refused = Vec::new();
            for value in values {
                match Scalar::of(value) {
                    Some(value @ (Scalar::Text(_) | Scalar::Number(_))) => {
                        refused.push(value.into_owned());
                    }
                    _ => {
                        return Err(wrong(
                            "Inside anything but list, start|null|boolean is not supported.",
                        ));
                    }
                }
            }
            let texts = refused.iter().filter(|v| matches!(v, Scalar::Text(_)));
            let texts = texts.count();
            if refused.is_empty() || (texts != 0 && texts != refused.len()) {
                return Err(wrong(
                    "Inside anything but list, either all values are number or string, mixed type \
                     is not supported",
                ));
            }
            Ok(Condition::AnythingBut(refused))
        }
        _ => match Scalar::of(operand) {
            Some(value @ (Scalar::Text(_) | Scalar::Number(_))) => {
                Ok(Condition::AnythingBut(vec![value.into_owned()]))
            }
            _ => Err(wrong(
                "Value of anything-but must be an array or single string/number value.",
            )),
        },
    }
}

impl Comparison {
    fn read(operator: &str) -> Option<Self> {
        Some(match operator {
            "=" => Self::Equal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Equal => "equals",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    #[expect(
        clippy::float_cmp,
        reason = "equality of the numbers as written is what the policy asks for"
    )]
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// `[OPERATOR, NUMBER]`, or a range that begins with its lower bound.
fn numeric(operand: &Json) -> Result<Condition, FilterError> {
    let Json::Array(members) = operand else {
        return Err(wrong("Value of numeric must be an array."));
    };
    let first = match members.first() {
        None => return Err(wrong("Invalid member in numeric match: ]")),
        Some(Json::String(operator)) => Comparison::read(operator)
            .ok_or_else(|| wrong(format!("Unrecognized numeric range operator: {operator}")))?,
        Some(other) => return Err(wrong(format!("Invalid member in numeric match: {other}"))),
    };
    let bound = |position, comparison: Comparison| {
        let number = members.get(position).and_then(Json::as_f64);
        number.ok_or_else(|| wrong(format!("Value of {} must be numeric", comparison.name())))
    };
    let bottom = bound(1, first)?;
    let mut terms = vec![(first, bottom)];
    if members.len() > 2 {
        if !matches!(first, Comparison::Greater | Comparison::GreaterOrEqual) {
            return Err(wrong("Too many elements in numeric expression"));
        }
        let second = match &members[2] {
            Json::String(operator) => Comparison::read(operator)
                .filter(|c| matches!(c, Comparison::Less | Comparison::LessOrEqual))
                .ok_or_else(|| wrong(format!("Bad numeric range operator: {operator}")))?,
            other => return Err(wrong(format!("Bad value in numeric range: {other}"))),
        };
        let top = bound(3, second)?;
        if top <= bottom {
            return Err(wrong("Bottom must be less than top"));
        }
        if members.len() > 4 {
            return Err(wrong("Too many terms in numeric range expression"));
        }
        terms.push((second, top));
    }
    Ok(Condition::Numeric(terms))
}

fn cidr(operand: &Json) -> Result<Condition, FilterError> {
    let Json::String(text) = operand else {
        // AWS says prefix here, too.
        return Err(wrong("prefix match pattern must be a string"));
    };
    let parts: Vec<&str> = text.split('/').collect();
    let [address, bits] = parts[..] else {
        return Err(wrong("Malformed CIDR, one '/' required"));
    };
    let bits: i32 = bits
        .parse()
        .map_err(|_| wrong("Malformed CIDR, mask bits must be an integer"))?;
    let bits =
        u32::try_from(bits).map_err(|_| wrong("Malformed CIDR, mask bits must not be negative"))?;
    let network: IpAddr = address
        .parse()
        .map_err(|_| wrong(format!("Nonstandard IP address: {address}")))?;
    match network {
        IpAddr::V4(_) if bits > 31 => Err(wrong("IPv4 mask bits must be < 32")),
        IpAddr::V6(_) if bits > 127 => Err(wrong("IPv6 mask bits must be < 128")),
        IpAddr::V4(_) | IpAddr::V6(_) => Ok(Condition::Cidr(network, bits)),
    }
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            (address.to_bits() ^ network.to_bits()) & mask == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            (address.to_bits() ^ network.to_bits()) & mask == 0
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}
