//! Where the lifelines of a sequence diagram stand.

use ratatui::layout::Rect;

/// What a message needs between two lifelines besides its label: a piece of wire and a blank before it, a blank, a piece
/// of wire and the head behind it.
pub(super) const AROUND_LABEL: u16 = 5;
/// Lifelines closer than this leave no room for any label.
const CLOSEST: u16 = 10;
/// A label longer than this is cut rather than given its room.
const WIDEST: u16 = 60;

/// The columns of the lifelines, counted from the left of the area behind its column for the selection mark.
pub(super) struct Columns {
    names: Vec<u16>,
    lives: Vec<u16>,
    width: u16,
    is_tight: bool,
}

impl Columns {
    /// Finds columns for participants with names this wide and labels this wide between them, in this width; none if
    /// there is no room.
    pub fn new(
        names: Vec<u16>,
        labels: impl Iterator<Item = (usize, usize, u16)>,
        width: u16,
    ) -> Option<Self> {
        let (left_name, right_name) = (*names.first()?, *names.last()?);
        let mut floors: Vec<u16> =
            names.windows(2).map(|pair| (pair[0].div_ceil(2) + pair[1] / 2 + 2).max(CLOSEST)).collect();
        let mut gaps = floors.clone();
        // Short spans first, so that a long one finds what is there already.
        let mut labels: Vec<_> = labels
            .map(|(from, to, label)| (from.min(to), from.max(to), label.min(WIDEST) + AROUND_LABEL + 1))
            .filter(|(from, to, _)| from < to && *to < names.len())
            .collect();
        labels.sort_by_key(|(from, to, _)| to - from);
        for (from, to, needed) in labels {
            let span = &mut gaps[from..to];
            let there: u16 = span.iter().sum();
            let count = u16::try_from(span.len()).ok()?;
            let missing = needed.saturating_sub(there);
            for (index, gap) in (0..).zip(span) {
                *gap += missing / count + u16::from(index < missing % count);
            }
        }
        let middle = (left_name / 2, right_name.saturating_sub(right_name / 2 + 1));
        // Labels say more than names: for them the outer lifelines move out from below the middle of their names, which
        // then need more room before the next.
        let wanted = gaps.iter().sum::<u16>().saturating_add(1);
        let missing = |sides: u16| wanted.saturating_add(sides).saturating_sub(width);
        let behind = middle.1 - missing(middle.0 + middle.1).min(middle.1.saturating_sub(1));
        let before = middle.0 - missing(middle.0 + behind).min(middle.0.saturating_sub(1));
        if let Some(first) = floors.first_mut() {
            *first += middle.0 - before;
        }
        if let Some(last) = floors.last_mut() {
            *last += middle.1 - behind;
        }
        for (gap, floor) in gaps.iter_mut().zip(&floors) {
            *gap = (*gap).max(*floor);
        }
        let room = width.checked_sub(before + behind + 1)?;
        let is_tight = gaps.iter().sum::<u16>() > room;
        while gaps.iter().sum::<u16>() > room {
            let (gap, _) = gaps
                .iter_mut()
                .zip(&floors)
                .filter(|(gap, floor)| **gap > **floor)
                .max_by_key(|(gap, _)| **gap)?;
            *gap -= 1;
        }
        // What is left over goes in front, a little of it.
        let indent = ((room - gaps.iter().sum::<u16>()) / 2).min(3);
        let mut at = before + indent;
        let mut lives = vec![at];
        for gap in gaps {
            at += gap;
            lives.push(at);
        }
        Some(Self { names, lives, width, is_tight })
    }

    /// Whether some label has less room than it needs.
    pub const fn is_tight(&self) -> bool {
        self.is_tight
    }

    /// The columns of the lifelines in an area.
    pub fn lives(&self, area: Rect) -> Vec<u16> {
        self.lives.iter().map(|life| area.x + 1 + life).collect()
    }

    /// Where the names stand, each above its lifeline, the outer ones inside the area.
    pub fn names(&self, area: Rect) -> impl Iterator<Item = Rect> {
        let end = area.x + 1 + self.width;
        self.lives.iter().zip(&self.names).map(move |(life, name)| {
            let x = area.x + 1 + life - (name / 2).min(*life);
            let x = x.min(end.saturating_sub(*name)).max(area.x + 1);
            Rect { x, width: (*name).min(end.saturating_sub(x)), height: area.height.min(1), ..area }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lives(labels: &[(usize, usize, u16)], width: u16) -> Option<Vec<u16>> {
        Columns::new(vec![7, 9, 3], labels.iter().copied(), width).map(|columns| columns.lives)
    }

    #[test]
    fn a_label_gets_the_room_it_needs_while_there_is_room() {
        let gap = 20 + AROUND_LABEL + 1;
        assert_eq!(lives(&[(0, 1, 20)], 100), Some(vec![6, 6 + gap, 6 + gap + CLOSEST]));
        assert_eq!(lives(&[(1, 0, 20)], 100), lives(&[(0, 1, 20)], 100), "whichever way it goes");
        let long = lives(&[(0, 2, 40)], 100).expect("there is room");
        assert_eq!(long[2] - long[0], 40 + AROUND_LABEL + 1);
        assert_eq!(long[1] - long[0], long[2] - long[1]);
    }

    #[test]
    fn the_widest_gap_gives_way_first_and_at_last_there_is_no_diagram() {
        let tight = lives(&[(0, 1, 20), (1, 2, 6)], 40).expect("there is room");
        assert_eq!(tight[2] - tight[1], 12);
        assert_eq!(tight[2], 38);
        assert_eq!(lives(&[(0, 1, 20)], 20), None);
        assert!(Columns::new(Vec::new(), std::iter::empty(), 80).is_none());
    }

    #[test]
    fn nothing_stands_outside_the_width_whatever_the_labels() {
        for width in 0..120 {
            for label in [0, 5, 17, 60, u16::MAX] {
                let labels = [(0, 1, label), (1, 2, label), (2, 0, label), (0, 9, label)];
                if let Some(columns) = Columns::new(vec![7, 9, 3], labels.into_iter(), width) {
                    assert!(columns.lives.iter().all(|life| *life < width), "{width} {label}");
                    assert!(
                        columns.names(Rect::new(0, 0, width + 1, 5)).all(|name| name.right() <= width + 1)
                    );
                }
            }
        }
    }
}
