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

/// Sorts (*Shell 1959*, with the gaps of *Ciura 2001*): the library's sort is a kilobyte and a half of Wasm.
pub fn sort<T: PartialOrd>(list: &mut [T]) {
    for gap in [701, 301, 132, 57, 23, 10, 4, 1] {
        for start in gap..list.len() {
            let mut at = start;
            while at >= gap
                && list.get(at).zip(list.get(at - gap)).is_some_and(|(here, before)| here < before)
            {
                list.swap(at, at - gap);
                at -= gap;
            }
        }
    }
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

    #[test]
    fn sorted_is_sorted() {
        for len in [0, 1, 2, 3, 50, 3_000_u64] {
            let mut list: Vec<u64> = (0..len).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50).collect();
            let mut sorted = list.clone();
            sorted.sort_unstable();
            sort(&mut list);
            assert_eq!(list, sorted);
        }
    }
}
