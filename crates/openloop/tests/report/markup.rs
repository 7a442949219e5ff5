//! A small, strict reader of the HTML that a report is made of, and the claims that hold for every report.
//!
//! Strict: what a browser would mend, such as an element left open or an attribute without quotes, fails here.

use std::collections::HashSet;

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "br"];

/// An element.
#[derive(Debug)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    /// The index of the element it stands in; none for the outermost.
    pub parent: Option<usize>,
    /// All text in it and below it, as a reader sees it.
    pub text: String,
}

/// A page as its elements, in the order in which they begin.
#[derive(Debug)]
pub struct Page {
    /// The elements.
    pub elements: Vec<Element>,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.0 == name).map(|attribute| &*attribute.1)
    }
}

impl Page {
    /// Reads a page.
    pub fn read(html: &str) -> Page {
        let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a document type");
        let (mut elements, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let style = open.last().is_some_and(|k| elements[*k].name == "style");
            let start = rest.find(if style { "</style>" } else { "<" }).unwrap_or(rest.len());
            let text = if style { rest[..start].to_string() } else { decoded(&rest[..start]) };
            assert!(!open.is_empty() || text.trim().is_empty(), "text outside of the page: {text}");
            open.iter().for_each(|k| elements[*k].text += &text);
            rest = &rest[start..];
            if let Some(end) = rest.strip_prefix("</") {
                let (name, after) = end.split_once('>').expect("an end tag that ends");
                let opened = open.pop().map(|k| &*elements[k].name);
                assert_eq!(
                    opened,
                    Some(name),
                    "closed in order, before {}",
                    after.chars().take(80).collect::<String>()
                );
                rest = after;
            } else if let Some(tag) = rest.strip_prefix('<') {
                let (mut element, after) = start_tag(tag);
                element.parent = open.last().copied();
                if !VOID.contains(&&*element.name) {
                    open.push(elements.len());
                }
                elements.push(element);
                rest = after;
            }
        }
        assert!(open.is_empty(), "left open: {:?}", open.iter().map(|k| &elements[*k].name).collect::<Vec<_>>());
        Page { elements }
    }

    /// The elements of a name, with their indices.
    pub fn named<'p>(&'p self, name: &'p str) -> impl Iterator<Item = (usize, &'p Element)> {
        self.elements.iter().enumerate().filter(move |(_, element)| element.name == name)
    }

    /// The elements that stand in element `k` itself, not deeper.
    pub fn children(&self, k: usize) -> impl Iterator<Item = (usize, &Element)> {
        self.elements.iter().enumerate().filter(move |(_, element)| element.parent == Some(k))
    }

    /// The elements below element `k` at any depth.
    pub fn below(&self, k: usize) -> impl Iterator<Item = (usize, &Element)> {
        let inside = move |at: usize| std::iter::successors(Some(at), |at| self.elements[*at].parent).any(|at| at == k);
        self.elements.iter().enumerate().skip(k + 1).take_while(move |(at, _)| inside(*at))
    }

    /// Whether some element's own text holds these words.
    pub fn says(&self, words: &str) -> bool {
        self.elements.iter().any(|element| element.text.contains(words))
    }
}

/// An element from after its `<`, and what follows its `>`.
fn start_tag(tag: &str) -> (Element, &str) {
    let end = tag.find([' ', '>']).expect("a tag that ends");
    let (name, mut rest) = tag.split_at(end);
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    assert!(!name.is_empty() && name.chars().all(allowed), "no element's name: {name}");
    let mut attributes: Vec<(String, String)> = Vec::new();
    while let Some(after) = rest.strip_prefix(' ') {
        let (name, after) = after.split_once("=\"").expect("an attribute with a quoted value");
        let (value, after) = after.split_once('"').expect("a quote that ends");
        let allowed = |c: char| c.is_ascii_alphabetic() || c.is_ascii_digit() || c == '-';
        assert!(!name.is_empty() && name.chars().all(allowed), "no attribute's name: {name}");
        assert!(attributes.iter().all(|(other, _)| other != name), "{name} twice");
        attributes.push((name.into(), decoded(value)));
        rest = after;
    }
    let rest = rest.strip_prefix('>').expect("nothing else in a tag");
    (Element { name: name.into(), attributes, parent: None, text: String::new() }, rest)
}

