//! Going through a long text that has places to stop at: Up and Down stop at every one on their way, and scroll where there
//! is none, so that two keys reach both the text and what can be done with it.

use super::Scroll;

/// Goes on to the next stop that is in view; where there is none, scrolls. `stops` are the lines of the places, in order;
/// `at` is the one that is selected.
pub fn walk(scroll: &mut Scroll, stops: &[usize], at: &mut Option<usize>, down: bool) {
    let in_view: Vec<usize> = (0..u16::MAX).map_while(|row| scroll.line_at(row)).collect();
    let (first, last) = (in_view.first(), in_view.last());
    let is_in_view = |stop: &usize| in_view.contains(&stops[*stop]);
    // What the view cuts, the person has just scrolled past.
    let is_whole = |stop: &usize| is_in_view(stop) && Some(&stops[*stop]) != if down { first } else { last };
    let next = match (*at, down) {
        (Some(stop), true) => (stop + 1..stops.len()).find(is_in_view),
        (Some(stop), false) => (0..stop.min(stops.len())).rev().find(is_in_view),
        (None, true) => (0..stops.len()).find(is_whole),
        (None, false) if scroll.is_at_top() => None,
        (None, false) => (0..stops.len()).rev().find(is_whole),
    };
    if next.is_some() {
        *at = next;
        return;
    }
    // What is about to leave the view cannot stay selected.
    let edge = if down { first } else { last };
    if at.is_some_and(|stop| edge == stops.get(stop)) {
        *at = None;
    }
    if !(down && scroll.is_at_end()) {
        scroll.by(if down { 1 } else { -1 });
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::*;
    use crate::{
        text::{Line, Role},
        tui::{
            glyphs::Charset,
            widgets::{lines::Lines, testing::look},
        },
    };

    /// Every stop of a text of `count` lines that one key reaches, in the order of reaching it.
    fn reached(count: usize, stops: &[usize], down: bool) -> Vec<usize> {
        let lines: Vec<Line> = (0..count).map(|index| Line::of(Role::Text, index.to_string())).collect();
        let look = look(Charset::Unicode);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 4));
        let (mut scroll, mut at) = (Scroll::default(), None);
        if !down {
            scroll.to_end();
        }
        let mut reached = Vec::new();
        for _ in 0..3 * count {
            let line = at.map(|stop: usize| stops[stop]);
            Lines::new(&lines, &look).mark(line).scrolled(buffer.area, &mut buffer, &mut scroll);
            walk(&mut scroll, stops, &mut at, down);
            if at.is_some() && reached.last() != at.as_ref() {
                reached.extend(at);
            }
        }
        reached
    }

    #[test]
    fn every_stop_is_reached_from_both_sides_however_far_apart_they_are() {
        let stops = [1, 2, 9, 10, 25];
        assert_eq!(reached(30, &stops, true), [0, 1, 2, 3, 4]);
        assert_eq!(reached(30, &stops, false), [4, 3, 2, 1, 0]);
        assert!(reached(30, &[], true).is_empty());
    }
}
