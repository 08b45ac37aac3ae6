//! `cargo workbook bench`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::building;
use bench::error::{Result, cannot};
use bench::goals::Subjects;
use bench::peers;
use bench::process::Function;
use bench::report::{Row, table};
use bench::run::Run;
use bench::sizes::Budgets;
use clap::Parser;
use serde_json::json;

/// Measures the functions against the numbers that were set for them.
#[derive(Debug, Parser)]
struct Options {
    /// Measure the same job in Python and Node too
    #[arg(long)]
    peers: bool,
    /// Write the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only compare the bytes of the functions with bench/budgets.toml
    #[arg(long, conflicts_with_all = ["peers", "json"])]
    sizes: bool,
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every goal is met.
fn measure(options: &Options) -> Result<bool> {
    let binaries = building::functions()?;
    if options.sizes {
        for line in Budgets::read()?.check(&binaries)? {
            println!("{line}");
        }
        return Ok(true);
    }
    let floor = building::floor()?;
    // It is in target/release.
    let target = floor.ancestors().nth(2).unwrap_or(Path::new("target"));
    let mut subjects = Subjects {
        binaries,
        floor: Function::binary(&floor),
        python: None,
        node: None,
    };
    if options.peers {
        subjects.python = Some(peers::python(target)?);
        subjects.node = Some(peers::node(target)?);
    }

    let run = Run::begin(target.join("bench"))?;
    let rows = subjects.measure(&run);
    print!("{}", table(&rows));
    if let Some(file) = &options.json {
        write(file, &rows)?;
    }
    Ok(rows.iter().all(|row| row.met != Some(false)))
}

fn write(file: &Path, rows: &[Row]) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let report = json!({
        "machine": {
            "os": std::env::consts::OS,
            "architecture": std::env::consts::ARCH,
            "cores": cores,
        },
        "rows": rows,
    });
    std::fs::write(file, format!("{report:#}\n"))
        .map_err(cannot(format_args!("write {}", file.display())))
}
