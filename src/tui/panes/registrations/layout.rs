//! Which regions of the Apps screen there is room for, and where.

use ratatui::layout::{Constraint, Layout, Rect};

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    /// Registrations and addresses.
    #[default]
    List,
    /// What the checks say of the selected one.
    Findings,
    /// Every permission that is known.
    Permissions,
    /// What the selected permission is, and what grants those that are picked.
    Commands,
}

impl Region {
    /// In the order of Tab.
    pub const ALL: [Self; 4] = [Self::List, Self::Findings, Self::Permissions, Self::Commands];

    /// Whether it is about permissions, and not about registrations.
    pub const fn is_of_permissions(self) -> bool {
        match self {
            Self::List | Self::Findings => false,
            Self::Permissions | Self::Commands => true,
        }
    }
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One region at a time.
    #[default]
    Single,
    /// Registrations above their findings, or permissions above what grants them.
    Small,
    /// Both lists at the left, and at the right what belongs to the one with the focus.
    Medium,
    /// Everything.
    Large,
}

impl Form {
    /// What fits into an area.
    pub const fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (160.., 30..) => Self::Large,
            (110.., 30..) => Self::Medium,
            (80.., 20..) => Self::Small,
            _ => Self::Single,
        }
    }
}

/// Where each region that is shown stands. `rows` is how many rows the list of registrations has.
pub fn places(area: Rect, form: Form, focus: Region, zoomed: bool, rows: usize) -> Vec<(Region, Rect)> {
    if zoomed || form == Form::Single {
        return vec![(focus, area)];
    }
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let (of_list, of_permissions) =
        ((Region::List, Region::Findings), (Region::Permissions, Region::Commands));
    let pair = if focus.is_of_permissions() { of_permissions } else { of_list };
    match form {
        Form::Single | Form::Small => {
            // What belongs to a row is read; the rows are only chosen from.
            let height = if focus.is_of_permissions() { 9 } else { rows.clamp(5, 8) };
            let [upper, lower] =
                Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
            vec![(pair.0, upper), (pair.1, lower)]
        }
        Form::Medium => {
            let [left, right] = Layout::horizontal([Constraint::Length(50), Constraint::Min(0)]).areas(area);
            let [upper, lower] = lists(left, rows);
            vec![(Region::List, upper), (pair.1, right), (Region::Permissions, lower)]
        }
        Form::Large => {
            let [left, middle, right] = Layout::horizontal([
                Constraint::Length(50),
                Constraint::Min(0),
                Constraint::Length((area.width * 3 / 10).min(70)),
            ])
            .areas(area);
            let [upper, lower] = lists(left, rows);
            vec![
                (Region::List, upper),
                (Region::Findings, middle),
                (Region::Permissions, lower),
                (Region::Commands, right),
            ]
        }
    }
}

fn lists(area: Rect, rows: u16) -> [Rect; 2] {
    let upper = rows.clamp(8, area.height / 2);
    Layout::vertical([Constraint::Length(upper), Constraint::Min(0)]).areas(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_cover_the_area_without_overlap_and_the_focus_is_always_shown() {
        for (width, height) in [(60, 14), (80, 22), (100, 28), (120, 38), (160, 40), (200, 58), (300, 90)] {
            let area = Rect::new(0, 1, width, height);
            for rows in [0, 1, 6, 300] {
                for focus in Region::ALL {
                    let places = places(area, Form::of(area), focus, false, rows);
                    assert!(places.iter().any(|(region, _)| *region == focus), "{width}x{height} {focus:?}");
                    let cells: u32 = places.iter().map(|(_, place)| place.area()).sum();
                    assert_eq!(cells, area.area(), "{width}x{height}");
                    for (at, (_, place)) in places.iter().enumerate() {
                        assert!(place.width >= 46 && place.height >= 5, "{width}x{height}: {places:?}");
                        assert!(places[..at].iter().all(|(_, other)| !other.intersects(*place)));
                    }
                }
            }
        }
    }
}
