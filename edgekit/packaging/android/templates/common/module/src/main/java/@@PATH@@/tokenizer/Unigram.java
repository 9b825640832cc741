// SentencePiece's Unigram: the cut of a text whose pieces are the likeliest together.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Viterbi over all pieces; a character that no piece covers is unknown and costs more than the unlikeliest piece. */
final class Unigram implements Model {
    private static final double UNKNOWN_COSTS = 10;
    private static final int NO_ID = -1;

    private final Vocabulary vocabulary = new Vocabulary();
    private final double[] scores;
    private final int longest;
    private final double unknownScore;
    private final int unknown;
    private final boolean bytes;

    Unigram(JsonObject config) {
        List<?> pieces = config.list("vocab");
        scores = new double[pieces.size()];
        int most = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int id = 0; id < scores.length; id++) {
            List<?> entry = (List<?>) pieces.get(id);
            String piece = (String) entry.get(0);
            scores[id] = ((Number) entry.get(1)).doubleValue();
            vocabulary.put(piece, id);
            most = Math.max(most, piece.length());
            least = Math.min(least, scores[id]);
        }
        longest = most;
        unknownScore = least - UNKNOWN_COSTS;
        unknown = config.wholeOr("unk_id", NO_ID);
        bytes = config.boolOr("byte_fallback", false);
    }

    @Override
    public void encode(String piece, Ids ids) {
        for (String part : fused(piece)) {
            addPart(part, ids);
        }
    }

    private void addPart(String part, Ids ids) {
        Integer id = vocabulary.idOf(part);
        if (id != null) {
            ids.add(id);
            return;
        }
        int[] found = bytes ? vocabulary.bytes(part.getBytes(StandardCharsets.UTF_8)) : null;
        if (found == null) {
            ids.add(requireUnknown());
            return;
        }
        for (int value : found) {
            ids.add(value);
        }
    }

    /** The best cut of a text, neighbouring unknown pieces made one. */
    private List<String> fused(String text) {
        int[] startOf = new int[text.length() + 1];
        int[] idOf = new int[text.length() + 1];
        bestPath(text, startOf, idOf);
        List<String> parts = new ArrayList<>();
        int end = text.length();
        while (end > 0) {
            int start = startOf[end];
            while (idOf[end] == unknown && start > 0 && idOf[start] == unknown) {
                start = startOf[start];
            }
            parts.add(text.substring(start, end));
            end = start;
        }
        Collections.reverse(parts);
        return parts;
    }

    private void bestPath(String text, int[] startOf, int[] idOf) {
        double[] best = new double[text.length() + 1];
        boolean[] reached = new boolean[text.length() + 1];
        for (int start = 0; start < text.length(); ) {
            int single = start + Character.charCount(text.codePointAt(start));
            boolean covered = false;
            int furthest = Math.min(text.length(), start + longest);
            for (int end = single; end <= furthest; end = after(text, end)) {
                Integer id = vocabulary.idOf(text.substring(start, end));
                if (id != null) {
                    covered |= end == single;
                    reach(start, end, scores[id] + best[start], id, best, reached, startOf, idOf);
                }
            }
            if (!covered) {
                double score = unknownScore + best[start];
                reach(start, single, score, requireUnknown(), best, reached, startOf, idOf);
            }
            start = single;
        }
    }

    private static void reach(
            int start, int end, double score, int id, double[] best, boolean[] reached, int[] startOf, int[] idOf) {
        if (!reached[end] || score > best[end]) {
            reached[end] = true;
            best[end] = score;
            startOf[end] = start;
            idOf[end] = id;
        }
    }

    private static int after(String text, int end) {
        return end < text.length() ? end + Character.charCount(text.codePointAt(end)) : end + 1;
    }

    private int requireUnknown() {
        if (unknown == NO_ID) {
            throw new ModelException("tokenizer.json has no unknown token, and the text needs one");
        }
        return unknown;
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }
}
