// What each input of a classifier holds.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import java.util.List;

/** By its name in the manifest, or by its place where the converter renamed it. */
final class Roles {
    private final List<String> names;

    Roles(List<String> names) {
        this.names = names;
    }

    /** The row for an input at a position: the ids, the mask or the segments. */
    int[] row(String input, int position, int[] ids, int[] mask, int[] types) {
        if (!names.contains(input) && position >= names.size()) {
            throw new ModelException("the model takes an input " + input + " that the manifest does not know");
        }
        String name = names.contains(input) ? input : names.get(position);
        if (name.contains("mask")) {
            return mask;
        }
        return name.contains("type") ? types : ids;
    }
}
