// One word on its way through byte-pair encoding.
package @@ID@@.tokenizer;

import java.util.PriorityQueue;

/** The ids of a word as a linked list, joined pair by pair: the earliest learned first, of equals the left. */
final class BpeWord {
    private static final int NONE = -1;

    private final Bpe model;
    private final int[] ids;
    private final int[] next;
    private final int[] previous;
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

    BpeWord(int[] ids, Bpe model) {
        this.ids = ids;
        this.model = model;
        next = new int[ids.length];
        previous = new int[ids.length];
        for (int at = 0; at < ids.length; at++) {
            next[at] = at + 1 < ids.length ? at + 1 : NONE;
            previous[at] = at - 1;
        }
    }

    private static final class Candidate implements Comparable<Candidate> {
        final int place;
        final BpeMerge merge;

        Candidate(int place, BpeMerge merge) {
            this.place = place;
            this.merge = merge;
        }

        @Override
        public int compareTo(Candidate other) {
            int byRank = Integer.compare(merge.rank, other.merge.rank);
            return byRank != 0 ? byRank : Integer.compare(place, other.place);
        }
    }

    int[] merged() {
        boolean[] gone = new boolean[ids.length];
        for (int at = 0; at < ids.length; at++) {
            offer(at);
        }
        while (!queue.isEmpty()) {
            Candidate best = queue.poll();
            int left = best.place;
            if (gone[left] || next[left] == NONE) {
                continue;
            }
            int right = next[left];
            BpeMerge now = model.merge(ids[left], ids[right]);
            // the pair may have changed since it was queued
            if (now == null || now.id != best.merge.id) {
                continue;
            }
            ids[left] = now.id;
            gone[right] = true;
            next[left] = next[right];
            if (next[left] != NONE) {
                previous[next[left]] = left;
            }
            offer(previous[left]);
            offer(left);
        }
        return kept(gone);
    }

    private void offer(int left) {
        if (left == NONE || next[left] == NONE) {
            return;
        }
        BpeMerge merge = model.merge(ids[left], ids[next[left]]);
        if (merge != null) {
            queue.add(new Candidate(left, merge));
        }
    }

    private int[] kept(boolean[] gone) {
        Ids found = new Ids();
        for (int at = 0; at < ids.length; at++) {
            if (!gone[at]) {
                found.add(ids[at]);
            }
        }
        return found.toArray();
    }
}
