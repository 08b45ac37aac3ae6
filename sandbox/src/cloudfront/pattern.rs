//! Path patterns of behaviors.

/// Whether a path pattern matches a path: `*` stands for any characters, `?`
/// for one, and the slash at the start may be missing (CloudFront Developer
/// Guide, "Path pattern").
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let bare = |text: &str| text.strip_prefix('/').unwrap_or(text).as_bytes().to_vec();
    let (pattern, path) = (bare(pattern), bare(path));
    let (mut at, mut from) = (0, 0);
    // Where to go on if what follows the last star does not fit.
    let mut star: Option<(usize, usize)> = None;
    while from < path.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(one) if *one == b'?' || *one == path[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((after, taken)) = star else {
                    return false;
                };
                star = Some((after, taken + 1));
                at = after + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|one| *one == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, path, expected) in [
            ("*", "/", true),
            ("*", "/a/b", true),
            ("/webhook", "/webhook", true),
            ("webhook", "/webhook", true),
            ("/webhook", "/webhook/", false),
            ("/webhook", "/Webhook", false),
            ("/webhook*", "/webhook/x", true),
            ("/a*b?d", "/axxbxbcd", true),
            ("/a*b?d", "/axxbxbc", false),
            ("*.jpg", "/a/b.jpg", true),
            ("/?", "/", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
