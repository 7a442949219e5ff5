//! A report as a reader sees it: made by the program, drawn by a real browser, light, dark and on paper.

use crate::browser::browser;
use crate::shell::{fresh_folder, output, target};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The pages' colours in the style sheet, as a picture holds them.
const LIGHT: [u8; 3] = [0xff, 0xff, 0xff];
const DARK: [u8; 3] = [0x1c, 0x20, 0x26];
/// Chromium's preference for a dark page; `--force-prefers-color-scheme` does nothing and `--force-dark-mode` is the
/// desktop's setting.
const PREFER_DARK: &str = "--blink-settings=preferredColorScheme=0";
/// Switches that keep Chromium from everything but drawing the page.
const SWITCHES: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];
/// A comparison with something of everything.
const COMMAND: &str = "compare --rules bp,drtp,local-error --trials 2 --epochs 10 --alignment --report";
/// What a reader must find on the page, by its marks.
const EXPECTED: [&str; 7] = [
    "<h1>bp, drtp, local-error, shallow on digits</h1>",
    "<h3>Learning curves</h3>",
    "<h3>Alignment</h3>",
    "<h3>Cost</h3>",
    "<h3>Settings</h3>",
    "<h2>How it was made</h2>",
    COMMAND,
];

/// Makes a report with the program that was built for release and looks at it.
pub fn run() -> Result<(), String> {
    eprintln!("-- a report in a browser");
    let started = Instant::now();
    let browser = &browser()?;
    let folder = fresh_folder("report")?;
    let page = folder.join("report.html");
    let program = target("")?.join("release/openloop");
    let words: Vec<&str> = COMMAND.split(' ').collect();
    output(&program.to_string_lossy(), &[&words[..], &[&page.to_string_lossy()]].concat())?;
    let draw = |extra: &[&str]| draw(browser, &folder, &page, extra);
    holds_what_it_should(&draw(&["--dump-dom"])?)?;
    let picture = |name: &str, background: [u8; 3], extra: &[&str]| {
        let path = folder.join(name);
        draw(&[&[&*format!("--screenshot={}", path.display()), "--window-size=1200,3000"], extra].concat())?;
        shows_something(&path, background)
    };
    picture("light.png", LIGHT, &[])?;
    picture("dark.png", DARK, &[PREFER_DARK])?;
    fits_a_phone(browser, &folder)?;
    let paper = folder.join("report.pdf");
    draw(&["--no-pdf-header-footer", PREFER_DARK, &format!("--print-to-pdf={}", paper.display())])?;
    has_pages(&paper)?;
    eprintln!("-- a report in a browser: {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Lets the browser draw the page, for a minute at most and as if for the first time.
fn draw(browser: &str, folder: &Path, page: &Path, extra: &[&str]) -> Result<String, String> {
    let profile: PathBuf = folder.join("profile");
    let _ = fs::remove_dir_all(&profile);
    let (profile, page) = (format!("--user-data-dir={}", profile.display()), format!("file://{}", page.display()));
    let first = [&["60", browser][..], &SWITCHES, &[&profile], extra, &[&page]].concat();
    output("timeout", &first)
}

fn holds_what_it_should(page: &str) -> Result<(), String> {
    match EXPECTED.iter().find(|words| !page.contains(**words)) {
        Some(words) => Err(format!("the browser's page of the report has no \"{words}\"")),
        None => Ok(()),
    }
}

/// A page that shows the report as wide as a phone, and whose title says whether it fits. No window of Chromium is that narrow.
const PHONE: &str = r#"<!DOCTYPE html><title>unseen</title><iframe src="report.html" width="390" height="844"></iframe><script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.title = page.scrollWidth > page.clientWidth ? `${page.scrollWidth} wide, not ${page.clientWidth}` : "fits";
};
</script>"#;

/// On a phone nothing reaches beyond the page: what is wider scrolls in a box of its own.
fn fits_a_phone(browser: &str, folder: &Path) -> Result<(), String> {
    let phone = folder.join("phone.html");
    fs::write(&phone, PHONE).map_err(|error| format!("{}: {error}", phone.display()))?;
    let shown = draw(browser, folder, &phone, &["--allow-file-access-from-files", "--dump-dom"])?;
    match shown.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()) {
        Some("fits") => Ok(()),
        found => Err(format!("{}: the report on a phone: {}", phone.display(), found.unwrap_or("not shown"))),
    }
}

/// The page's colour is the most frequent one in the picture, and there is much else.
fn shows_something(path: &Path, background: [u8; 3]) -> Result<(), String> {
    let pixels = pixels(path)?;
    let other = pixels.iter().filter(|pixel| **pixel != background).count();
    let share = other as f64 / pixels.len().max(1) as f64;
    match share {
        0.02..0.5 => Ok(()),
        _ => Err(format!("{}: {:.1} % are not of the page's colour, not 2 to 50 %", path.display(), 100.0 * share)),
    }
}

/// A picture's colours.
fn pixels(path: &Path) -> Result<Vec<[u8; 3]>, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = fs::read(path).map_err(|error| wrong(&error))?;
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().map_err(|error| wrong(&error))?;
    let mut buffer = vec![0; reader.output_buffer_size().ok_or_else(|| wrong(&"too large"))?];
    let frame = reader.next_frame(&mut buffer).map_err(|error| wrong(&error))?;
    let samples = match (frame.color_type, frame.bit_depth) {
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
        other => return Err(wrong(&format!("{other:?} is no colour picture"))),
    };
    Ok(buffer[..frame.buffer_size()].chunks_exact(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
}

/// A print has more than one page and not very many.
fn has_pages(path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let pages = pages(&String::from_utf8_lossy(&bytes));
    if (2..=8).contains(&pages) { Ok(()) } else { Err(format!("{}: {pages} pages, not 2 to 8", path.display())) }
}

/// How many objects of a PDF are pages.
fn pages(pdf: &str) -> usize {
    pdf.split("/Type /Page").skip(1).filter(|after| !after.starts_with('s')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_without_their_list() {
        assert_eq!(pages("<</Type /Pages /Count 2>> <</Type /Page\n>> <</Type /Page>>"), 2);
    }

    #[test]
    fn a_page_without_a_heading_is_refused() {
        assert!(holds_what_it_should(&EXPECTED.join(" ")).is_ok());
        assert!(holds_what_it_should(&EXPECTED[1..].join(" ")).unwrap_err().contains("shallow on digits"));
    }
}
