//! What a user may have meant by a name that is not known: the nearest of those that are.

use std::io;
use std::path::Path;

/// A name of that many letters may be the start of a longer one.
const LEAST_START: usize = 3;

/// The known name that `name` is most like, whatever the case of its letters: at most one letter in three is wrong, missing, added or
/// exchanged with its neighbour, or `name` is its start. None where nothing is that near.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    nearest_by(name, known, distance)
}

/// `did you mean "drtp"? ` for the nearest of the known names, to stand before what else is said; empty where none is near.
pub(crate) fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    question(nearest(name, known))
}

/// The same for a name that was found before.
pub(crate) fn question(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("did you mean \"{}\"? ", nearest.escape_debug()))
}

/// What serde says of a field or a variant that is not known, with the nearest of those that it lists.
pub(crate) fn with_nearest_field(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    match names.next().filter(|_| message.starts_with("unknown ")) {
        Some(name) => message.replacen("`, expected", &format!("`; {}expected", did_you_mean(name, names)), 1),
        None => message.into(),
    }
}

/// The error of a file that could not be opened, with the nearest name in its folder where it is not there.
pub(crate) fn with_nearest_file(path: &Path, error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::NotFound {
        return error;
    }
    match nearest_file(path) {
        Some(near) => io::Error::new(error.kind(), format!("{error}; did you mean \"{near}\"?")),
        None => error,
    }
}

/// The path whose name is nearest to that of `path` among those in its folder.
pub(super) fn nearest_file(path: &Path) -> Option<String> {
    let asked = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?;
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let shown = names.iter().map(String::as_str).filter(|name| !name.starts_with('.'));
    let near = nearest_by(asked, shown, file_distance)?;
    Some(path.with_file_name(near).display().to_string())
}

fn nearest_by<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
    distance: fn(&str, &str) -> Option<usize>,
) -> Option<&'k str> {
    let name = name.trim();
    let measured = |known: &'k str| Some((distance(&name.to_lowercase(), &known.to_lowercase())?, known));
    let near = known.into_iter().filter(|known| *known != name).filter_map(measured);
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// How many letters must change to make `known` of `name`; none if these are too many.
fn distance(name: &str, known: &str) -> Option<usize> {
    let [letters, others] = [name, known].map(|text| text.chars().count());
    if letters >= LEAST_START && known.starts_with(name) {
        return Some(others - letters);
    }
    let changes = strsim::osa_distance(name, known);
    (3 * changes <= letters.max(others)).then_some(changes)
}

/// The same of two file names; an ending that both have makes them no more alike.
fn file_distance(name: &str, known: &str) -> Option<usize> {
    match (name.rsplit_once('.'), known.rsplit_once('.')) {
        (Some((stem, ending)), Some((other, its_ending))) if ending == its_ending => distance(stem, other),
        _ => distance(name, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [&str; 6] = ["bp", "fa", "dfa", "drtp", "local-error", "shallow"];

    #[test]
    fn a_slip_of_the_keyboard_suggests_the_name_that_was_meant() {
        let cases = [
            ("drtpp", "drtp"),
            ("drpt", "drtp"),
            ("DRTPP", "drtp"),
            ("dfaa", "dfa"),
            ("local", "local-error"),
            ("local_error", "local-error"),
            ("localerror", "local-error"),
            ("shalow", "shallow"),
        ];
        cases.iter().for_each(|(name, meant)| assert_eq!(nearest(name, RULES), Some(*meant), "{name}"));
        assert_eq!(did_you_mean("drtpp", RULES), "did you mean \"drtp\"? ");
    }

    #[test]
    fn a_name_that_is_nothing_like_a_known_one_suggests_nothing() {
        for name in ["", "b", "hebb", "lo", "backprop", "xyzzy", "deep-learning"] {
            assert_eq!(nearest(name, RULES), None, "{name}");
            assert_eq!(did_you_mean(name, RULES), "", "{name}");
        }
        assert_eq!(nearest("kind", ["kind", "Kind"]), Some("Kind"), "the name itself is no suggestion");
    }

    #[test]
    fn an_unknown_field_suggests_the_nearest_that_serde_lists_and_other_messages_stay() {
        let message = "unknown field `epoch`, expected one of `data`, `epochs`, `lr`";
        let suggested = "unknown field `epoch`; did you mean \"epochs\"? expected one of `data`, `epochs`, `lr`";
        assert_eq!(with_nearest_field(message), suggested);
        let none = "unknown field `momentum`; expected `data` or `lr`";
        assert_eq!(with_nearest_field("unknown field `momentum`, expected `data` or `lr`"), none);
        let other = "invalid type: string `a`, expected u32";
        assert_eq!(with_nearest_field(other), other);
    }

    #[test]
    fn a_file_suggests_the_nearest_of_its_folder_and_a_common_ending_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.csv", "measurements.csv", "model.olnb", ".secret"] {
            std::fs::write(at(name), "").unwrap();
        }
        let found = |name: &str| nearest_file(&at(name));
        for name in ["mesurements.csv", "Measurements.csv", "measurements.cvs", "measurement.csv"] {
            assert_eq!(found(name), Some(at("measurements.csv").display().to_string()), "{name}");
        }
        for name in ["b.csv", "x.csv", "secret", "none/measurements.csv"] {
            assert_eq!(found(name), None, "{name}");
        }
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let error = with_nearest_file(&at("modle.olnb"), missing());
        assert!(error.to_string().ends_with("model.olnb\"?") && error.kind() == io::ErrorKind::NotFound, "{error}");
        let denied = with_nearest_file(&at("modle.olnb"), io::ErrorKind::PermissionDenied.into());
        assert!(!denied.to_string().contains("did you mean"), "{denied}");
    }
}
