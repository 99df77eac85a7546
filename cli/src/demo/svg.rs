//! A screen as an SVG file: one text element for each run of cells of one style, and the lines of
//! boxes as lines, so that it stays sharp, small, and readable on light and dark pages.

use std::{collections::BTreeMap, fmt::Write as _};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
    text::Span,
};

const CELL_WIDTH: f64 = 8.0;
const CELL_HEIGHT: f64 = 17.0;
const MARGIN: f64 = 14.0;

/// Colours for light pages, then for dark ones.
const STYLE: &str = "
  .page{fill:#fbfaf7;stroke:#d8d4c8} text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#2b2a27;white-space:pre}
  path{fill:none;stroke:#2b2a27} path.g{fill:none;stroke:#2f7d4f} path.y{fill:none;stroke:#a26a00} path.r{fill:none;stroke:#b3322c} path.d{fill:none;stroke:#8a867a}
  .g{fill:#2f7d4f} .y{fill:#a26a00} .r{fill:#b3322c} .c{fill:#1f6f8b} .m{fill:#a03a7a} .d{fill:#8a867a} .b{font-weight:bold} .i{font-style:italic}
  @media(prefers-color-scheme:dark){.page{fill:#1d1f21;stroke:#3a3d40} text{fill:#dedbd2}
  path{stroke:#dedbd2} path.g{stroke:#7cc49a} path.y{stroke:#dcb35c} path.r{stroke:#ee7d75} path.d{stroke:#8d9094}
  .g{fill:#7cc49a} .y{fill:#dcb35c} .r{fill:#ee7d75} .c{fill:#79bfd6} .m{fill:#dc8fc0} .d{fill:#8d9094}}
";

/// Draws the buffer.
pub fn draw(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let width = f64::from(columns) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL_HEIGHT + 2.0 * MARGIN;
    let title = escaped(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n",
        width - 1.0,
        height - 1.0,
    );
    for (row, cells) in buffer
        .content
        .chunks(usize::from(columns.max(1)))
        .enumerate()
    {
        let baseline = MARGIN + row as f64 * CELL_HEIGHT + 13.0;
        for run in runs(cells) {
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{baseline}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}>{}</text>",
                MARGIN + run.column as f64 * CELL_WIDTH,
                run.cells as f64 * CELL_WIDTH,
                run.class,
                escaped(&run.text),
            );
        }
    }
    for (class, lines) in boxes(buffer) {
        let _ = writeln!(svg, "<path{class} d=\"{lines}\"/>");
    }
    svg.push_str("</svg>\n");
    svg
}

/// The lines of boxes, by class: as characters they would not touch each other.
fn boxes(buffer: &Buffer) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::<String, String>::new();
    let columns = usize::from(buffer.area.width.max(1));
    for (at, cell) in buffer.content.iter().enumerate() {
        let left = MARGIN + (at % columns) as f64 * CELL_WIDTH;
        let top = MARGIN + (at / columns) as f64 * CELL_HEIGHT;
        let (right, bottom) = (left + CELL_WIDTH, top + CELL_HEIGHT);
        let (x, y) = (left + CELL_WIDTH / 2.0, top + CELL_HEIGHT / 2.0);
        let line = match cell.symbol() {
            "─" | "━" => format!("M{left} {y}H{right}"),
            "│" => format!("M{x} {top}V{bottom}"),
            "╭" => format!("M{x} {bottom}Q{x} {y} {right} {y}"),
            "╮" => format!("M{left} {y}Q{x} {y} {x} {bottom}"),
            "╰" => format!("M{x} {top}Q{x} {y} {right} {y}"),
            "╯" => format!("M{left} {y}Q{x} {y} {x} {top}"),
            _ => continue,
        };
        let thick = if cell.symbol() == "━" {
            " stroke-width=\"3\""
        } else {
            ""
        };
        *paths.entry(class(cell) + thick).or_default() += &line;
    }
    paths
}

fn is_box(symbol: &str) -> bool {
    matches!(symbol, "─" | "━" | "│" | "╭" | "╮" | "╰" | "╯")
}

struct Run {
    column: usize,
    cells: usize,
    class: String,
    text: String,
}

/// Neighbouring cells of one style, without the blanks around them. A wide character fills two
/// cells, of which the second is blank.
fn runs(cells: &[Cell]) -> Vec<Run> {
    let mut runs = Vec::<Run>::new();
    let mut end = 0;
    for (column, cell) in cells.iter().enumerate() {
        if column < end || cell.symbol().trim().is_empty() || is_box(cell.symbol()) {
            continue;
        }
        let cells = Span::raw(cell.symbol()).width().max(1);
        let class = class(cell);
        match runs.last_mut() {
            // A single space between words does not end a run, a gap does.
            Some(run) if run.class == class && column <= end + 1 => {
                run.text.extend((end < column).then_some(' '));
                run.text.push_str(cell.symbol());
                run.cells = column + cells - run.column;
            }
            Some(_) | None => runs.push(Run {
                column,
                cells,
                class,
                text: cell.symbol().to_owned(),
            }),
        }
        end = column + cells;
    }
    runs
}

fn class(cell: &Cell) -> String {
    let mut names = Vec::new();
    if cell.modifier.contains(Modifier::DIM) {
        names.push("d");
    }
    names.extend(match cell.fg {
        Color::Green => Some("g"),
        Color::Yellow => Some("y"),
        Color::Red => Some("r"),
        Color::Cyan => Some("c"),
        Color::Magenta => Some("m"),
        _ => None,
    });
    if cell.modifier.contains(Modifier::BOLD) {
        names.push("b");
    }
    if cell.modifier.contains(Modifier::ITALIC) {
        names.push("i");
    }
    if names.is_empty() {
        return String::new();
    }
    format!(" class=\"{}\"", names.join(" "))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    #[test]
    fn words_of_one_style_are_one_element_and_markup_in_them_is_text() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 2));
        buffer.set_string(1, 0, "a <b> & c", Style::new());
        buffer.set_string(20, 0, "green", Style::from(Color::Green));
        let svg = draw(&buffer, "two & three");
        assert!(svg.contains(">a &lt;b&gt; &amp; c</text>"), "{svg}");
        assert!(svg.contains("class=\"g\">green</text>"), "{svg}");
        assert_eq!(svg.matches("<text ").count(), 2);
        assert!(svg.contains("two &amp; three"));
    }

    #[test]
    fn boxes_are_lines_and_no_text() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.set_string(0, 0, "╭─a", Style::from(Color::Red));
        let svg = draw(&buffer, "a box");
        assert!(svg.contains("<path class=\"r\" d=\"M"), "{svg}");
        assert!(svg.contains(">a</text>") && !svg.contains('╭'), "{svg}");
    }

    #[test]
    fn a_wide_character_keeps_what_follows_in_its_column() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        buffer.set_string(0, 0, "好a", Style::new());
        let runs = runs(&buffer.content);
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].text.as_str(), runs[0].cells), ("好a", 3));
    }
}
