//! A batch's upload cut into lines, and lines gathered into groups.

use std::io::BufRead as _;

use crate::body::ACTION_MAX;

/// Some lines of a batch, in order, without their line ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// The number of its first line, from 1.
    pub(crate) first: u64,
    text: Vec<u8>,
    lines: Vec<Line>,
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Within {
        start: usize,
        end: usize,
    },
    /// It is longer than any action and was not kept.
    TooLong,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// A line, counted from 0; `None` if it was too long to be kept.
    pub(crate) fn line(&self, place: usize) -> Option<&[u8]> {
        match self.lines.get(place)? {
            Line::Within { start, end } => {
                let line = self.text.get(*start..*end)?;
                Some(line.strip_suffix(b"\r").unwrap_or(line))
            }
            Line::TooLong => None,
        }
    }
}

/// Gathers lines. It holds one group and one unfinished line at most, whatever comes.
#[derive(Debug)]
pub(crate) struct Gathering {
    group: Group,
    /// Where the unfinished line begins in the group's text.
    begun: usize,
    /// The unfinished line is too long already: the rest of it is passed over.
    skipping: bool,
    group_lines: usize,
    group_bytes: usize,
}

impl Gathering {
    pub(crate) fn new(group_lines: usize, group_bytes: usize) -> Self {
        let group = Group { first: 1, ..Group::default() };
        Self { group, begun: 0, skipping: false, group_lines: group_lines.max(1), group_bytes }
    }

    /// Takes from the front of `piece` until it is empty or a group is full.
    pub(crate) fn take_in(&mut self, piece: &mut &[u8]) -> Option<Group> {
        while !piece.is_empty() {
            let before = *piece;
            // For a slice this is the standard library's fast search for a byte, and it cannot fail.
            let taken = piece.skip_until(b'\n').unwrap_or(before.len());
            let part = before.get(..taken).unwrap_or_default();
            match part.split_last() {
                Some((b'\n', line)) => {
                    self.append(line);
                    self.end_line();
                    if self.group.len() >= self.group_lines
                        || self.group.text.len() >= self.group_bytes
                    {
                        return Some(self.let_go());
                    }
                }
                Some(_) | None => self.append(part),
            }
        }
        None
    }

    fn append(&mut self, part: &[u8]) {
        if self.skipping {
            return;
        }
        if self.group.text.len() - self.begun + part.len() > ACTION_MAX {
            self.skipping = true;
            self.group.text.truncate(self.begun);
        } else {
            self.group.text.extend_from_slice(part);
        }
    }

    fn end_line(&mut self) {
        let end = self.group.text.len();
        let line =
            if self.skipping { Line::TooLong } else { Line::Within { start: self.begun, end } };
        self.group.lines.push(line);
        self.begun = end;
        self.skipping = false;
    }

    /// Whether a whole line waits.
    pub(crate) fn has_lines(&self) -> bool {
        !self.group.lines.is_empty()
    }

    /// The number of the first line that is not whole yet.
    pub(crate) fn next_line(&self) -> u64 {
        self.group.first + self.group.len() as u64
    }

    /// Gives up the whole lines that wait; an unfinished one stays.
    pub(crate) fn let_go(&mut self) -> Group {
        let unfinished = self.group.text.split_off(self.begun);
        let next = Group {
            first: self.next_line(),
            text: unfinished,
            lines: Vec::with_capacity(self.group.len()),
        };
        self.begun = 0;
        std::mem::replace(&mut self.group, next)
    }

    /// The upload has ended: what is left is a line too, if there is anything.
    pub(crate) fn finish(&mut self) -> Group {
        if self.skipping || self.group.text.len() > self.begun {
            self.end_line();
        }
        self.let_go()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(groups: &[Group]) -> Vec<(u64, Vec<Option<String>>)> {
        let text = |line: &[u8]| String::from_utf8(line.to_vec()).unwrap();
        groups
            .iter()
            .map(|group| {
                (group.first, (0..group.len()).map(|at| group.line(at).map(text)).collect())
            })
            .collect()
    }

    fn gather(pieces: &[&[u8]], group_lines: usize) -> Vec<(u64, Vec<Option<String>>)> {
        let mut gathering = Gathering::new(group_lines, 1 << 20);
        let mut groups = Vec::new();
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                groups.extend(gathering.take_in(&mut piece));
            }
        }
        groups.push(gathering.finish());
        texts(&groups)
    }

    fn some(lines: &[&str]) -> Vec<Option<String>> {
        lines.iter().map(|line| Some((*line).to_owned())).collect()
    }

    #[test]
    fn however_the_upload_is_cut_the_lines_are_the_same() {
        let whole = b"one\r\ntwo\n\nfour\nfive";
        for cut in 0..whole.len() {
            let (front, back) = whole.split_at(cut);
            let groups = gather(&[front, back], 2);
            assert_eq!(
                groups,
                [(1, some(&["one", "two"])), (3, some(&["", "four"])), (5, some(&["five"]))],
                "{cut}"
            );
        }
    }

    #[test]
    fn a_line_end_at_the_end_makes_no_further_line() {
        assert_eq!(gather(&[b"one\n"], 8), [(1, some(&["one"]))]);
        assert_eq!(gather(&[], 8), [(1, vec![])]);
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_and_not_kept() {
        let long = vec![b'x'; ACTION_MAX];
        let rest: &[u8] = b"xx\nnext\n";
        let mut expected = vec![None];
        expected.extend(some(&["next"]));
        assert_eq!(
            gather(&[b"a\n", &long, &long, rest], 1),
            [(1, some(&["a"])), (2, vec![None]), (3, some(&["next"])), (4, vec![]),]
        );
        assert_eq!(gather(&[&long, &long], 8), [(1, vec![None])]);
        assert_eq!(gather(&[&long, rest], 8), [(1, expected)]);
    }

    #[test]
    fn an_unfinished_line_stays_behind() {
        let mut gathering = Gathering::new(8, 1 << 20);
        assert_eq!(gathering.take_in(&mut &b"one\ntw"[..]), None);
        assert!(gathering.has_lines());
        assert_eq!(texts(&[gathering.let_go()]), [(1, some(&["one"]))]);
        assert!(!gathering.has_lines());
        assert_eq!(gathering.next_line(), 2);
        assert_eq!(gathering.take_in(&mut &b"o\n"[..]), None);
        assert_eq!(texts(&[gathering.finish()]), [(2, some(&["two"]))]);
    }
}
