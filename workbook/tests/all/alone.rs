//! Each step stands alone: copied out as `new` does, cargo understands it.

use std::process::Command;

use workbook::new;
use workbook::project::cargo;

use crate::project;

/// Resolves only, and with the versions of the workspace: building each copy is
/// the work of `.ci/run`.
#[test]
fn every_step_resolves_outside_of_the_workspace() {
    let project = project();
    let host = host();
    for step in project.steps().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join(&step.name);
        new::make(&project, &step, &dir).unwrap();
        let output = Command::new(cargo())
            .args(["metadata", "--offline", "--locked", "--format-version", "1"])
            // Packages for other systems need not be here.
            .args(["--filter-platform", &host])
            .current_dir(&dir)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", step.name);
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        // Packages from a registry have a source, local ones have none.
        let local = packages
            .iter()
            .filter(|package| package["source"].is_null());
        assert_eq!(
            local.count(),
            1,
            "{} needs a crate of the repository",
            step.name
        );
    }
}

/// The platform of this machine, as rustc calls it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}
