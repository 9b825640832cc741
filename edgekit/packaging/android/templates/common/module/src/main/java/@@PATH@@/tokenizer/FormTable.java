// A look-up from code points to numbers.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Code points in order, and for each some numbers. */
final class FormTable {
    private final int[] points;
    private final int[][] values;

    private FormTable(int[] points, int[][] values) {
        this.points = points;
        this.values = values;
    }

    /** The numbers of a code point; null where it has none. */
    int[] get(int point) {
        int place = Arrays.binarySearch(points, point);
        return place < 0 ? null : values[place];
    }

    int[] points() {
        return points;
    }

    /** Runs: gap, length, count; for a count of 1 how far each member is from its value, else the values. */
    static FormTable ofTexts(String table) {
        int[] numbers = Unicode.numbers(table);
        Ids points = new Ids();
        List<int[]> values = new ArrayList<>();
        int last = 0;
        for (int at = 0; at < numbers.length; ) {
            int first = last + numbers[at];
            last = first + numbers[at + 1];
            int count = numbers[at + 2];
            int[] parts = Arrays.copyOfRange(numbers, at + 3, at + 3 + count);
            for (int point = first; point <= last; point++) {
                points.add(point);
                values.add(count == 1 ? new int[] {point + Unicode.unfolded(parts[0])} : parts);
            }
            at += 3 + count;
        }
        return new FormTable(points.toArray(), values.toArray(new int[0][]));
    }

    /** Runs: gap, length, the number of all members. */
    static FormTable ofNumbers(String table) {
        int[] numbers = Unicode.numbers(table);
        Ids points = new Ids();
        List<int[]> values = new ArrayList<>();
        int last = 0;
        for (int at = 0; at < numbers.length; at += 3) {
            int first = last + numbers[at];
            last = first + numbers[at + 1];
            int[] number = {numbers[at + 2]};
            for (int point = first; point <= last; point++) {
                points.add(point);
                values.add(number);
            }
        }
        return new FormTable(points.toArray(), values.toArray(new int[0][]));
    }
}
