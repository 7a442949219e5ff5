//! What is wrong with a request is said before anything is connected.

use crate::broker::warmed_up;
use crate::common::{Folder, run};

#[test]
fn settings_that_no_broker_takes_end_with_code_2_and_a_line() {
    let folder = Folder::new();
    let (model, ..) = warmed_up(&folder);
    let text = folder.write("text.pem", "no certificate");
    let ends = |address: &str, settings: &str, words: &[&str]| {
        let file = folder.write("mqtt.toml", settings);
        run(&["stream", "--data", address, "--model", &model, "--mqtt", &file]).refused(2, words);
    };
    ends("mqtt://localhost/t", "client-id = \"\"", &["client-id", "empty"]);
    ends("mqtt://localhost/t", "labels = \"a/#\"", &["labels", "single one"]);
    ends("mqtt://localhost/t", "predictions = \"\"", &["predictions", "empty"]);
    ends("mqtt://localhost/t", "predictions = \"t\"", &["different topics"]);
    ends("mqtt://localhost/t", "username = \"me\"", &["belong together"]);
    ends("mqtt://localhost/t", "password = \"geheim\"", &["belong together"]);
    ends("mqtt://localhost/t", "ca = \"text.pem\"", &["mqtts://"]);
    ends("mqtts://localhost/t", "ca = \"absent.pem\"", &["absent.pem"]);
    ends("mqtts://localhost/t", "ca = \"text.pem\"", &[&text, "no certificate"]);
    ends("mqtts://localhost/t", "ca = \"text.pem\"\nkey = \"text.pem\"", &["belong together"]);
    for (address, word) in [
        ("mqtt://localhost/", "no topic"),
        ("mqtt://localhost/a/+/b", "single one"),
        ("mqtt://localhost:0/t", "port"),
        ("mqtt://localhost:99999/t", "port"),
        ("mqtt://:1883/t", "no broker"),
    ] {
        ends(address, "", &[word]);
    }
}
