// Stop strings in text that comes in pieces.
package @@ID@@;

import java.util.List;

/** Holds back what may be the beginning of a stop string. */
final class StopWatch {
    private final List<String> stops;
    private String held = "";
    private boolean stopped;

    StopWatch(List<String> stops) {
        this.stops = stops;
    }

    boolean stopped() {
        return stopped;
    }

    /** The text that is safe to show; a stop string is left out, and {@link #stopped()} then. */
    String add(String piece) {
        String text = held + piece;
        int first = -1;
        int keep = 0;
        for (String stop : stops) {
            int place = stop.isEmpty() ? -1 : text.indexOf(stop);
            first = place >= 0 && (first < 0 || place < first) ? place : first;
            keep = Math.max(keep, overlap(text, stop));
        }
        if (first >= 0) {
            stopped = true;
            held = "";
            return text.substring(0, first);
        }
        held = text.substring(text.length() - keep);
        return text.substring(0, text.length() - keep);
    }

    /** What was held back when no text follows. */
    String end() {
        String rest = held;
        held = "";
        return rest;
    }

    /** How many units at the end of `text` are the beginning of `stop`, short of all of it. */
    private static int overlap(String text, String stop) {
        for (int size = Math.min(text.length(), stop.length() - 1); size > 0; size--) {
            if (text.endsWith(stop.substring(0, size))) {
                return size;
            }
        }
        return 0;
    }
}
