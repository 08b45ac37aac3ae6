//! A graph as SVG. Colors come from the page's style sheet.

use std::fmt::Write;

use super::graph::{Edge, Graph, Node, Place};
use crate::html::escape;

/// Sizes in units of the drawing.
const BOX: (f64, f64) = (172.0, 56.0);
const GAP: (f64, f64) = (84.0, 54.0);
const MARGIN: f64 = 14.0;
/// Room above the first row for the way round.
const ABOVE: f64 = 22.0;
const ARROW: f64 = 7.0;
/// How far lines stand apart that would lie on each other.
const APART: f64 = 9.0;

type Point = (f64, f64);

/// The picture; `is_new` tells which nodes are lit, `description` is read in its place.
pub fn svg(graph: &Graph, is_new: &impl Fn(&Node) -> bool, description: &str) -> String {
    let rows = graph.nodes.iter().map(|node| node.place.1 + 1).max();
    // The same width in every chapter.
    let width = corner((4, 0)).0 - GAP.0 + MARGIN;
    let height = corner((0, rows.unwrap_or(1))).1 - GAP.1 + MARGIN;
    let mut svg = format!(
        "<div class=\"scroll\" data-scroll><svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\">",
        escape(description)
    );
    for edge in &graph.edges {
        svg.push_str(&line(graph, edge, is_new));
    }
    for node in &graph.nodes {
        svg.push_str(&node_box(node, is_new(node)));
    }
    svg.push_str("</svg></div>");
    svg
}

fn corner((column, row): Place) -> Point {
    #[expect(clippy::cast_precision_loss, reason = "a grid of a few cells")]
    let at = |start: f64, cell: usize, step: f64| start + cell as f64 * step;
    (
        at(MARGIN, column, BOX.0 + GAP.0),
        at(MARGIN + ABOVE, row, BOX.1 + GAP.1),
    )
}

fn center(place: Place) -> Point {
    let (x, y) = corner(place);
    (x + BOX.0 / 2.0, y + BOX.1 / 2.0)
}

fn node_box(node: &Node, is_new: bool) -> String {
    let (x, y) = corner(node.place);
    let (middle, _) = center(node.place);
    let mut classes = vec!["node"];
    if node.service.is_empty() {
        classes.push("outside");
    }
    if is_new {
        classes.push("lit");
    }
    if node.on_request {
        classes.push("on-request");
    }
    let radius = if node.service.is_empty() {
        BOX.1 / 2.0
    } else {
        6.0
    };
    let name = match node.service {
        "" => format!(
            "<text class=\"who\" x=\"{middle}\" y=\"{}\">{}</text>",
            y + 33.0,
            escape(&node.name)
        ),
        service => format!(
            "<text class=\"service\" x=\"{middle}\" y=\"{}\">{service}</text><text class=\"name\" x=\"{middle}\" y=\"{}\">{}</text>",
            y + 22.0,
            y + 41.0,
            escape(&node.name)
        ),
    };
    format!(
        "<g class=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>{name}</g>",
        classes.join(" "),
        BOX.0,
        BOX.1
    )
}

fn line(graph: &Graph, edge: &Edge, is_new: &impl Fn(&Node) -> bool) -> String {
    let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
    let mut opposite = graph.edges.iter();
    let has_opposite = opposite.any(|other| (other.from, other.to) == (edge.to, edge.from));
    let (points, label) = way(from.place, to.place, has_opposite, edge.is_side);
    let mut classes = vec!["edge"];
    if is_new(from) || is_new(to) {
        classes.push("lit");
    }
    if edge.is_side {
        classes.push("side");
    }
    let mut svg = format!("<g class=\"{}\"><polyline points=\"", classes.join(" "));
    for (x, y) in &points {
        // Writing to a string never fails.
        let _ = write!(svg, "{x},{y} ");
    }
    svg.push_str("\"/>");
    svg.push_str(&arrow(&points));
    if !edge.label.is_empty() {
        let (x, y, anchor) = label;
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
            escape(&edge.label)
        );
    }
    svg.push_str("</g>");
    svg
}

/// Corners of the line between two cells, and where its label stands.
fn way(
    from: Place,
    to: Place,
    has_opposite: bool,
    is_side: bool,
) -> (Vec<Point>, (f64, f64, &'static str)) {
    let (start, end) = (center(from), center(to));
    let (half_width, half_height) = (BOX.0 / 2.0, BOX.1 / 2.0);
    let distance = from.0.abs_diff(to.0);
    if from.1 == to.1 && is_side && distance > 1 {
        // The way round, above what stands between.
        let top = start.1 - half_height - ABOVE;
        let points = vec![
            (start.0, start.1 - half_height),
            (start.0, top),
            (end.0, top),
            (end.0, end.1 - half_height),
        ];
        let label = (start.0 + half_width + GAP.0 / 2.0, top + 13.0, "middle");
        return (points, label);
    }
    if from.1 == to.1 {
        let side = if to.0 > from.0 { 1.0 } else { -1.0 };
        let y = start.1 - if has_opposite { side * APART } else { 0.0 };
        let points = vec![
            (start.0 + side * half_width, y),
            (end.0 - side * half_width, y),
        ];
        let label = ((points[0].0 + points[1].0) / 2.0, y - 6.0, "middle");
        return (points, label);
    }
    let side = if to.1 > from.1 { 1.0 } else { -1.0 };
    let out = start.1 + side * half_height;
    let into = end.1 - side * half_height;
    if from.0 == to.0 {
        let x = start.0 + if has_opposite { side * APART } else { 0.0 };
        return (
            vec![(x, out), (x, into)],
            (x + 8.0, out + side * GAP.1 / 2.0 + 4.0, "start"),
        );
    }
    // Round the corner, in the gap before the row it leads to.
    let toward = if to.0 > from.0 { 1.0 } else { -1.0 };
    let x = start.0 + toward * half_width / 2.0;
    let between = into - side * GAP.1 / 2.0;
    let points = vec![(x, out), (x, between), (end.0, between), (end.0, into)];
    let label = (f64::midpoint(x, end.0), between - 6.0, "middle");
    (points, label)
}

/// The head at the end of a line.
fn arrow(points: &[Point]) -> String {
    let [.., before, (x, y)] = points else {
        return String::new();
    };
    let (dx, dy) = ((x - before.0).signum(), (y - before.1).signum());
    // `signum` of 0 is 1: one of the two differences is 0 on this grid.
    let (dx, dy) = match (x - before.0).abs() > (y - before.1).abs() {
        true => (dx, 0.0),
        false => (0.0, dy),
    };
    let back = (x - dx * ARROW, y - dy * ARROW);
    let wide = (dy * ARROW * 0.55, dx * ARROW * 0.55);
    format!(
        "<polygon points=\"{x},{y} {},{} {},{}\"/>",
        back.0 + wide.0,
        back.1 + wide.1,
        back.0 - wide.0,
        back.1 - wide.1
    )
}
