//! Who is nearest. A heap of four children a node is shallower than a binary one, and the children share a cache line.
//! Nothing is ever moved in it: an expert reached again is pushed again, and the search skips the stale entry.

/// Distances and whom they lead to.
#[derive(Default)]
pub(super) struct Heap(Vec<(i64, u32)>);

impl Heap {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn push(&mut self, distance: i64, expert: u32) {
        let heap = &mut self.0;
        let mut at = heap.len();
        heap.push((distance, expert));
        while at > 0 {
            let parent = (at - 1) / 4;
            if heap[parent].0 <= distance {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = (distance, expert);
    }

    pub(super) fn pop(&mut self) -> Option<(i64, u32)> {
        let heap = &mut self.0;
        let last = heap.pop()?;
        let Some(&top) = heap.first() else { return Some(last) };
        let mut at = 0;
        loop {
            let eldest = 4 * at + 1;
            if eldest >= heap.len() {
                break;
            }
            let mut nearest = eldest;
            for child in eldest + 1..(eldest + 4).min(heap.len()) {
                if heap[child].0 < heap[nearest].0 {
                    nearest = child;
                }
            }
            if heap[nearest].0 >= last.0 {
                break;
            }
            heap[at] = heap[nearest];
            at = nearest;
        }
        heap[at] = last;
        Some(top)
    }
}
