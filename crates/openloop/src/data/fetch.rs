//! Downloads data sets. A file gets its name only after its size and SHA-256 were checked and it is safely on the disk,
//! so what stands in the data folder is always whole.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use ureq::Agent;

use super::{CatalogueEntry, DataError, DownloadFile, find};

/// What [`fetch`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were downloaded (or unpacked from what was downloaded).
    pub written: Vec<PathBuf>,
    /// Files that were there already and are what is published.
    pub kept: Vec<PathBuf>,
}

/// A file whose size is not published may be this large.
const LARGEST: u64 = 1 << 30;

/// Called with a file's name, the bytes received so far, and the bytes in all (0 where that is not known).
pub type OnProgress<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// Downloads the files of the data set `name` into `folder/name` and checks each against its SHA-256.
///
/// Files that are there already and whole are kept. Data that ship with Openloop or are generated need no files.
///
/// # Errors
/// If the name is unknown, the download fails, is cut short or is not what is published, the folder cannot be written,
/// or a file of that name with other contents is there (it is left alone).
pub fn fetch(name: &str, folder: &Path) -> Result<Fetched, DataError> {
    fetch_with_progress(name, folder, &mut |_, _, _| ())
}

/// [`fetch`], telling `progress` how far it is.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_with_progress(name: &str, folder: &Path, progress: OnProgress) -> Result<Fetched, DataError> {
    let entry = find(name)?;
    fetch_entry(&agent(), entry, folder, progress)
}

/// What downloads: it takes no address, and follows no redirection, that is not encrypted.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .https_only(true)
        .user_agent(concat!("openloop/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_secs(60)));
    config.build().into()
}

fn fetch_entry(
    agent: &Agent,
    entry: &CatalogueEntry,
    folder: &Path,
    progress: OnProgress,
) -> Result<Fetched, DataError> {
    let folder = folder.join(entry.name);
    let mut fetched = Fetched::default();
    for file in entry.files {
        let single = [(file.name, file.sha256)];
        let wanted = if file.unpacked.is_empty() { &single } else { file.unpacked };
        let mut absent = Vec::new();
        for &(name, sha256) in wanted {
            let path = folder.join(name);
            if is_there(&path, sha256, file.url)? {
                fetched.kept.push(path);
            } else {
                absent.push(name);
            }
        }
        if absent.is_empty() {
            continue;
        }
        fs::create_dir_all(&folder).map_err(|source| DataError::access("create", &folder, source))?;
        let partial = download(agent, file, &folder, progress)?;
        if file.unpacked.is_empty() {
            partial.keep(&folder.join(file.name))?;
        } else {
            unpack(&partial, file, &absent, &folder)?;
        }
        fetched.written.extend(absent.into_iter().map(|name| folder.join(name)));
    }
    Ok(fetched)
}

/// True if the published file is at `path`, false if nothing is.
fn is_there(path: &Path, sha256: &str, url: &str) -> Result<bool, DataError> {
    if !path.exists() {
        return Ok(false);
    }
    let found = hash_file(path).map_err(|source| DataError::access("read", path, source))?;
    if found == sha256 {
        return Ok(true);
    }
    let reason = format!("{} is there already with other contents (SHA-256 {found})", path.display());
    let remedy = "move that file away, then fetch again; or keep it and load it as it is".into();
    Err(DataError::Fetch { url: url.into(), reason, remedy })
}

/// Downloads `file` to a temporary name in `folder` and checks its size and hash.
fn download(agent: &Agent, file: &DownloadFile, folder: &Path, progress: OnProgress) -> Result<PartialFile, DataError> {
    let failed = |reason: String| DataError::Fetch {
        url: file.url.into(),
        reason,
        remedy: format!("try again later, or put {} into {} by hand", file.name, folder.display()),
    };
    let response = agent.get(file.url).call().map_err(|error| failed(error.to_string()))?;
    let mut body = response.into_body().into_reader();
    let mut partial = PartialFile::create(folder, file.name)?;
    let (mut hash, mut done, mut chunk) = (Sha256::new(), 0, vec![0; 1 << 16]);
    // One byte beyond the published size is enough to know that it is another file.
    let limit = if file.bytes == 0 { LARGEST } else { file.bytes };
    while done <= limit {
        let count = body.read(&mut chunk).map_err(|error| failed(error.to_string()))?;
        if count == 0 {
            break;
        }
        hash.update(&chunk[..count]);
        partial.write(&chunk[..count])?;
        done += count as u64;
        progress(file.name, done.min(limit), file.bytes);
    }
    if done > limit || (file.bytes > 0 && done != file.bytes) {
        let found = if done > limit { "more".to_string() } else { format!("only {done}") };
        return Err(failed(format!("expected {limit} bytes, found {found}")));
    }
    let found = hexadecimal(hash);
    if found != file.sha256 {
        return Err(failed(format!("expected SHA-256 {}, found {found}", file.sha256)));
    }
    Ok(partial)
}

/// Takes the files `wanted` out of the checked archive `archive`.
fn unpack(archive: &PartialFile, file: &DownloadFile, wanted: &[&str], folder: &Path) -> Result<(), DataError> {
    let damaged = |source: io::Error| DataError::access("unpack", &archive.path, source);
    let packed = fs::File::open(&archive.path).map_err(damaged)?;
    let mut tar = tar::Archive::new(GzDecoder::new(packed));
    let mut left = wanted.to_vec();
    for member in tar.entries().map_err(damaged)? {
        let mut member = member.map_err(damaged)?;
        let path = member.path().map_err(damaged)?.into_owned();
        // Only the last part of a member's path is used, and only if it is one of the names wanted: nothing can be
        // written outside the folder.
        let Some(at) = left.iter().position(|name| path.file_name() == Some(name.as_ref())) else { continue };
        let name = left.swap_remove(at);
        let mut partial = PartialFile::create(folder, name)?;
        let mut chunk = vec![0; 1 << 16];
        loop {
            match member.read(&mut chunk).map_err(damaged)? {
                0 => break,
                count => partial.write(&chunk[..count])?,
            }
        }
        partial.keep(&folder.join(name))?;
    }
    match left.first() {
        None => Ok(()),
        Some(name) => Err(DataError::Fetch {
            url: file.url.into(),
            reason: format!("the archive holds no {name}"),
            remedy: "unpack it by hand".into(),
        }),
    }
}

/// A file under a temporary name, which is removed unless it is kept.
struct PartialFile {
    path: PathBuf,
    file: fs::File,
}

impl PartialFile {
    fn create(folder: &Path, name: &str) -> Result<Self, DataError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".{name}.{}-{number}.part", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(PartialFile { path, file }),
                // what an earlier process of this number left
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(DataError::access("create", &path, source)),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file.write_all(bytes).map_err(|source| DataError::access("write", &self.path, source))
    }

    /// Brings the bytes to the disk, then gives the file its name.
    fn keep(self, target: &Path) -> Result<(), DataError> {
        let sync_folder = || match target.parent() {
            // Only Unix lets a folder be opened and synchronised.
            Some(folder) if cfg!(unix) => fs::File::open(folder)?.sync_all(),
            _ => Ok(()),
        };
        let outcome = self.file.sync_all().and_then(|()| fs::rename(&self.path, target)).and_then(|()| sync_folder());
        outcome.map_err(|source| DataError::access("write", target, source))
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove, and a failure here would hide a more important one.
        let _ = fs::remove_file(&self.path);
    }
}

