//! Streams over MQTT against a real Mosquitto on this machine.

use crate::shell::{Step, output};

/// Runs the tests that need a broker. As root on a Debian it is installed if it is not there.
pub fn run() -> Result<(), String> {
    let is_there = |name: &str| output("sh", &["-c", &format!("command -v {name}")]).is_ok();
    let all = || ["mosquitto", "mosquitto_pub", "openssl"].into_iter().all(is_there);
    if !all() && output("id", &["-u"]).is_ok_and(|id| id.trim() == "0") && is_there("apt-get") {
        eprintln!("-- installing mosquitto");
        output("apt-get", &["update"])?;
        let packages = ["mosquitto", "mosquitto-clients", "openssl"];
        output("apt-get", &[&["install", "-y", "--no-install-recommends"][..], &packages].concat())?;
    }
    if !all() {
        return Err("streams over MQTT are tested with mosquitto, mosquitto_pub and openssl: install them".into());
    }
    // of the whole workspace, so that its tests find these builds again
    Step::cargo("streams over MQTT", "test --workspace --test mqtt -- --include-ignored").run()
}
