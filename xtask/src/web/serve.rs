//! A file server for one folder, on this machine only.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

/// More of a request's first line than this is not read.
const LONGEST_LINE: u64 = 8192;

/// Serves the folder until the program is stopped.
pub fn run(folder: &Path, port: u16) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .map_err(|error| format!("port {port} of this machine cannot be used: {error}; take another with --port N"))?;
    println!("open http://127.0.0.1:{port}/ in a browser; Ctrl-C ends it");
    for connection in listener.incoming() {
        match connection {
            Ok(connection) => {
                let folder = folder.to_path_buf();
                // a browser that goes away is no reason to stop
                thread::spawn(move || answer(&folder, connection).unwrap_or_else(|error| eprintln!("-- {error}")));
            }
            Err(error) => eprintln!("-- {error}"),
        }
    }
    Ok(())
}

/// One request, one answer.
fn answer(folder: &Path, connection: TcpStream) -> std::io::Result<()> {
    use std::io::Read;
    let mut request = BufReader::new((&connection).take(LONGEST_LINE));
    let mut line = String::new();
    request.read_line(&mut line)?;
    let (status, kind, body) = match file_of(folder, &line).map(|path| (fs::read(&path), kind_of(&path))) {
        Some((Ok(body), kind)) => ("200 OK", kind, body),
        _ => ("404 Not Found", "text/plain; charset=utf-8", b"there is no such file".to_vec()),
    };
    // what follows the first line is read to its end, so that closing does not cut the answer off
    for line in request.lines() {
        if line?.is_empty() {
            break;
        }
    }
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut connection = connection;
    connection.write_all(head.as_bytes())?;
    connection.write_all(&body)
}

/// The file that a request's first line asks for; none outside of the folder.
fn file_of(folder: &Path, line: &str) -> Option<PathBuf> {
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let path = path.split(['?', '#']).next()?.strip_prefix('/')?;
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let path = if path.is_empty() { "index.html" } else { path };
    (method == "GET" && inside).then(|| folder.join(path))
}

/// What browsers are told a file is.
fn kind_of(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_a_file_of_the_folder_and_nothing_outside() {
        let file = |line: &str| file_of(Path::new("page"), line);
        assert_eq!(file("GET / HTTP/1.1\r\n"), Some("page/index.html".into()));
        assert_eq!(file("GET /main.js?v=1 HTTP/1.1\r\n"), Some("page/main.js".into()));
        for bad in ["GET /../secret HTTP/1.1", "GET //etc/passwd HTTP/1.1", "POST / HTTP/1.1", "GET", ""] {
            assert_eq!(file(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_program_of_webassembly_is_called_one() {
        assert_eq!(
            (kind_of(Path::new("a.wasm")), kind_of(Path::new("a.bin"))),
            ("application/wasm", "application/octet-stream")
        );
    }
}