fn hash_file(path: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut chunk) = (fs::File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hexadecimal(hash)),
            count => hash.update(&chunk[..count]),
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;
    use std::net::TcpListener;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::tempdir;

    use super::super::catalogue;
    use super::*;

    /// Serves `contents` at an address of this machine, `times` times, announcing `announced` bytes. As some servers do
    /// with files that are gzip, it calls the gzip a mere encoding: the file must be taken as it is, packed.
    fn serve(contents: Vec<u8>, announced: usize, times: usize) -> &'static str {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().take(times) {
                let mut stream = stream.expect("a connection");
                let mut line = String::new();
                let mut request = io::BufReader::new(stream.try_clone().expect("a second handle"));
                while request.read_line(&mut line).is_ok_and(|count| count > 2) {
                    line.clear();
                }
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\nContent-Encoding: gzip\r\n\r\n");
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&contents)).expect("a listener");
            }
        });
        Box::leak(format!("http://{address}/file").into_boxed_str())
    }

    fn hash(bytes: &[u8]) -> &'static str {
        Box::leak(hexadecimal(Sha256::new_with_prefix(bytes)).into_boxed_str())
    }

    fn entry(file: DownloadFile) -> CatalogueEntry {
        let files = Box::leak(Box::new([file]));
        CatalogueEntry { name: "set", description: "", shape: "", rows: "", licence: "", source: "", files }
    }

    fn fetch_quietly(file: DownloadFile, folder: &Path) -> Result<Fetched, DataError> {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        fetch_entry(&agent, &entry(file), folder, &mut |_, _, _| ())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn plain(url: &'static str, contents: &[u8]) -> DownloadFile {
        DownloadFile { name: "file", url, bytes: contents.len() as u64, sha256: hash(contents), unpacked: &[] }
    }

    #[test]
    fn a_good_download_gets_its_name_and_a_second_fetch_keeps_it_without_the_network() {
        let folder = tempdir().expect("a folder");
        let contents = vec![7; 200_000];
        let file = plain(serve(contents.clone(), contents.len(), 1), &contents);
        let path = folder.path().join("set/file");
        let fetched = fetch_quietly(file, folder.path()).expect("a download");
        assert_eq!(fetched, Fetched { written: vec![path.clone()], kept: vec![] });
        assert_eq!(fs::read(&path).expect("the file"), contents);
        let fetched = fetch_quietly(file, folder.path()).expect("nothing to do");
        assert_eq!(fetched, Fetched { written: vec![], kept: vec![path] });
        assert_eq!(names(&folder.path().join("set")), ["file"]);
    }

    #[test]
    fn a_download_with_other_contents_leaves_nothing_behind() {
        let folder = tempdir().expect("a folder");
        let good = b"good contents".to_vec();
        for (served, announced, complaint) in [
            (b"evil contents".to_vec(), 13, "expected SHA-256"),
            (b"good contents, and more".to_vec(), 23, "expected 13 bytes, found more"),
            (b"good".to_vec(), 4, "expected 13 bytes, found only 4"),
            (b"good".to_vec(), 13, "cannot fetch"),
        ] {
            let error = fetch_quietly(plain(serve(served, announced, 1), &good), folder.path()).expect_err("an error");
            assert!(error.to_string().contains(complaint), "{error}");
            assert!(names(&folder.path().join("set")).is_empty());
        }
    }

    #[test]
    fn a_file_with_other_contents_that_is_there_already_is_left_alone() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("set/file");
        fs::create_dir(folder.path().join("set")).and_then(|()| fs::write(&path, "mine")).expect("a file");
        let error = fetch_quietly(plain("http://127.0.0.1:9/file", b"good"), folder.path()).expect_err("an error");
        assert!(error.to_string().contains("is there already with other contents"), "{error}");
        assert_eq!(fs::read(&path).expect("the file"), b"mine");
    }

    #[test]
    fn nothing_is_downloaded_that_is_not_encrypted() {
        let files = catalogue().iter().flat_map(|entry| entry.files);
        assert!(files.into_iter().all(|file| file.url.starts_with("https://")));
        let folder = tempdir().expect("a folder");
        let contents = b"good contents";
        let file = plain(serve(contents.to_vec(), contents.len(), 1), contents);
        let error = fetch_entry(&agent(), &entry(file), folder.path(), &mut |_, _, _| ()).expect_err("an error");
        assert!(error.to_string().contains("https"), "{error}");
        assert!(names(&folder.path().join("set")).is_empty());
    }

    #[test]
    fn a_server_that_is_not_there_is_an_error_that_says_what_to_do() {
        let folder = tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let url: &'static str = Box::leak(format!("http://{address}/file").into_boxed_str());
        let error = fetch_quietly(plain(url, b"good"), folder.path()).expect_err("an error").to_string();
        assert!(error.contains(url) && error.contains("by hand"), "{error}");
    }

    #[test]
    fn an_archive_is_unpacked_and_not_kept_and_only_what_is_absent_is_written() {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, contents) in [("folder/a.bin", "first"), ("folder/readme.html", "text"), ("folder/b.bin", "second")]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(contents.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, contents.as_bytes()).expect("memory");
        }
        let archive = tar.into_inner().and_then(GzEncoder::finish).expect("memory");
        let unpacked = Box::leak(Box::new([("a.bin", hash(b"first")), ("b.bin", hash(b"second"))]));
        let url = serve(archive.clone(), archive.len(), 2);
        let file = DownloadFile { name: "archive.tar.gz", unpacked, ..plain(url, &archive) };

        let folder = tempdir().expect("a folder");
        let set = folder.path().join("set");
        let fetched = fetch_quietly(file, folder.path()).expect("a download");
        assert_eq!(fetched.written, [set.join("a.bin"), set.join("b.bin")]);
        assert_eq!(names(&set), ["a.bin", "b.bin"]);
        fs::remove_file(set.join("b.bin")).expect("a file");
        let fetched = fetch_quietly(file, folder.path()).expect("a download");
        assert_eq!(fetched, Fetched { written: vec![set.join("b.bin")], kept: vec![set.join("a.bin")] });
        assert_eq!(fs::read(set.join("b.bin")).expect("the file"), b"second");
    }

    #[test]
    fn data_that_ship_or_are_generated_need_no_files_and_unknown_names_are_refused() {
        let folder = tempdir().expect("a folder");
        assert_eq!(fetch("digits", folder.path()).expect("nothing to do"), Fetched::default());
        assert!(fetch("nothing", folder.path()).expect_err("an error").is_wrong_request());
        assert!(names(folder.path()).is_empty());
    }
}
