//! Makes a workspace member's manifest stand on its own.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Tables of a manifest that hold dependencies.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Why a manifest cannot stand on its own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// Inherits something that the workspace does not have.
    #[error("inherits {0}, which the workspace does not set")]
    NotInWorkspace(String),
    /// Needs a crate of the repository.
    #[error("needs the repository's own crate `{0}`, so it cannot be used without it")]
    NeedsRepository(String),
}

/// Whether the manifest is the root of a workspace of its own.
#[must_use]
pub fn is_alone(manifest: &str) -> bool {
    let document = manifest.parse::<DocumentMut>();
    document.is_ok_and(|document| document.contains_key("workspace"))
}

/// The text of `member` with everything written out that it inherits from the
/// workspace manifest `root`, with a workspace and profiles of its own, and
/// without dev-dependencies on the repository's own crates.
///
/// # Errors
/// [`ManifestError`].
pub fn alone(member: &str, root: &str) -> Result<String, ManifestError> {
    let parse = |text: &str| {
        let document: Result<DocumentMut, _> = text.parse();
        document.map_err(|error| ManifestError::Syntax(error.message().to_owned()))
    };
    let (mut member, root) = (parse(member)?, parse(root)?);
    let nothing = Table::new();
    let workspace = root
        .get("workspace")
        .and_then(Item::as_table)
        .unwrap_or(&nothing);
    write_out_package(&mut member, workspace)?;
    let lints = take_lints(&mut member, workspace)?;
    write_out_dependencies(member.as_table_mut(), workspace)?;

    // Tables of two documents do not mix (each has a place in its own), so the
    // copied ones are printed by themselves and put at the end.
    let mut text = member.to_string().trim_end().to_owned();
    text.push_str("\n\n# A workspace of its own, whatever folder it lies in.\n[workspace]\n");
    for (name, item) in [("lints", lints), ("profile", profiles(&root))] {
        let Some(item) = item else { continue };
        let mut document = DocumentMut::new();
        document.insert(name, item);
        text.push('\n');
        text.push_str(document.to_string().trim());
        text.push('\n');
    }
    Ok(text)
}

/// The profiles without what they say of single packages: those are the repository's, and
/// cargo warns of packages that a crate does not have.
fn profiles(root: &DocumentMut) -> Option<Item> {
    let mut profiles = root.get("profile").cloned()?;
    for (_, profile) in profiles
        .as_table_like_mut()
        .into_iter()
        .flat_map(TableLike::iter_mut)
    {
        if let Some(packages) = profile.get_mut("package").and_then(Item::as_table_mut) {
            packages.retain(|name, _| name == "*");
            packages.set_implicit(true);
        }
    }
    Some(profiles)
}

fn inherits(item: &Item) -> bool {
    let workspace = item
        .as_table_like()
        .and_then(|table| table.get("workspace"));
    workspace.and_then(Item::as_bool) == Some(true)
}

fn write_out_package(member: &mut DocumentMut, workspace: &Table) -> Result<(), ManifestError> {
    let Some(package) = member.get_mut("package").and_then(Item::as_table_mut) else {
        return Ok(());
    };
    for (key, item) in package.iter_mut() {
        if inherits(item) {
            let shared = workspace
                .get("package")
                .and_then(|shared| shared.get(key.get()));
            let value = shared.and_then(Item::as_value).cloned();
            let missing = || ManifestError::NotInWorkspace(format!("package.{}", key.get()));
            *item = Item::Value(bare(value.ok_or_else(missing)?));
        }
    }
    Ok(())
}

/// A value without the comments and spaces around it where it came from.
fn bare(mut value: Value) -> Value {
    value.decor_mut().clear();
    value
}

fn take_lints(member: &mut DocumentMut, workspace: &Table) -> Result<Option<Item>, ManifestError> {
    if !member.get("lints").is_some_and(inherits) {
        return Ok(None);
    }
    member.remove("lints");
    let lints = workspace.get("lints").cloned();
    let missing = || ManifestError::NotInWorkspace("lints".to_owned());
    lints.ok_or_else(missing).map(Some)
}

/// Goes through the dependency tables, those under `target` included.
fn write_out_dependencies(
    table: &mut dyn TableLike,
    workspace: &Table,
) -> Result<(), ManifestError> {
    for kind in DEPENDENCIES {
        if let Some(dependencies) = table.get_mut(kind).and_then(Item::as_table_like_mut) {
            write_out_table(dependencies, kind, workspace)?;
        }
    }
    let targets = table.get_mut("target").and_then(Item::as_table_like_mut);
    for (_, target) in targets.into_iter().flat_map(TableLike::iter_mut) {
        if let Some(target) = target.as_table_like_mut() {
            write_out_dependencies(target, workspace)?;
        }
    }
    Ok(())
}

