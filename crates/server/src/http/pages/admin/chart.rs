//! Charts drawn on the server: bars over time, as plain SVG without any script or style of its own, and the same as a table.
//!
//! The picture is stretched to its place, so words stand beside it and never in it. It is mirrored where people read from the
//! right. Two sorts are told apart by their filling, not by color alone.

/// The width of one bar with the gap behind it, and of the bar.
const STEP: usize = 10;
const WIDTH: usize = 8;
/// The height of the picture.
const HEIGHT: i64 = 1_000;
/// What is there is seen, however little it is.
const LEAST: i64 = 12;

/// One span of time, with how much there was of each of two sorts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// When, for people.
    pub(super) when: String,
    /// How much.
    pub(super) counts: [i64; 2],
}

/// A piece of a bar, as SVG has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) sort: usize,
    pub(super) x: usize,
    pub(super) y: i64,
    pub(super) width: usize,
    pub(super) height: i64,
}

/// Bars over time, each of two sorts on top of each other.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// Its name in the page.
    pub(super) id: &'static str,
    /// The names of the texts for what it shows, and for each sort.
    pub(super) title: &'static str,
    pub(super) sorts: [&'static str; 2],
    pub(super) bars: Vec<Bar>,
    /// How much there was of each sort in all; or is, where bars are no parts of a whole.
    pub(super) all: [i64; 2],
    /// Whether the first sort has a share worth telling.
    pub(super) has_share: bool,
}

impl Chart {
    /// Each sort, and how much of it there was or is.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&'static str, i64)> {
        self.sorts.into_iter().zip(self.all)
    }

    /// How much of a hundred the first sort is.
    pub(super) fn share(&self) -> Option<i64> {
        percent(self.all[0], self.all[0] + self.all[1]).filter(|_| self.has_share)
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.counts == [0, 0])
    }

    /// What the top stands for: the next round number over the highest bar.
    pub(super) fn top(&self) -> i64 {
        let most = self.bars.iter().map(|bar| bar.counts.iter().sum()).max().unwrap_or(0);
        round_up(most)
    }

    /// Width and height of the picture.
    pub(super) fn size(&self) -> (usize, i64) {
        (self.bars.len() * STEP, HEIGHT)
    }

    /// All pieces of all bars: the first sort below, the second on top of it.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let top = self.top();
        let mut pieces = Vec::new();
        for (number, bar) in self.bars.iter().enumerate() {
            let mut y = HEIGHT;
            for (sort, count) in bar.counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                let height = (count.saturating_mul(HEIGHT) / top).max(LEAST).min(y);
                y -= height;
                pieces.push(Piece { sort, x: number * STEP + (STEP - WIDTH) / 2, y, width: WIDTH, height });
            }
        }
        pieces
    }

    /// When the first and the last bar are.
    pub(super) fn ends(&self) -> Option<(&str, &str)> {
        Some((&self.bars.first()?.when, &self.bars.last()?.when))
    }
}

/// What parts come to.
pub(super) fn sum(counts: &[[i64; 2]]) -> [i64; 2] {
    counts.iter().fold([0, 0], |[one, other], counts| [one + counts[0], other + counts[1]])
}

/// The next of 1, 2, 3, 4, 5, 6, 8, 10, 20, 30 … that is not smaller.
fn round_up(most: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        let tops = [1, 2, 3, 4, 5, 6, 8].map(|digit| unit.saturating_mul(digit));
        if let Some(top) = tops.into_iter().find(|top| *top >= most) {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

/// So many of a hundred, rounded down: 100 are all of them.
pub(super) fn percent(part: i64, of: i64) -> Option<i64> {
    part.saturating_mul(100).checked_div(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(counts: &[[i64; 2]]) -> Chart {
        let bars = counts.iter().map(|counts| Bar { when: String::new(), counts: *counts }).collect();
        Chart { id: "", title: "", sorts: ["", ""], bars, all: sum(counts), has_share: true }
    }

    #[test]
    fn bars_stand_on_the_ground_and_stay_in_the_picture() {
        let chart = chart(&[[3, 1], [0, 0], [0, 5]]);
        assert_eq!((chart.top(), chart.size(), chart.all), (5, (30, 1_000), [3, 6]));
        assert_eq!(chart.share(), Some(33));
        let piece = |sort, x, y, height| Piece { sort, x, y, width: 8, height };
        assert_eq!(chart.pieces(), [piece(0, 1, 400, 600), piece(1, 1, 200, 200), piece(1, 21, 0, 1_000)]);
    }

    #[test]
    fn little_is_seen_beside_much_and_much_leaves_the_picture_as_it_is() {
        let chart = chart(&[[1_999_999, 1], [1, 0]]);
        let heights: Vec<_> = chart.pieces().iter().map(|piece| (piece.y, piece.height)).collect();
        assert_eq!(heights, [(1, 999), (0, 1), (988, LEAST)]);
    }

    #[test]
    fn the_top_is_a_round_number() {
        assert_eq!([0, 1, 3, 7, 9, 10, 11, 499, 2_438].map(round_up), [1, 1, 3, 8, 10, 10, 20, 500, 3_000]);
        assert_eq!(round_up(i64::MAX), i64::MAX);
    }

    #[test]
    fn nothing_of_nothing_is_no_share_and_almost_all_is_not_all() {
        assert_eq!((percent(0, 0), percent(999, 1_000), percent(5, 5)), (None, Some(99), Some(100)));
    }
}
