//! The template at the root is final's.

use std::fs;

use crate::project;

/// `sam build` works at the root and in `final`; nothing but the way to the
/// crate may differ.
#[test]
fn the_root_template_is_the_one_of_final() {
    let project = project();
    let read = |path: &str| fs::read_to_string(project.root().join(path)).unwrap();
    let moved = read("final/template.yaml").replace("CodeUri: .\n", "CodeUri: final/\n");
    assert!(
        moved == read("template.yaml"),
        "copy final/template.yaml to the root"
    );
    assert_eq!(read("samconfig.toml"), read("final/samconfig.toml"));
}
