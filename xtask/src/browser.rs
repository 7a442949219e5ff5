//! Chromium, in which pages are looked at.

use crate::shell::output;

/// What Chromium is called.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Chromium's name on this machine, or what the variable `CHROMIUM` says. As root on a Debian it is installed if it is not there.
pub fn browser() -> Result<String, String> {
    if let Ok(path) = std::env::var("CHROMIUM") {
        return output(&path, &["--version"]).map(|_| path).map_err(|error| format!("CHROMIUM: {error}"));
    }
    let found = || BROWSERS.into_iter().find(|name| output(name, &["--version"]).is_ok());
    if let Some(name) = found() {
        return Ok(name.into());
    }
    let missing = "pages are looked at in Chromium, which is not there: install chromium or google-chrome";
    if output("id", &["-u"]).is_ok_and(|id| id.trim() == "0") && output("apt-get", &["--version"]).is_ok() {
        eprintln!("-- installing chromium");
        output("apt-get", &["update"])?;
        output("apt-get", &["install", "-y", "--no-install-recommends", "chromium"])?;
    }
    found().map(String::from).ok_or_else(|| missing.into())
}
