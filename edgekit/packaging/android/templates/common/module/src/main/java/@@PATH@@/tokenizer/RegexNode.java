// The parts of a regular expression, each of which knows what follows it.
package @@ID@@.tokenizer;

import java.util.List;

/** Matches at a place and goes on to what follows; where that fails, it tries its other ways. */
abstract class RegexNode {
    static final int NONE = -1;
    static final int ANY_NUMBER = Integer.MAX_VALUE;
    static final RegexNode END = new RegexNode() {
        @Override
        int match(int[] text, int at) {
            return at;
        }
    };

    /** The end of the match that begins at `at`, or {@link #NONE}. */
    abstract int match(int[] text, int at);

    /** From `least` to `most` code points of a set, as many as possible first; `possessive` gives none back. */
    static RegexNode repeat(CodePoints set, int least, int most, boolean possessive, RegexNode next) {
        return new RegexNode() {
            @Override
            int match(int[] text, int at) {
                int end = at;
                while (end < text.length && end - at < most && set.contains(text[end])) {
                    end++;
                }
                int shortest = possessive ? end : at + least;
                for (; end >= shortest && end >= at + least; end--) {
                    int found = next.match(text, end);
                    if (found != NONE) {
                        return found;
                    }
                }
                return NONE;
            }
        };
    }

    /** From `least` to `most` code points of a set, as few as possible first. */
    static RegexNode repeatLazily(CodePoints set, int least, int most, RegexNode next) {
        return new RegexNode() {
            @Override
            int match(int[] text, int at) {
                int end = at;
                while (true) {
                    int found = end - at >= least ? next.match(text, end) : NONE;
                    if (found != NONE) {
                        return found;
                    }
                    if (end >= text.length || end - at >= most || !set.contains(text[end])) {
                        return NONE;
                    }
                    end++;
                }
            }
        };
    }

    /** The first of several ways that leads to the end. */
    static RegexNode either(List<RegexNode> ways) {
        RegexNode[] tried = ways.toArray(new RegexNode[0]);
        return new RegexNode() {
            @Override
            int match(int[] text, int at) {
                for (RegexNode way : tried) {
                    int found = way.match(text, at);
                    if (found != NONE) {
                        return found;
                    }
                }
                return NONE;
            }
        };
    }

    /** Goes on where `body` does (or does not) match ahead. */
    static RegexNode ahead(RegexNode body, boolean wanted, RegexNode next) {
        return new RegexNode() {
            @Override
            int match(int[] text, int at) {
                return (body.match(text, at) != NONE) == wanted ? next.match(text, at) : NONE;
            }
        };
    }

    /** `body` once, without trying its other ways when what follows fails. */
    static RegexNode atomic(RegexNode body, RegexNode next) {
        return new RegexNode() {
            @Override
            int match(int[] text, int at) {
                int end = body.match(text, at);
                return end == NONE ? NONE : next.match(text, end);
            }
        };
    }
}
