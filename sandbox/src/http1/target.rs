//! The target of a request: path, stage and query string.

/// The parts of a request target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// Path with the stage; starts with one slash.
    pub(crate) full_path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The parts of an origin-form (`/path?query`) or absolute-form target.
    pub(crate) fn new(target: &'a str) -> Option<Self> {
        let (path, query) = match target.split_once('?') {
            None => (target, None),
            Some((path, query)) => (path, Some(query)),
        };
        let scheme = |scheme: &str| {
            let start = path.get(..scheme.len())?;
            start
                .eq_ignore_ascii_case(scheme)
                .then(|| &path[scheme.len()..])
        };
        let path = match scheme("http://").or_else(|| scheme("https://")) {
            None => path,
            Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        };
        // Recorded from AWS: slashes before the stage count as one.
        let extra = path.len() - path.trim_start_matches('/').len();
        let full_path = &path[extra.checked_sub(1)?..];
        Some(Self { full_path, query })
    }

    /// The path without the stage, if it is in the stage.
    pub(crate) fn in_stage(&self, stage: &str) -> Option<&'a str> {
        let rest = self.full_path[1..].strip_prefix(stage)?;
        if rest.is_empty() {
            return Some("/");
        }
        // Recorded from AWS: slashes after the stage count as one, but
        // `requestContext.path` keeps them.
        let extra = rest.len() - rest.trim_start_matches('/').len();
        Some(&rest[extra.checked_sub(1)?..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(target: &str) -> Option<(&str, Option<&str>)> {
        let target = Target::new(target)?;
        Some((target.full_path, target.in_stage("prod")))
    }

    #[test]
    fn the_stage_is_the_first_segment() {
        for (target, full, inside) in [
            ("/prod", "/prod", Some("/")),
            ("/prod/", "/prod/", Some("/")),
            ("/prod/webhook/?a=b", "/prod/webhook/", Some("/webhook/")),
            ("//prod//webhook", "/prod//webhook", Some("/webhook")),
            ("http://localhost:1/prod/a?b", "/prod/a", Some("/a")),
            ("HTTPS://host", "/", None),
            ("/production/a", "/production/a", None),
            ("/Prod/a", "/Prod/a", None),
            ("/", "/", None),
        ] {
            assert_eq!(paths(target), Some((full, inside)), "{target}");
        }
        for target in ["*", "localhost:443", "ftp://host/prod", "?x", ""] {
            assert_eq!(paths(target), None, "{target}");
        }
    }
}
