//! Folders of images: each subfolder is a class, each PNG or JPEG file in it a sample.

use super::super::DataError;
use super::array::Values;
use super::find::IMAGE_ENDINGS;
use super::part::Part;
use super::targets::SampleLabels;
use super::unusable;
use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};
use openloop_core::Shape;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The side of images that have different sizes, unless a shape is asked for.
const SIDE: usize = 32;
/// More pixels than any image that is worth learning from; a file that claims more would fill the memory.
const MAX_SIDE: u32 = 1 << 14;

/// The images of a folder, and what has to be said of them. Subfolders are classes; without any, or for one image, there are no labels.
/// All images get one shape: `shape`, else their own where all have the same, else 32 x 32; colours are kept if any has them.
///
/// # Errors
/// A folder without images, with images beside subfolders; a file that does not decode.
pub fn read(path: &Path, shape: Option<Shape>) -> Result<(Part, Vec<String>), DataError> {
    let Found { files, others, are_classes } = find(path)?;
    if files.is_empty() {
        return Err(unusable(
            path,
            "PNG or JPEG images in a subfolder for each class",
            "none",
            "name the folder above the classes",
        ));
    }
    let images = files.iter().map(|(_, file)| decoded(file)).collect::<Result<Vec<_>, _>>()?;
    let (shape, mut notes) = common_shape(&images, shape, path)?;
    if others > 0 {
        notes.push(format!("{others} other files left out"));
    }
    let pixels = images.into_iter().flat_map(|image| pixels(image, shape)).collect();
    let name = |file: &Path| file.strip_prefix(path).unwrap_or(file).display().to_string();
    let names = files.iter().map(|(_, file)| name(file)).collect();
    let classes = files.iter().map(|(class, _)| class.as_str());
    let labels = are_classes.then(|| SampleLabels::of_names(classes, path.to_path_buf()));
    Ok((Part { values: Values::Bytes(pixels), shape, names, labels, file: path.to_path_buf() }, notes))
}

/// The files of a folder.
struct Found {
    /// Class and path of each image, in their order.
    files: Vec<(String, PathBuf)>,
    /// Files that are no images.
    others: usize,
    /// Whether the images are in subfolders.
    are_classes: bool,
}

fn find(path: &Path) -> Result<Found, DataError> {
    if path.is_file() {
        return Ok(Found { files: vec![(String::new(), path.to_path_buf())], others: 0, are_classes: false });
    }
    let (own, mut others) = images_in(path)?;
    let mut classes = BTreeMap::new();
    for folder in entries(path)?.into_iter().filter(|entry| entry.is_dir()) {
        let (files, left) = images_in(&folder)?;
        others += left;
        let class = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !files.is_empty() {
            classes.insert(class, files);
        }
    }
    if !classes.is_empty() && !own.is_empty() {
        let found = format!("{} images beside {} subfolders", own.len(), classes.len());
        return Err(unusable(path, "images in a subfolder for each class", found, "move the images into a class"));
    }
    let are_classes = !classes.is_empty();
    let of_classes =
        classes.into_iter().flat_map(|(class, files)| files.into_iter().map(move |file| (class.clone(), file)));
    let files = of_classes.chain(own.into_iter().map(|file| (String::new(), file))).collect();
    Ok(Found { files, others, are_classes })
}

/// The images directly in a folder, and how many files there are beside them.
fn images_in(folder: &Path) -> Result<(Vec<PathBuf>, usize), DataError> {
    let is_image = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        ending.is_some_and(|ending| IMAGE_ENDINGS.contains(&ending.as_str()))
    };
    let files: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_file()).collect();
    let (images, others): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_image);
    Ok((images, others.len()))
}

/// What is in a folder, but for hidden files, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |error| DataError::access("read", folder, error);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

/// An image; its format is told from its contents.
fn decoded(file: &Path) -> Result<DynamicImage, DataError> {
    let reader = ImageReader::open(file).and_then(ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|error| DataError::access("read", file, error))?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    reader.limits(limits);
    reader.decode().map_err(|error| {
        unusable(file, "a PNG or JPEG image", error.to_string(), "save it again, or take it out of the folder")
    })
}

/// One shape for all images.
fn common_shape(images: &[DynamicImage], asked: Option<Shape>, path: &Path) -> Result<(Shape, Vec<String>), DataError> {
    let channels = if images.iter().any(|image| image.color().has_color()) { 3 } else { 1 };
    let size = |image: &DynamicImage| (image.height() as usize, image.width() as usize);
    let first = images.first().map_or((SIDE, SIDE), size);
    let are_alike = images.iter().all(|image| size(image) == first);
    let shape = match asked {
        Some(shape) if ![1, 3].contains(&shape.channels) => {
            let problem = format!("{}: images with {} channels", path.display(), shape.channels);
            return Err(DataError::Request { problem, remedy: "ask for 1 channel, grey, or 3, colours".into() });
        }
        Some(shape) => shape,
        None if are_alike => Shape { channels, height: first.0, width: first.1 },
        None => Shape { channels, height: SIDE, width: SIDE },
    };
    let resized = images.iter().filter(|image| size(image) != (shape.height, shape.width)).count();
    let mut notes = Vec::new();
    if resized > 0 {
        let (height, width, all) = (shape.height, shape.width, images.len());
        let other = if asked.is_none() { "; --shape takes another size" } else { "" };
        notes.push(format!("{resized} of {all} images resized to {height}x{width}{other}"));
    }
    if channels == 3 && shape.channels == 1 {
        notes.push("colours made grey".into());
    }
    Ok((shape, notes))
}

/// The pixels of an image in a shape, channels first.
fn pixels(image: DynamicImage, shape: Shape) -> Vec<u8> {
    let Shape { channels, height, width } = shape;
    let is_so_large = (image.height() as usize, image.width() as usize) == (height, width);
    let image = if is_so_large { image } else { image.resize_exact(width as u32, height as u32, FilterType::Triangle) };
    match channels {
        1 => image.into_luma8().into_raw(),
        _ => {
            let pixels = image.into_rgb8().into_raw();
            (0..3).flat_map(|channel| pixels.iter().skip(channel).step_by(3).copied().collect::<Vec<u8>>()).collect()
        }
    }
}
