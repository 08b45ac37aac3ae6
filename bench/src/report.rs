//! The table, and the same as JSON.

use serde::Serialize;

/// One line of the table.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// What it should be, in words.
    pub goal: String,
    /// The figure of the function in Rust; nothing if it could not be measured.
    pub measured: Option<f64>,
    /// The same for Python.
    pub python: Option<f64>,
    /// The same for Node.
    pub node: Option<f64>,
    /// What the figures are in.
    pub unit: &'static str,
    /// Whether the goal is met; nothing if there is none, or if it is about
    /// peers and they are not there.
    pub met: Option<bool>,
    /// Why there is no figure, or what to know about it.
    pub note: Option<String>,
}

impl Row {
    /// A figure without a goal.
    pub fn of(
        what: impl Into<String>,
        measured: impl Into<Option<f64>>,
        unit: &'static str,
    ) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            unit,
            ..Self::default()
        }
    }

    /// With what the others take for it.
    #[must_use]
    pub fn beside(mut self, python: Option<f64>, node: Option<f64>) -> Self {
        self.python = python;
        self.node = node;
        self
    }

    /// With a most that it may be.
    #[must_use]
    pub fn at_most(mut self, goal: f64) -> Self {
        self.goal = format!("at most {}", figure(goal, self.unit));
        self.met = self.measured.map(|measured| measured <= goal);
        self
    }

    /// With a least that it must be.
    #[must_use]
    pub fn at_least(mut self, goal: f64) -> Self {
        self.goal = format!("at least {}", figure(goal, self.unit));
        self.met = self.measured.map(|measured| measured >= goal);
        self
    }

    /// With how many times the figure of Rust those of the others must be.
    #[must_use]
    pub fn times(mut self, python: f64, node: Option<f64>) -> Self {
        let goals = [
            ("Python", Some(python), self.python),
            ("Node", node, self.node),
        ];
        let wanted = goals
            .into_iter()
            .filter_map(|(who, goal, theirs)| Some((who, goal?, theirs)));
        let words: Vec<String> = wanted
            .clone()
            .map(|(who, goal, _)| format!("{who} {goal}x"))
            .collect();
        self.goal = words.join(", ");
        let ratios: Option<Vec<bool>> = wanted
            .map(|(_, goal, theirs)| Some(ratio(self.measured, theirs)? >= goal))
            .collect();
        self.met = ratios.map(|met| met.into_iter().all(|met| met));
        if self.met.is_none() && self.measured.is_some() {
            self.note = Some("a ratio: needs --peers".to_owned());
        }
        self
    }

    /// With words beside it.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// A row for what could not be measured.
    pub fn failed(what: impl Into<String>, why: &impl ToString) -> Self {
        Self {
            what: what.into(),
            met: Some(false),
            note: Some(why.to_string()),
            ..Self::default()
        }
    }

    fn cells(&self) -> [String; 6] {
        let beside = |theirs: Option<f64>| match (theirs, ratio(self.measured, theirs)) {
            (Some(theirs), Some(ratio)) => format!("{} ({ratio:.1}x)", figure(theirs, self.unit)),
            _ => String::new(),
        };
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "",
        };
        [
            self.what.clone(),
            self.goal.clone(),
            self.measured
                .map_or("-".to_owned(), |measured| figure(measured, self.unit)),
            beside(self.python),
            beside(self.node),
            met.to_owned(),
        ]
    }
}

fn ratio(ours: Option<f64>, theirs: Option<f64>) -> Option<f64> {
    Some(theirs? / ours?)
}

/// A figure with as many places as mean something.
fn figure(figure: f64, unit: &str) -> String {
    let text = match figure.abs() {
        0.0 => "0".to_owned(),
        small if small < 10.0 => format!("{figure:.2}"),
        middle if middle < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    };
    // A goal of 5 is no more exact than that.
    let text = match text.split_once('.') {
        Some((whole, places)) if places.bytes().all(|place| place == b'0') => whole.to_owned(),
        _ => text,
    };
    match unit {
        "" => text,
        "x" => format!("{text}x"),
        _ => format!("{text} {unit}"),
    }
}

/// The rows as a table, for people.
pub fn table(rows: &[Row]) -> String {
    let head = ["what", "goal", "Rust", "Python", "Node", ""].map(str::to_owned);
    let cells: Vec<[String; 6]> = [head]
        .into_iter()
        .chain(rows.iter().map(Row::cells))
        .collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        cells
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    });
    let notes = [None]
        .into_iter()
        .chain(rows.iter().map(|row| row.note.as_ref()));
    let mut table = String::new();
    for (row, note) in cells.iter().zip(notes) {
        let line: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        table.push_str(line.join("  ").trim_end());
        table.push('\n');
        if let Some(note) = note {
            table.push_str(&format!("    {note}\n"));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_is_met_and_what_is_not() {
        let rows = [
            Row::of("start to first poll", 5.6, "ms")
                .beside(Some(157.0), Some(104.0))
                .times(25.0, Some(15.0)),
            Row::of("processor time for one webhook", 0.25, "ms")
                .beside(Some(1.2), None)
                .times(6.0, None),
            Row::of("without peers", 1.0, "ms").times(4.0, Some(4.0)),
            Row::of("binary", 9.8, "MB").at_most(5.0),
            Row::of("posts per second", 10_500.0, "/s").at_least(10_000.0),
            Row::of("lost", 0.0, "").at_most(0.0),
            Row::of("first event", 7.125, "ms").noting("no goal"),
            Row::failed("load", &"the stack did not start"),
        ];
        insta::assert_snapshot!(table(&rows));
    }

    #[test]
    fn a_missing_figure_meets_no_goal_and_misses_none() {
        assert_eq!(Row::of("memory", None, "MB").at_most(5.0).met, None);
    }
}
