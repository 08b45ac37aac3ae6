use std::path::Path;
use std::time::Duration;
use bench::process::Function;
fn main() -> Result<(), bench::error::Failure> {
    let exe = std::env::current_exe().unwrap();
    let dir = exe.parent().unwrap().to_owned();
    let rel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release");
    let logs = Path::new("/tmp/bench-log");
    let webhook = Function::binary(&rel.join("webhook"));
    let floor = Function::binary(&dir.join("bench-floor"));
    println!("{:#?}", bench::warm::measure(&[&webhook, &floor], logs)?);
    let b = Function::binary(&rel.join("broadcaster"));
    println!("{:?}", bench::broadcasts::time(&b, logs, 100, Duration::ZERO, 15)?);
    println!("{:?}", bench::broadcasts::time(&b, logs, 1000, Duration::from_millis(20), 5)?);
    println!("{:?}", bench::broadcasts::pace(&b, logs, 20000, None)?);
    let c = std::sync::Arc::new(bench::certificate::Certificate::make(logs)?);
    println!("{:?}", bench::broadcasts::pace(&b, logs, 20000, Some(c))?);
    println!("{:?}", bench::broadcasts::growth(&b, logs)?);
    Ok(())
}
