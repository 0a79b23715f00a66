//! Which regions of the Errors screen there is room for, and where.

use ratatui::layout::{Constraint, Layout, Rect};

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    /// What the authority answered, or what was pasted.
    CameBack,
    /// What it means and what helps.
    Explained,
    /// Everything that can be looked up.
    #[default]
    Codes,
    /// The request that was refused.
    Request,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One region at a time.
    #[default]
    Single,
    /// What came back above; explanation, list or request below, one at a time.
    Small,
    /// Explanation and list side by side.
    Medium,
    /// The request beside them, too.
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

/// What decides where regions are.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Which region has the focus.
    pub focus: Region,
    /// Whether it has the screen for itself.
    pub zoomed: bool,
    /// How many rows say what came back; 0 if nothing did.
    pub came_back: u16,
    /// Whether something is explained.
    pub explained: bool,
    /// Whether there is a request to show.
    pub request: bool,
}

/// The regions that Tab goes through, in its order.
pub fn regions(wanted: Wanted) -> Vec<Region> {
    let all = [
        (Region::CameBack, wanted.came_back > 0),
        (Region::Explained, wanted.explained),
        (Region::Codes, true),
        (Region::Request, wanted.request),
    ];
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(region, _)| region).collect()
}

/// Where each region that is shown stands.
pub fn places(area: Rect, form: Form, wanted: Wanted) -> Vec<(Region, Rect)> {
    if wanted.zoomed || form == Form::Single {
        return vec![(wanted.focus, area)];
    }
    let mut places = Vec::new();
    let mut rest = area;
    if form == Form::Large && wanted.request {
        let [left, right] =
            Layout::horizontal([Constraint::Min(0), Constraint::Length((area.width * 3 / 10).min(70))])
                .areas(area);
        places.push((Region::Request, right));
        rest = left;
    }
    if wanted.came_back > 0 {
        let most = rest.height / 3;
        let [upper, lower] =
            Layout::vertical([Constraint::Length((wanted.came_back + 2).min(most)), Constraint::Min(0)])
                .areas(rest);
        places.push((Region::CameBack, upper));
        rest = lower;
    }
    if form == Form::Small {
        match wanted.focus {
            _ if !wanted.explained => {
                let [upper, lower] =
                    Layout::vertical([Constraint::Length(6), Constraint::Min(0)]).areas(rest);
                places.push((Region::Explained, upper));
                places.push((Region::Codes, lower));
            }
            Region::CameBack | Region::Explained => places.push((Region::Explained, rest)),
            Region::Codes | Region::Request => places.push((wanted.focus, rest)),
        }
        return places;
    }
    let list = (rest.width * 2 / 5).clamp(38, 56);
    let [left, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(list)]).areas(rest);
    places.push((Region::Explained, left));
    // Where the request has no place of its own, it takes that of the list.
    let beside = form != Form::Large && wanted.focus == Region::Request;
    places.push((if beside { Region::Request } else { Region::Codes }, right));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_cover_the_area_without_overlap_and_the_focus_is_always_shown() {
        for (width, height) in [(60, 14), (80, 22), (100, 28), (120, 38), (160, 40), (200, 58), (300, 90)] {
            let area = Rect::new(0, 1, width, height);
            for (came_back, explained, request) in
                [(0, false, false), (0, true, false), (3, true, false), (4, true, true), (60, true, true)]
            {
                let shown = Wanted { focus: Region::Codes, zoomed: false, came_back, explained, request };
                for focus in regions(shown) {
                    let places = places(area, Form::of(area), Wanted { focus, ..shown });
                    assert!(places.iter().any(|(region, _)| *region == focus), "{width}x{height} {focus:?}");
                    let cells: u32 = places.iter().map(|(_, place)| place.area()).sum();
                    assert_eq!(cells, area.area(), "{width}x{height}");
                    for (at, (_, place)) in places.iter().enumerate() {
                        assert!(place.width >= 38 && place.height >= 5, "{width}x{height}: {places:?}");
                        assert!(places[..at].iter().all(|(_, other)| !other.intersects(*place)));
                    }
                }
            }
        }
    }
}
