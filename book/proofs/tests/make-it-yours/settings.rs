//! A secret for each scheme, however many there are. For `src/config.rs`.

/// The names of two settings that have a secret in common, if there are such.
pub fn shared<'a>(settings: &[(&'a str, &str)]) -> Option<(&'a str, &'a str)> {
    settings
        .iter()
        .enumerate()
        .find_map(|(at, (name, setting))| {
            let has_it = |(_, other): &&(&'a str, &str)| {
                entries(other).any(|entry| entries(setting).any(|own| own == entry))
            };
            let (other, _) = settings[at + 1..].iter().find(has_it)?;
            Some((*name, *other))
        })
}

/// The secrets of a setting, without the blanks around them.
fn entries(setting: &str) -> impl Iterator<Item = &str> {
    let entries = setting.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty() && !entry.eq_ignore_ascii_case("none"))
}

#[cfg(test)]
mod tests {
    use super::shared;

    #[test]
    fn every_pair_of_settings_is_looked_at() {
        let names = ["STRIPE", "GITHUB", "STANDARD", "GENERIC"];
        let mut pairs = 0;
        for (at, first) in names.iter().enumerate() {
            for second in &names[at + 1..] {
                let settings = names.map(|name| {
                    let same = name == *first || name == *second;
                    (name, if same { "a, whsec_same\n" } else { "none" })
                });
                assert_eq!(shared(&settings), Some((*first, *second)));
                pairs += 1;
            }
        }
        assert_eq!(pairs, 6);
    }

    #[test]
    fn nothing_in_common_is_nothing_in_common() {
        for settings in [
            [("A", "none"), ("B", "none")],
            [("A", ""), ("B", "")],
            [("A", "x,"), ("B", "y,")],
            [("A", "x"), ("B", "xx")],
        ] {
            assert_eq!(shared(&settings), None, "{settings:?}");
        }
    }
}
