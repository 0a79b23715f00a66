//! Which regions of the Tokens screen there is room for, and where.

use ratatui::layout::{Constraint, Layout, Rect};

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    /// The shelf.
    List,
    /// What was checked, and with what result.
    Checks,
    /// What the token says.
    #[default]
    Claims,
    /// What the selected claim means.
    Meaning,
    /// The token itself.
    Raw,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One region at a time.
    #[default]
    Single,
    /// Shelf and checks above, claims below; meaning and raw text take the place of something when asked for.
    Small,
    /// Everything, in two columns.
    Medium,
    /// Everything, in three columns.
    Large,
}

impl Form {
    /// What fits into an area.
    pub const fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (160.., 40..) => Self::Large,
            (110.., 30..) => Self::Medium,
            (80.., 20..) => Self::Small,
            _ => Self::Single,
        }
    }
}

/// What decides where regions are.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Which region has the focus.
    pub focus: Region,
    /// Whether it has the screen for itself.
    pub zoomed: bool,
    /// Whether the meaning was asked for, where it has no place of its own.
    pub meaning: bool,
    /// The same for the raw text.
    pub raw: bool,
    /// How many tokens there are.
    pub tokens: usize,
}

/// The regions that Tab goes through, in its order.
pub fn regions(form: Form, wanted: Wanted) -> Vec<Region> {
    use Region::{Checks, Claims, List, Meaning, Raw};
    match (form, wanted.meaning, wanted.raw) {
        (Form::Single | Form::Medium | Form::Large, _, _) => vec![List, Checks, Claims, Meaning, Raw],
        (Form::Small, true, false) => vec![Meaning, Claims],
        (Form::Small, true, true) => vec![Meaning, Raw],
        (Form::Small, false, false) => vec![List, Checks, Claims],
        (Form::Small, false, true) => vec![List, Checks, Raw],
    }
}

/// Where each region that is shown stands.
pub fn places(area: Rect, form: Form, wanted: Wanted) -> Vec<(Region, Rect)> {
    if wanted.zoomed || form == Form::Single {
        return vec![(wanted.focus, area)];
    }
    match form {
        Form::Single | Form::Small => small(area, wanted),
        Form::Medium => medium(area, wanted),
        Form::Large => large(area, wanted),
    }
}

fn small(area: Rect, wanted: Wanted) -> Vec<(Region, Rect)> {
    let share = if wanted.meaning { area.height / 2 } else { area.height * 2 / 5 };
    let [upper, lower] =
        Layout::vertical([Constraint::Length(share.clamp(8, 14)), Constraint::Min(0)]).areas(area);
    let below = if wanted.raw { Region::Raw } else { Region::Claims };
    if wanted.meaning {
        return vec![(Region::Meaning, upper), (below, lower)];
    }
    let list = (area.width * 2 / 5).min(42);
    let [left, right] = Layout::horizontal([Constraint::Length(list), Constraint::Min(0)]).areas(upper);
    vec![(Region::List, left), (Region::Checks, right), (below, lower)]
}

fn medium(area: Rect, wanted: Wanted) -> Vec<(Region, Rect)> {
    let [left, right] =
        Layout::horizontal([Constraint::Length((area.width * 7 / 20).min(42)), Constraint::Min(0)])
            .areas(area);
    let [list, checks, raw] = Layout::vertical([
        Constraint::Length(list_height(wanted.tokens)),
        Constraint::Min(0),
        Constraint::Length(area.height / 4),
    ])
    .areas(left);
    let [claims, meaning] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(area.height / 3)]).areas(right);
    vec![
        (Region::List, list),
        (Region::Checks, checks),
        (Region::Claims, claims),
        (Region::Meaning, meaning),
        (Region::Raw, raw),
    ]
}

fn large(area: Rect, wanted: Wanted) -> Vec<(Region, Rect)> {
    let [left, middle, right] = Layout::horizontal([
        Constraint::Length(52),
        Constraint::Min(0),
        Constraint::Length((area.width * 3 / 10).min(70)),
    ])
    .areas(area);
    let [list, checks] =
        Layout::vertical([Constraint::Length(list_height(wanted.tokens) + 2), Constraint::Min(0)])
            .areas(left);
    let [meaning, raw] = Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(right);
    vec![
        (Region::List, list),
        (Region::Checks, checks),
        (Region::Claims, middle),
        (Region::Meaning, meaning),
        (Region::Raw, raw),
    ]
}

/// As tall as its tokens, within reason.
fn list_height(tokens: usize) -> u16 {
    u16::try_from(tokens + 2).unwrap_or(u16::MAX).clamp(6, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_cover_the_area_without_overlap_and_are_those_that_tab_goes_through() {
        for (width, height) in [(80, 22), (100, 28), (120, 38), (160, 40), (200, 58), (300, 90)] {
            let area = Rect::new(0, 1, width, height);
            let form = Form::of(area);
            for (meaning, raw) in [(false, false), (false, true), (true, false), (true, true)] {
                let wanted = Wanted { focus: Region::Claims, zoomed: false, meaning, raw, tokens: 3 };
                let places = places(area, form, wanted);
                let tabbed: Vec<_> = places.iter().map(|(region, _)| *region).collect();
                assert_eq!(tabbed, regions(form, wanted), "{width}x{height}");
                let cells: u32 = places.iter().map(|(_, place)| place.area()).sum();
                assert_eq!(cells, area.area(), "{width}x{height}");
                for (at, (_, place)) in places.iter().enumerate() {
                    assert!(place.width >= 28 && place.height >= 6, "{width}x{height}: {places:?}");
                    assert!(places[..at].iter().all(|(_, other)| !other.intersects(*place)));
                }
            }
        }
    }
}
