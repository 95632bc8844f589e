//! Whose turn it is to ask.
//!
//! A few questions run at once, so that each has processors and memory and inserts always find a connection. The others
//! wait: people take turns, one question each, and the questions of one person are answered in order, so that somebody
//! who asks fifty at once waits longer and nobody else does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Questions that run at once.
const AT_ONCE: usize = 2;
/// Questions of one person that may wait.
const OF_ONE: usize = 100;
/// Questions that may wait in all.
const OF_ALL: usize = 1_000;

/// Everybody's turns; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    running: usize,
    waiting: usize,
    /// Who waits, in the order of their turns, with their questions.
    people: VecDeque<(String, VecDeque<oneshot::Sender<Turn>>)>,
}

/// A turn; over when it is dropped.
#[derive(Debug)]
pub struct Turn(Option<Turns>);

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded;

impl Turns {
    /// Waits for the turn of `person`.
    ///
    /// # Errors
    /// If too many questions wait already, theirs or all.
    pub async fn take(&self, person: &str) -> Result<Turn, Crowded> {
        let waiting = {
            let mut queue = self.queue();
            if queue.running < AT_ONCE {
                queue.running += 1;
                return Ok(Turn(Some(self.clone())));
            }
            queue.wait(person)?
        };
        // A sender is dropped only with the whole queue, which this very call holds on to.
        waiting.await.map_err(|_| Crowded)
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        // Whole after every operation, so a poisoned lock is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a turn that is over to the next one who still waits.
    fn pass_on(&self) {
        let mut turn = Turn(Some(self.clone()));
        loop {
            let Some(next) = self.queue().next() else { break };
            match next.send(turn) {
                Ok(()) => return,
                // Gone meanwhile.
                Err(back) => turn = back,
            }
        }
        turn.0 = None;
        self.queue().running -= 1;
    }
}

impl Queue {
    fn wait(&mut self, person: &str) -> Result<oneshot::Receiver<Turn>, Crowded> {
        if self.waiting >= OF_ALL {
            self.forget_who_left();
        }
        if self.waiting >= OF_ALL {
            return Err(Crowded);
        }
        let (give, receive) = oneshot::channel();
        match self.people.iter_mut().find(|(name, _)| name == person) {
            Some((_, questions)) if questions.len() >= OF_ONE => {
                let before = questions.len();
                questions.retain(|question| !question.is_closed());
                self.waiting -= before - questions.len();
                if questions.len() >= OF_ONE {
                    return Err(Crowded);
                }
                questions.push_back(give);
            }
            Some((_, questions)) => questions.push_back(give),
            None => self.people.push_back((person.to_owned(), VecDeque::from([give]))),
        }
        self.waiting += 1;
        Ok(receive)
    }

    fn forget_who_left(&mut self) {
        for (_, questions) in &mut self.people {
            questions.retain(|question| !question.is_closed());
        }
        self.people.retain(|(_, questions)| !questions.is_empty());
        self.waiting = self.people.iter().map(|(_, questions)| questions.len()).sum();
    }

    /// The first question of who is first; who has more goes to the end.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let (person, mut questions) = self.people.pop_front()?;
        let next = questions.pop_front();
        if !questions.is_empty() {
            self.people.push_back((person, questions));
        }
        self.waiting -= usize::from(next.is_some());
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::time::Duration;

    /// Polls `work` once.
    async fn begin<T: Send + 'static>(
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        let task = tokio::spawn(work);
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test]
    async fn people_take_turns_whoever_asked_first_and_most() {
        let turns = Turns::default();
        let running = [turns.take("kim").await.unwrap(), turns.take("kim").await.unwrap()];
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for name in ["kim", "kim", "kim", "lee", "ann", "lee"] {
            let (turns, order) = (turns.clone(), Arc::clone(&order));
            let work = async move {
                let turn = turns.take(name).await.unwrap();
                order.lock().unwrap().push(name);
                tokio::task::yield_now().await;
                drop(turn);
            };
            tasks.push(begin(work).await);
        }
        let [first, second] = running;
        drop(first);
        for task in tasks {
            tokio::time::timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["kim", "lee", "ann", "kim", "lee", "kim"]);
        drop(second);
        let queue = turns.queue();
        assert_eq!((queue.running, queue.waiting), (0, 0));
    }

    #[tokio::test]
    async fn who_leaves_takes_no_turn_and_a_crowd_is_told() {
        let turns = Turns::default();
        let running = [turns.take("kim").await.unwrap(), turns.take("kim").await.unwrap()];
        let mut waiting = Vec::new();
        for _ in 0..OF_ONE {
            let turns = turns.clone();
            waiting.push(begin(async move { turns.take("kim").await }).await);
        }
        assert_eq!(turns.take("kim").now_or_never().unwrap().unwrap_err(), Crowded);
        let other = turns.clone();
        let lee = begin(async move { other.take("lee").await }).await;
        for task in waiting {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        drop(running);
        let turn = tokio::time::timeout(Duration::from_secs(5), lee).await.unwrap().unwrap().unwrap();
        drop(turn);
        assert_eq!(turns.queue().running, 0);
        assert!(turns.take("kim").now_or_never().unwrap().is_ok());
    }
}
