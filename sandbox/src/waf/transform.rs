//! Text transformations (AWS WAF Developer Guide, "Text transformation
//! options").
//!
//! Where the guide is silent: `URL_DECODE` leaves `+` and broken escapes alone;
//! `BASE64_DECODE` and `HEX_DECODE` leave alone what is not such a text.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::template::model::Transformation;

/// Applies transformations one after the other.
pub(super) fn apply<'a>(transformations: &[Transformation], value: &'a [u8]) -> Cow<'a, [u8]> {
    transformations
        .iter()
        .fold(Cow::Borrowed(value), |value, transformation| match value {
            Cow::Borrowed(value) => one(*transformation, value),
            Cow::Owned(value) => one(*transformation, &value).into_owned().into(),
        })
}

fn one(transformation: Transformation, value: &[u8]) -> Cow<'_, [u8]> {
    match transformation {
        Transformation::Lowercase => value.to_ascii_lowercase().into(),
        Transformation::Uppercase => value.to_ascii_uppercase().into(),
        Transformation::Trim => value.trim_ascii().into(),
        Transformation::TrimLeft => value.trim_ascii_start().into(),
        Transformation::TrimRight => value.trim_ascii_end().into(),
        Transformation::UrlDecode => percent_encoding::percent_decode(value).into(),
        Transformation::Base64Decode => STANDARD.decode(value).map_or(value.into(), Cow::Owned),
        Transformation::HexDecode => hex(value).map_or(value.into(), Cow::Owned),
        Transformation::NormalizePath => normalized(value).into(),
        Transformation::NormalizePathWin => normalized(&replaced(value, b"\\", b'/')).into(),
        Transformation::RemoveNulls => {
            let kept = value.iter().copied().filter(|byte| *byte != 0);
            kept.collect::<Vec<u8>>().into()
        }
        Transformation::ReplaceNulls => replaced(value, b"\0", b' ').into(),
        Transformation::CompressWhiteSpace => {
            // Formfeed, tab, line ends, vertical tab, non-breaking space.
            let mut value = replaced(value, b"\x0c\t\n\r\x0b\xa0", b' ');
            value.dedup_by(|left, right| *left == b' ' && *right == b' ');
            value.into()
        }
    }
}

fn replaced(value: &[u8], these: &[u8], by: u8) -> Vec<u8> {
    let replace = |byte: &u8| if these.contains(byte) { by } else { *byte };
    value.iter().map(replace).collect()
}

fn hex(value: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = value.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// A path without doubled slashes, `.` and, except at its start, `..`.
fn normalized(path: &[u8]) -> Vec<u8> {
    let absolute = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_in_slash = false;
    for segment in path.split(|byte| *byte == b'/') {
        ends_in_slash = true;
        match (segment, kept.last()) {
            (b"" | b".", _) => {}
            (b"..", None) if absolute => {}
            (b"..", Some(last)) if *last != b".." => drop(kept.pop()),
            _ => {
                kept.push(segment);
                ends_in_slash = false;
            }
        }
    }
    let mut normal = Vec::with_capacity(path.len());
    if absolute {
        normal.push(b'/');
    }
    normal.extend(kept.join(&b'/'));
    if ends_in_slash && !kept.is_empty() {
        normal.push(b'/');
    }
    normal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Transformation::*;
    use super::*;

    fn text(transformation: Transformation, value: &str) -> String {
        String::from_utf8_lossy(&one(transformation, value.as_bytes())).into_owned()
    }

    #[test]
    fn paths_become_plain() {
        for (path, normal) in [
            ("/prod/webhook", "/prod/webhook"),
            ("//prod///webhook", "/prod/webhook"),
            ("/prod/./webhook", "/prod/webhook"),
            ("/prod/other/../webhook", "/prod/webhook"),
            ("/prod/webhook/", "/prod/webhook/"),
            ("/prod/webhook/.", "/prod/webhook/"),
            ("/prod/webhook/..", "/prod/"),
            ("/../../prod", "/prod"),
            ("../../a/b", "../../a/b"),
            ("a/../../b", "../b"),
            ("a/..", ""),
            ("./", ""),
            ("/", "/"),
            ("/..", "/"),
            ("/...", "/..."),
            ("", ""),
        ] {
            assert_eq!(text(NormalizePath, path), normal, "{path}");
        }
        assert_eq!(text(NormalizePathWin, r"\prod\.\webhook"), "/prod/webhook");
        assert_eq!(text(NormalizePath, r"\prod\.\webhook"), r"\prod\.\webhook");
    }

    #[test]
    fn texts_change_as_the_names_say() {
        for (transformation, before, after) in [
            (Lowercase, "WebHook Ä", "webhook Ä"),
            (Uppercase, "WebHook ä", "WEBHOOK ä"),
            (Trim, " \ta b\r\n", "a b"),
            (TrimLeft, "  a ", "a "),
            (TrimRight, " a  ", " a"),
            (UrlDecode, "%77eb%2Fhook%", "web/hook%"),
            (UrlDecode, "a+b%2b%zz", "a+b+%zz"),
            (UrlDecode, "%2577", "%77"),
            (Base64Decode, "d2ViaG9vaw==", "webhook"),
            (Base64Decode, "not base64", "not base64"),
            (HexDecode, "776562486F6f6b", "webHook"),
            (HexDecode, "776", "776"),
            (HexDecode, "+1", "+1"),
            (RemoveNulls, "a\0\0b", "ab"),
            (ReplaceNulls, "a\0\0b", "a  b"),
            (CompressWhiteSpace, "a \t\r\n\u{b}\u{c} b  c", "a b c"),
        ] {
            assert_eq!(text(transformation, before), after, "{before:?}");
        }
    }

    #[test]
    fn they_follow_each_other() {
        let value = b"%2F%2FPROD/%2e/webhook";
        let decoded = apply(&[UrlDecode, NormalizePath, Lowercase], value);
        assert_eq!(decoded.as_ref(), b"/prod/webhook");
        let other = apply(&[NormalizePath, UrlDecode], value);
        assert_eq!(other.as_ref(), b"//PROD/./webhook");
        assert!(matches!(apply(&[], value), Cow::Borrowed(_)));
    }

    const STABLE: &[Transformation] = &[
        CompressWhiteSpace,
        Lowercase,
        NormalizePath,
        NormalizePathWin,
        RemoveNulls,
        ReplaceNulls,
        Trim,
        TrimLeft,
        TrimRight,
        Uppercase,
    ];

    fn path() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just("/"),
            Just("."),
            Just(".."),
            Just("a"),
            Just("\\"),
            Just("%2e"),
            Just("\0"),
        ];
        proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn twice_is_as_once(value in prop_oneof![path(), any::<Vec<u8>>()]) {
            for transformation in STABLE {
                let once = one(*transformation, &value).into_owned();
                let twice = one(*transformation, &once).into_owned();
                prop_assert_eq!(twice, once, "{:?}", transformation);
            }
        }

        #[test]
        fn any_bytes_are_transformed(value: Vec<u8>) {
            for transformation in [Base64Decode, HexDecode, UrlDecode] {
                // Decoding only ever shortens.
                prop_assert!(one(transformation, &value).len() <= value.len());
            }
        }

        #[test]
        fn a_normal_path_has_nothing_to_hide(value in path()) {
            let normal = normalized(&value);
            let path = String::from_utf8(normal).unwrap();
            prop_assert!(!path.contains("//"));
            let inner = path.trim_start_matches("../");
            let hidden = inner.split('/').any(|part| part == "." || part == "..");
            prop_assert!(!hidden || inner == "..", "{path}");
        }
    }
}
