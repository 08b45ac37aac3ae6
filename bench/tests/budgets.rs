//! What is compiled into the functions is within `budgets.toml`. Their bytes are
//! compared where release binaries are: `cargo workbook bench --sizes`.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

use std::collections::BTreeSet;
use std::process::Command;

use bench::building::root;
use bench::sizes::Budgets;

/// What functions are deployed to by default; the packages differ elsewhere.
const LAMBDA: &str = "aarch64-unknown-linux-gnu";

/// The packages in what is deployed, each as `name@version`.
fn packages(of: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal",
            "--target",
            LAMBDA,
        ])
        .args(["--prefix", "none", "--format", "{p}", "--package", of])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            let version = rest.split(' ').next()?;
            Some(format!("{name}@{version}"))
        })
        .collect()
}

/// Whether `package` is meant by `name`, or by `name@version` with fewer digits.
fn is(package: &str, unwanted: &str) -> bool {
    let rest = package.strip_prefix(unwanted);
    rest.is_some_and(|rest| rest.starts_with(['@', '.']))
}

#[test]
fn what_is_deployed_has_one_tls_stack_and_no_more_packages_than_it_may() {
    let budgets = Budgets::read().unwrap();
    assert!(!budgets.dependencies.is_empty());
    let mut over = Vec::new();
    for (name, budget) in &budgets.dependencies {
        let packages = packages(name);
        let own = format!("{name}@");
        assert!(packages.iter().any(|package| package.starts_with(&own)));
        if packages.len() > budget.packages {
            over.push(format!(
                "{name}: {} packages, and {} are allowed",
                packages.len(),
                budget.packages
            ));
        }
        let stacks = packages
            .iter()
            .filter(|package| budget.without.iter().any(|unwanted| is(package, unwanted)));
        over.extend(stacks.map(|package| format!("{name}: {package} must not be there")));
    }
    assert!(
        over.is_empty(),
        "{}\nlook with `cargo tree --edges normal --package NAME`; a reason to raise a number goes \
         into bench/budgets.toml",
        over.join("\n")
    );
}

#[test]
fn a_version_is_compared_part_by_part() {
    assert!(is("rustls@0.21.12", "rustls@0.21"));
    assert!(is("ring@0.17.14", "ring"));
    assert!(!is("rustls@0.23.46", "rustls@0.21"));
    assert!(!is("rustls@0.210.0", "rustls@0.21"));
    assert!(!is("ring-compat@0.8.0", "ring"));
}