fn write_out_table(
    dependencies: &mut dyn TableLike,
    kind: &str,
    workspace: &Table,
) -> Result<(), ManifestError> {
    let names: Vec<String> = dependencies
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in names {
        let Some(item) = dependencies.get_mut(&name) else {
            continue;
        };
        if inherits(item) {
            let shared = workspace.get("dependencies").and_then(|all| all.get(&name));
            let missing = || ManifestError::NotInWorkspace(format!("the dependency {name}"));
            *item = Item::Value(merged(shared.ok_or_else(missing)?, item));
        }
        let is_local = item
            .as_table_like()
            .is_some_and(|entry| entry.contains_key("path"));
        if is_local && kind == "dev-dependencies" {
            dependencies.remove(&name);
        } else if is_local {
            return Err(ManifestError::NeedsRepository(name));
        }
    }
    Ok(())
}

/// The workspace's entry for a dependency with what the member adds: features
/// of both, everything else as the member says it.
fn merged(shared: &Item, member: &Item) -> Value {
    let mut entry = InlineTable::new();
    match shared.as_value() {
        Some(Value::String(version)) => {
            entry.insert("version", Value::from(version.value().clone()));
        }
        _ => {
            for (key, item) in shared.as_table_like().into_iter().flat_map(TableLike::iter) {
                entry.extend(item.as_value().map(|value| (key, bare(value.clone()))));
            }
        }
    }
    for (key, item) in member.as_table_like().into_iter().flat_map(TableLike::iter) {
        let Some(value) = item.as_value() else {
            continue;
        };
        match (key, entry.get_mut("features"), value) {
            ("workspace", _, _) => {}
            ("features", Some(Value::Array(features)), Value::Array(more)) => {
                add_features(features, more);
            }
            _ => {
                entry.insert(key, bare(value.clone()));
            }
        }
    }
    entry.fmt();
    match entry.get("version") {
        Some(version) if entry.len() == 1 => bare(version.clone()),
        _ => Value::InlineTable(entry),
    }
}

fn add_features(features: &mut Array, more: &Array) {
    for feature in more {
        let known = features
            .iter()
            .any(|known| known.as_str() == feature.as_str());
        if !known {
            features.push(bare(feature.clone()));
        }
    }
    features.fmt();
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
[workspace]
members = ["steps/*"]

[workspace.package]
version = "0.1.0" # of all
edition = "2024"

[workspace.dependencies]
hex = "0.4"
sandbox = { path = "sandbox" }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1.54", default-features = false, features = ["macros", "rt"] }

[workspace.lints.rust]
unsafe_code = "forbid"

[workspace.lints.clippy]
# Why.
unwrap_used = "warn"

# Small.
[profile.dev.package."*"]
debug = false

# Only for the book.
[profile.dev.package]
syntect = { opt-level = 2 }

[profile.release]
lto = "thin"
"#;

    #[test]
    fn everything_inherited_is_written_out() {
        let member = r#"[package]
name = "step-09-test"
version.workspace = true
edition = { workspace = true }

# The name must be this step's own.
[[bin]]
name = "step-09-webhook"
path = "src/bin/webhook.rs"

[dependencies]
hex.workspace = true # digests
serde = { workspace = true, optional = true }
tokio = { workspace = true, features = ["rt", "net"] }

[target.'cfg(unix)'.dependencies]
hex = { workspace = true }

[dev-dependencies]
insta = "1"
sandbox.workspace = true

[lints]
workspace = true
"#;
        insta::assert_snapshot!(alone(member, ROOT).unwrap());
    }

    #[test]
    fn the_result_is_alone_and_stays_as_it_is() {
        let text = alone("[package]\nname = \"a\"\nversion = \"1.0.0\"\n", ROOT).unwrap();
        assert!(is_alone(&text) && !is_alone("[package]\nname = \"a\"\n"));
        assert!(!text.contains("[lints"), "lints only if inherited: {text}");
    }

    #[test]
    fn what_cannot_be_written_out_is_an_error() {
        let errors = [
            ("[package]\nlicense.workspace = true\n", "package.license"),
            (
                "[dependencies]\nmissing.workspace = true\n",
                "dependency missing",
            ),
            (
                "[dependencies]\nsandbox.workspace = true\n",
                "crate `sandbox`",
            ),
            ("[package\n", ""),
        ];
        for (member, part) in errors {
            let error = alone(member, ROOT).unwrap_err().to_string();
            assert!(error.contains(part), "{member}: {error}");
        }
    }
}