/// Text without its entities. Bare special characters are refused.
fn decoded(text: &str) -> String {
    assert!(!text.contains(['<', '>']), "a bare bracket in {text}");
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| text[at..].starts_with(entity));
        assert!(known, "a bare & in {text}");
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Reads a page and checks what must hold for every report.
pub fn checked(html: &str) -> Page {
    let page = Page::read(html);
    for forbidden in ["NaN", "<script", "@import", "http:", "https:"] {
        assert!(!html.contains(forbidden), "\"{forbidden}\" in the page");
    }
    assert_eq!(html.matches("url(").count(), html.matches("\"url(#").count(), "a url that leads out of the page");
    links(&page);
    boxes(&page);
    page.named("svg").for_each(|(k, svg)| picture(&page, k, svg));
    page.named("table").for_each(|(k, _)| table(&page, k));
    assert_eq!((page.named("h1").count(), page.named("main").count()), (1, 1));
    page
}

/// Names are unique, and what refers to a name refers to one that is there; nothing is loaded from elsewhere.
fn links(page: &Page) {
    let mut names = HashSet::new();
    for element in &page.elements {
        assert!(element.attribute("id").is_none_or(|id| names.insert(id)), "twice: {element:?}");
        assert!(element.attribute("src").is_none(), "loads something: {element:?}");
    }
    for element in &page.elements {
        let link = element.attribute("href").map(|link| link.strip_prefix('#').expect("a link within the page"));
        let labels = element.attribute("aria-labelledby").into_iter().flat_map(|names| names.split(' '));
        let fill = element.attribute("fill").and_then(|fill| fill.strip_prefix("url(#")?.strip_suffix(')'));
        let all = link.into_iter().chain(labels).chain(fill);
        assert!(all.into_iter().all(|name| names.contains(name)), "leads nowhere: {element:?}");
    }
}

/// Every table and every chart stands in a box of its own that scrolls.
fn boxes(page: &Page) {
    let charts = page.named("svg").filter(|(_, svg)| svg.attribute("role") == Some("img"));
    for (_, element) in page.named("table").chain(charts) {
        let parent = element.parent.map(|parent| &page.elements[parent]);
        assert!(parent.is_some_and(|parent| parent.attribute("class") == Some("wide")), "in no box: {element:?}");
    }
}

/// A picture has numbers only, and says what it shows unless it is a mere ornament beside a name.
fn picture(page: &Page, k: usize, svg: &Element) {
    for (_, element) in page.below(k).chain([(k, svg)]) {
        let numbers = ["d", "x", "y", "cx", "cy", "r", "viewBox", "stroke-width", "width", "height"];
        for (name, value) in element.attributes.iter().filter(|attribute| numbers.contains(&&*attribute.0)) {
            assert!(!value.is_empty() && !value.contains("inf") && !value.contains('e'), "{name}=\"{value}\"");
        }
    }
    if svg.attribute("aria-hidden") == Some("true") {
        return;
    }
    assert_eq!(svg.attribute("role"), Some("img"));
    let first: Vec<&Element> = page.children(k).map(|child| child.1).take(2).collect();
    assert_eq!([&*first[0].name, &*first[1].name], ["title", "desc"]);
    let labels: Vec<&str> = first.iter().filter_map(|element| element.attribute("id")).collect();
    assert_eq!(svg.attribute("aria-labelledby"), Some(&*labels.join(" ")));
    assert!(first.iter().all(|element| !element.text.is_empty()), "{first:?}");
}

/// A table has a caption, headings that say what they head, and as many cells in each row as there are columns.
fn table(page: &Page, k: usize) {
    let parts: Vec<(usize, &Element)> = page.children(k).collect();
    let names: Vec<&str> = parts.iter().map(|(_, part)| &*part.name).collect();
    assert_eq!(names, ["caption", "thead", "tbody"]);
    assert!(!parts[0].1.text.is_empty());
    for (_, heading) in page.below(k).filter(|(_, element)| element.name == "th") {
        assert!(matches!(heading.attribute("scope"), Some("col" | "colgroup" | "row")), "{heading:?}");
        assert!(!heading.text.trim().is_empty(), "a heading that says nothing");
    }
    let span = |cell: &Element| cell.attribute("colspan").map_or(1, |span| span.parse::<usize>().unwrap());
    let columns = |row: usize| page.children(row).map(|(_, cell)| span(cell)).sum::<usize>();
    let top = page.children(parts[1].0).next().expect("a row of headings").0;
    for (row, _) in page.children(parts[2].0) {
        assert_eq!(columns(row), columns(top), "cells in a row of {}", parts[0].1.text);
    }
    if let Some((second, _)) = page.children(parts[1].0).nth(1) {
        let shared: usize =
            page.children(top).filter(|(_, c)| c.attribute("rowspan").is_none()).map(|(_, c)| span(c)).sum();
        assert_eq!(columns(second), shared, "headings below the shared ones");
    }
}
