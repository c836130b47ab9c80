//! How a list whose newest rows come first is read page by page while rows arrive. Pure: pages go
//! in, the number of the next one comes out.
//!
//! What arrives between two pages pushes the rest back, so that a page may begin with rows of the
//! one before it. Only a row from before this look ends it, or the end of the list. Where a look
//! breaks off, the next one reads what is new and then goes on from there, so that no row is read
//! over and over again.

use std::collections::HashSet;

/// So many pages without a new row mean that the API does not turn pages: rows that arrive in
/// between can fill one, and hardly two.
const STALE: usize = 2;

/// A page as it was read.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// What its rows are told apart by, the newest first.
    pub(super) attempts: Vec<u64>,
    /// Whether the API says that there is none behind it.
    pub(super) last: bool,
}

/// What is to be done after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// To read this one.
    To(usize),
    /// Nothing: what is new was read.
    End,
    /// Nothing: the API gives full pages and does not turn them.
    Stuck,
}

/// How far a list has been read.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Rows on a full page: the most that the API gives.
    full: usize,
    /// The rows that were read.
    known: HashSet<u64>,
    /// Those of them that were there at the start: everything behind them is older.
    before: HashSet<u64>,
    /// The page from which on an earlier look has left rows unread.
    unread: Option<usize>,
    look: Look,
}

/// What one look has seen so far.
#[derive(Debug, Default)]
struct Look {
    seen: HashSet<u64>,
    pages: usize,
    /// Pages in a row that brought nothing new.
    stale: usize,
    /// Rows on the first page.
    size: usize,
    /// Whether it is past what is new, and goes on where an earlier one broke off.
    back: bool,
}

impl Pages {
    pub(super) fn new(full: usize) -> Self {
        Self { full, ..Self::default() }
    }

    /// Notes what is there at the start.
    pub(super) fn begin(&mut self, page: Page) {
        self.known.extend(&page.attempts);
        self.before.extend(page.attempts);
    }

    /// Begins a look; returns the page to read first.
    pub(super) fn first(&mut self) -> usize {
        self.look = Look::default();
        1
    }

    /// How many pages this look has read.
    pub(super) fn read(&self) -> usize {
        self.look.pages
    }

    /// Whether this look is past what is new.
    pub(super) fn goes_back(&self) -> bool {
        self.look.back
    }

    /// Whether any of these rows was known before this look.
    pub(super) fn reaches_back(&self, attempts: &[u64]) -> bool {
        attempts
            .iter()
            .any(|attempt| self.known.contains(attempt) && !self.look.seen.contains(attempt))
    }

    /// Takes page `number`; returns its new rows, and what comes next.
    pub(super) fn turn(&mut self, number: usize, page: &Page) -> (HashSet<u64>, Turn) {
        let reaches_back = self.reaches_back(&page.attempts);
        let at_the_start = page.attempts.iter().any(|attempt| self.before.contains(attempt));
        let new: HashSet<_> =
            page.attempts.iter().copied().filter(|attempt| !self.known.contains(attempt)).collect();
        let look = &mut self.look;
        if look.pages == 0 {
            look.size = page.attempts.len();
        }
        look.pages += 1;
        look.stale = if new.is_empty() { look.stale + 1 } else { 0 };
        look.seen.extend(&new);
        self.known.extend(&new);
        let turn = if page.attempts.is_empty() || page.last || at_the_start {
            Turn::End
        } else if look.back {
            Turn::To(number + 1)
        } else if reaches_back {
            match self.unread {
                // What has come since has pushed the rest back, by an unknown part of what is new.
                Some(unread) => {
                    look.back = true;
                    Turn::To(unread.max(number + 1))
                }
                None => Turn::End,
            }
        } else if look.stale >= STALE {
            // A list that is not cut into pages of this size is given whole, every time.
            if look.size == self.full { Turn::Stuck } else { Turn::End }
        } else {
            Turn::To(number + 1)
        };
        if !matches!(turn, Turn::To(_)) {
            self.unread = None;
        }
        (new, turn)
    }

