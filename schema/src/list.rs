//! Changes in the middle of a list, by forms that cannot panic: the SDK would have to carry the messages.

use alloc::vec::Vec;
use core::mem::swap;

/// Inserts `item` before the one at `index`, or last if there is none.
pub fn insert<T>(list: &mut Vec<T>, index: usize, mut item: T) {
    for slot in list.iter_mut().skip(index) {
        swap(slot, &mut item);
    }
    list.push(item);
}

/// Removes the item at `index`, if there is one.
pub fn remove<T>(list: &mut Vec<T>, index: usize) {
    let mut rest = list.iter_mut().skip(index);
    if let Some(mut hole) = rest.next() {
        for slot in rest {
            swap(hole, slot);
            hole = slot;
        }
        list.pop();
    }
}

/// Removes the first `count` items, or all.
pub fn remove_first<T>(list: &mut Vec<T>, count: usize) {
    let mut index = 0;
    list.retain(|_| {
        index += 1;
        index > count
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_those_of_a_vector_without_their_panics() {
        let mut list = vec![1, 2, 4];
        insert(&mut list, 2, 3);
        insert(&mut list, 0, 0);
        insert(&mut list, 9, 5);
        assert_eq!(list, [0, 1, 2, 3, 4, 5]);
        remove(&mut list, 9);
        remove(&mut list, 5);
        remove(&mut list, 0);
        assert_eq!(list, [1, 2, 3, 4]);
        remove_first(&mut list, 3);
        assert_eq!(list, [4]);
        remove_first(&mut list, 3);
        assert!(list.is_empty());
    }
}
