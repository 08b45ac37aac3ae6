pub fn run(_: &crate::cli::Redrive) -> crate::error::Result<std::process::ExitCode> {
    Ok(std::process::ExitCode::SUCCESS)
}