    /// The look ends before page `number` was read.
    pub(super) fn break_off(&mut self, number: usize) {
        if self.look.pages > 0 {
            self.unread = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 100;

    /// A list as an API gives it, read by `Pages`.
    struct Log {
        /// The newest last.
        rows: Vec<u64>,
        size: usize,
        pages: Pages,
        asked: usize,
    }

    impl Log {
        fn new(rows: u64) -> Self {
            Self { rows: (0..rows).collect(), size: PAGE, pages: Pages::new(PAGE), asked: 0 }
        }

        fn page(&self, number: usize) -> Page {
            let rows = self.rows.iter().rev().skip((number - 1) * self.size).take(self.size);
            Page { attempts: rows.copied().collect(), last: false }
        }

        /// One look of at most so many pages, with so many rows arriving after each.
        fn look(&mut self, most: usize, arriving: u64) -> (Vec<u64>, Option<Turn>) {
            let (mut found, mut number) = (Vec::new(), self.pages.first());
            while self.pages.read() < most {
                self.asked += 1;
                let (new, turn) = self.pages.turn(number, &self.page(number));
                found.extend(new);
                let next = self.rows.len() as u64;
                self.rows.extend(next..next + arriving);
                match turn {
                    Turn::To(next) => number = next,
                    end => return (found, Some(end)),
                }
            }
            self.pages.break_off(number);
            (found, None)
        }
    }

    fn whole(mut found: Vec<u64>, rows: usize) {
        found.sort_unstable();
        assert!(found.iter().copied().eq(0..rows as u64), "{} of {rows}", found.len());
    }

    #[test]
    fn what_arrives_between_two_pages_hides_nothing() {
        for arriving in [0, 1, 30, 99, 101, 150] {
            let mut log = Log::new(450);
            let (mut found, end) = log.look(500, arriving);
            assert_eq!(end.is_some(), arriving < 100, "{arriving}");
            // What arrived meanwhile is for the next looks.
            found.extend(log.look(2_000, 0).0);
            whole(found, log.rows.len());
            assert_eq!(log.look(20, 0), (Vec::new(), Some(Turn::End)));
        }
    }

    #[test]
    fn a_look_that_breaks_off_is_gone_on_with_and_reads_nothing_over_again() {
        for arriving in [0, 7, 40] {
            let mut log = Log::new(9_000);
            let (mut found, mut looks) = (Vec::new(), 0);
            while looks < 100 {
                looks += 1;
                let (new, end) = log.look(20, if looks < 5 { arriving } else { 0 });
                found.extend(new);
                if end.is_some() && looks > 5 {
                    break;
                }
            }
            whole(found, log.rows.len());
            assert!(log.asked <= 2 * log.rows.len() / PAGE, "{} of {}", log.asked, log.rows.len());
        }
    }

    #[test]
    fn pages_may_be_smaller_than_was_asked_for() {
        let mut log = Log { size: 30, ..Log::new(100) };
        let (found, end) = log.look(20, 3);
        assert_eq!(end, Some(Turn::End));
        let mut found = found;
        found.extend(log.look(20, 0).0);
        whole(found, log.rows.len());
    }

    #[test]
    fn what_was_there_at_the_start_ends_every_look() {
        let mut log = Log::new(5_000);
        log.pages.begin(log.page(1));
        log.rows.extend(5_000..5_250);
        let (mut found, end) = log.look(20, 0);
        found.sort_unstable();
        assert_eq!((found, end), ((5_000..5_250).collect(), Some(Turn::End)));
        assert_eq!(log.asked, 3);
    }

    #[test]
    fn an_api_that_turns_no_pages_does_not_keep_a_look_going() {
        for (size, owed) in [(8, Turn::End), (100, Turn::Stuck), (150, Turn::End)] {
            let (mut pages, page) =
                (Pages::new(PAGE), Page { attempts: (0..size).collect(), last: false });
            pages.first();
            let turns: Vec<_> = (1..=3).map(|number| pages.turn(number, &page).1).collect();
            assert_eq!(turns, [Turn::To(2), Turn::To(3), owed]);
            pages.first();
            assert_eq!(pages.turn(1, &page), (HashSet::new(), Turn::End));
        }
    }
}
