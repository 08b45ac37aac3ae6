//! `steps`: the steps, each with its idea.

use std::process::ExitCode;

use crate::error::Result;
use crate::output::{DIM, NAME, painted, print};
use crate::project::{Project, Target, current_dir};
use crate::step::package_field;

/// Lists the steps.
///
/// # Errors
/// If the repository is not found or a manifest cannot be read.
pub fn run() -> Result<ExitCode> {
    let project = Project::find(&current_dir()?)?;
    print(&listed(&project.steps()?))?;
    anstream::eprintln!(
        "{}",
        painted(
            DIM,
            "Run one with `cargo workbook up 1`, compare two with `cargo workbook diff 1 2`."
        )
    );
    Ok(ExitCode::SUCCESS)
}

fn listed(steps: &[Target]) -> String {
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let line = |step: &Target| {
        let manifest = std::fs::read_to_string(step.dir.join("Cargo.toml")).unwrap_or_default();
        let idea = package_field(&manifest, "description").unwrap_or_default();
        let name = painted(NAME, &format!("{:width$}", step.name));
        format!("{name}  {idea}").trim_end().to_owned() + "\n"
    };
    steps.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_a_line_with_its_idea() {
        let folder = tempfile::tempdir().unwrap();
        let step = |name: &str, manifest: &str| {
            let dir = folder.path().join(name);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
            Target {
                name: name.to_owned(),
                dir,
            }
        };
        let steps = [
            step(
                "01-a",
                "[package]\nname = \"a\"\ndescription = \"An idea\"\n",
            ),
            step("02-longer", "[package]\nname = \"b\"\n"),
        ];
        let text = anstream::adapter::strip_str(&listed(&steps)).to_string();
        assert_eq!(text, "01-a       An idea\n02-longer\n");
    }
}
